-- +goose Up
-- The last calls of a collector's webhook, for the people who set it up: a log that is bounded, without tokens.
CREATE TABLE collector_calls (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    collector_id TEXT COLLATE "C" NOT NULL,
    token_id TEXT COLLATE "C" NOT NULL,
    method TEXT NOT NULL,
    params TEXT NOT NULL,
    ignored TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    invitation_id TEXT COLLATE "C",
    email_hash TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX collector_calls_collector ON collector_calls (collector_id, id);
CREATE INDEX collector_calls_person ON collector_calls (org_id, email_hash) WHERE email_hash <> '';

-- +goose Down
DROP TABLE collector_calls;
