-- +goose Up
CREATE TABLE receivers (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    status INTEGER NOT NULL,
    delay_ms INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX receivers_token ON receivers (token);
CREATE INDEX receivers_org ON receivers (org_id, owner_id, id);

CREATE TABLE received_requests (
    id TEXT COLLATE "C" PRIMARY KEY,
    receiver_id TEXT COLLATE "C" NOT NULL REFERENCES receivers (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    truncated BOOLEAN NOT NULL,
    size BIGINT NOT NULL,
    ip TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX received_requests_receiver ON received_requests (receiver_id, id);

-- +goose Down
DROP TABLE received_requests;
DROP TABLE receivers;
