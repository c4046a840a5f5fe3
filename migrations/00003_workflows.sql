-- +goose Up
CREATE TABLE workflows (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    survey_id TEXT COLLATE "C" REFERENCES surveys (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    event_type TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    off_reason TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 0,
    live_draft BIGINT NOT NULL DEFAULT 0,
    draft TEXT NOT NULL,
    draft_rev BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    live_at TIMESTAMPTZ,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX workflows_survey ON workflows (survey_id) WHERE deleted_at IS NULL;
CREATE INDEX workflows_org ON workflows (org_id, updated_at, id);

CREATE TABLE workflow_versions (
    workflow_id TEXT COLLATE "C" NOT NULL REFERENCES workflows (id),
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workflow_id, version)
);

CREATE TABLE events (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    type TEXT NOT NULL,
    survey_id TEXT COLLATE "C",
    survey_version INTEGER,
    response_id TEXT COLLATE "C",
    contact_id TEXT COLLATE "C",
    dedupe TEXT COLLATE "C",
    cause_run TEXT COLLATE "C",
    depth INTEGER NOT NULL,
    test BOOLEAN NOT NULL,
    payload TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX events_dedupe ON events (dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX events_response ON events (response_id) WHERE response_id IS NOT NULL;

CREATE TABLE runs (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    workflow_id TEXT COLLATE "C" NOT NULL,
    workflow_version INTEGER NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    replay_of TEXT COLLATE "C",
    test BOOLEAN NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    person_name TEXT COLLATE "C",
    person_email TEXT COLLATE "C",
    error TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
) /* sqlite: WITHOUT ROWID */ /* postgres: WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05) */;
CREATE INDEX runs_org ON runs (org_id, status, id);
CREATE INDEX runs_workflow ON runs (workflow_id, status, id);
CREATE INDEX runs_event ON runs (event_id, workflow_id);
CREATE INDEX runs_email ON runs (org_id, person_email, id, status, workflow_id) WHERE person_email IS NOT NULL;
CREATE INDEX runs_name ON runs (org_id, person_name, id, status, workflow_id) WHERE person_name IS NOT NULL;

CREATE TABLE attempts (
    run_id TEXT COLLATE "C" NOT NULL,
    task_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    result TEXT NOT NULL,
    charged BOOLEAN NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    duration_us BIGINT NOT NULL,
    outputs TEXT,
    exchange TEXT,
    error TEXT,
    PRIMARY KEY (run_id, task_id, number)
);

-- A row stands here exactly while the thing that it names is unfinished. Times are microseconds since 1970.
CREATE TABLE queue (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_at BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    due_at BIGINT,
    lane TEXT COLLATE "C" NOT NULL,
    hold TEXT,
    hold_reason TEXT,
    host TEXT COLLATE "C",
    node TEXT COLLATE "C",
    claim BIGINT,
    started_at BIGINT,
    starts INTEGER NOT NULL,
    canceling BOOLEAN NOT NULL
) /* sqlite: WITHOUT ROWID */ /* postgres: WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000) */;
CREATE INDEX queue_ready ON queue (kind, rank) WHERE state = 'ready';
CREATE INDEX queue_suspects ON queue (kind, rank) WHERE state = 'ready' AND starts > 0;
CREATE INDEX queue_due ON queue (due_at) WHERE state = 'waiting';
CREATE INDEX queue_held ON queue (host, rank) WHERE state = 'held';
CREATE INDEX queue_deadline ON queue (due_at) WHERE state = 'held' AND hold = 'host';
CREATE INDEX queue_running ON queue (node) WHERE state = 'running';
CREATE INDEX queue_lane ON queue (lane, id);

CREATE TABLE nodes (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Counted in shards, so that commits side by side do not wait for one another's row; a count is the sum.
CREATE TABLE run_counts (
    workflow_id TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    shard INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (workflow_id, hour, status, shard)
) /* sqlite: WITHOUT ROWID */ /* postgres: WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000) */;

-- +goose Down
DROP TABLE run_counts;
DROP TABLE nodes;
DROP TABLE queue;
DROP TABLE attempts;
DROP TABLE runs;
DROP TABLE events;
DROP TABLE workflow_versions;
DROP TABLE workflows;
