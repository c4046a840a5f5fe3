-- +goose Up
CREATE TABLE credentials (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    grant_type TEXT NOT NULL DEFAULT '',
    shared BOOLEAN NOT NULL,
    allowed_hosts TEXT NOT NULL,
    status TEXT NOT NULL,
    problem TEXT NOT NULL DEFAULT '',
    rev BIGINT NOT NULL,
    config_sealed TEXT NOT NULL,
    tokens_sealed TEXT NOT NULL DEFAULT '',
    tokens_rev BIGINT NOT NULL DEFAULT 0,
    expires_at TIMESTAMPTZ,
    refresh_claim TEXT COLLATE "C" NOT NULL DEFAULT '',
    refresh_until TIMESTAMPTZ,
    mtls_sealed TEXT NOT NULL DEFAULT '',
    cert_subject TEXT NOT NULL DEFAULT '',
    cert_expires_at TIMESTAMPTZ,
    cert_warned_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX credentials_owner ON credentials (org_id, owner_id) WHERE deleted_at IS NULL;
CREATE INDEX credentials_certificate ON credentials (cert_expires_at) WHERE deleted_at IS NULL AND cert_expires_at IS NOT NULL;

-- A way to a provider that somebody is on: the row's id is the SHA-256 of the parameter "state".
CREATE TABLE oauth_states (
    id TEXT COLLATE "C" PRIMARY KEY,
    credential_id TEXT COLLATE "C" NOT NULL REFERENCES credentials (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    session_id TEXT COLLATE "C" NOT NULL,
    verifier_sealed TEXT NOT NULL,
    return_to TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX oauth_states_expiry ON oauth_states (expires_at);

ALTER TABLE organisations ADD COLUMN allowed_domains TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE organisations DROP COLUMN allowed_domains;
DROP TABLE oauth_states;
DROP TABLE credentials;
