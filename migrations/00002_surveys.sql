-- +goose Up
CREATE TABLE surveys (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    draft TEXT NOT NULL,
    draft_rev BIGINT NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,
    live_draft BIGINT NOT NULL DEFAULT 0,
    live_rev BIGINT NOT NULL,
    next_qid INTEGER NOT NULL,
    opens_at TIMESTAMPTZ,
    closes_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    live_at TIMESTAMPTZ,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX surveys_org ON surveys (org_id, owner_id, updated_at, id);
CREATE INDEX surveys_org_updated ON surveys (org_id, updated_at, id);

CREATE TABLE survey_versions (
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (survey_id, version)
);

CREATE TABLE collectors (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    open BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX collectors_slug ON collectors (slug);
CREATE UNIQUE INDEX collectors_default ON collectors (survey_id) WHERE is_default;
CREATE INDEX collectors_survey ON collectors (survey_id);

-- No foreign keys from here on where rows come thousands a second: the writes that make them have the parent in hand.
CREATE TABLE responses (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    survey_id TEXT COLLATE "C" NOT NULL,
    survey_version INTEGER NOT NULL,
    collector_id TEXT COLLATE "C" NOT NULL,
    invitation_id TEXT COLLATE "C",
    crk TEXT COLLATE "C",
    token_hash TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    answers TEXT NOT NULL,
    fields TEXT NOT NULL,
    page TEXT NOT NULL,
    rev BIGINT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX responses_crk ON responses (collector_id, crk) WHERE crk IS NOT NULL;
CREATE INDEX responses_list ON responses (survey_id, state, recorded_at, id);
CREATE INDEX responses_expiry ON responses (expires_at) WHERE state = 'in progress';
CREATE INDEX responses_unfinished ON responses (survey_id, updated_at, id) WHERE state = 'in progress';

-- How many responses a survey has. Counted in shards, so that commits side by side do not wait for one another's row.
CREATE TABLE response_counts (
    survey_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    shard INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (survey_id, state, shard)
) /* sqlite: WITHOUT ROWID */ /* postgres: WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000) */;

-- +goose Down
DROP TABLE response_counts;
DROP TABLE responses;
DROP TABLE collectors;
DROP TABLE survey_versions;
DROP TABLE surveys;
