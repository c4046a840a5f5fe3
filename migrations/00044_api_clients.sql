-- +goose Up
-- Programs that get tokens of the API with an id and a secret (OAuth 2.0, client credentials), acting as their person.
CREATE TABLE api_clients (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX api_clients_user ON api_clients (user_id);

-- What they got: the hash of each token until it has expired.
CREATE TABLE access_tokens (
    hash TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES api_clients (id),
    scopes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX access_tokens_client ON access_tokens (client_id, created_at);
CREATE INDEX access_tokens_expires ON access_tokens (expires_at);

-- +goose Down
DROP TABLE access_tokens;
DROP TABLE api_clients;
