-- +goose Up
-- Whether the calls of a token are kept for a day.
ALTER TABLE api_tokens ADD COLUMN logged BOOLEAN NOT NULL DEFAULT false;

-- Calls of the API by tokens whose owners asked for it: what was called and how that went, and nothing of what was sent.
CREATE TABLE api_requests (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    token_id TEXT COLLATE "C" NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    duration_us BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX api_requests_token ON api_requests (token_id, id);
CREATE INDEX api_requests_at ON api_requests (at);

-- +goose Down
DROP TABLE api_requests;
ALTER TABLE api_tokens DROP COLUMN logged;
