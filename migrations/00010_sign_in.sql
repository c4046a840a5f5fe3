-- +goose Up
ALTER TABLE organisations ADD COLUMN require_second_factor BOOLEAN NOT NULL DEFAULT false;

-- The secret of an authenticator app; it counts once totp_on_at is set. totp_step is the last time step whose code was
-- used: no code counts twice.
ALTER TABLE users ADD COLUMN totp_sealed TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN totp_on_at TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;

-- What is still to be shown before the session opens anything: empty, 'code' or 'enroll'.
ALTER TABLE sessions ADD COLUMN stage TEXT NOT NULL DEFAULT '';

CREATE TABLE recovery_codes (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, hash)
);

-- The organisation's sign-in service (OpenID Connect), at most one.
CREATE TABLE sign_in_services (
    org_id TEXT COLLATE "C" PRIMARY KEY REFERENCES organisations (id),
    enabled BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret_sealed TEXT NOT NULL,
    scopes TEXT NOT NULL,
    domains TEXT NOT NULL,
    create_members BOOLEAN NOT NULL,
    only_way BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Who is who at the sign-in service. Afterwards the address may change there or here.
CREATE TABLE identities (
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- +goose Down
DROP TABLE identities;
DROP TABLE sign_in_services;
DROP TABLE recovery_codes;
ALTER TABLE sessions DROP COLUMN stage;
ALTER TABLE users DROP COLUMN totp_step;
ALTER TABLE users DROP COLUMN totp_on_at;
ALTER TABLE users DROP COLUMN totp_sealed;
ALTER TABLE organisations DROP COLUMN require_second_factor;
