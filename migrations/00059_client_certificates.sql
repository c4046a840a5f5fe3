-- +goose Up
-- Whether the API takes calls of this organisation's tokens with a client certificate alone.
ALTER TABLE organisations ADD COLUMN require_certificate BOOLEAN NOT NULL DEFAULT false;

-- The authority that signs the client certificates of an organisation; its key is sealed.
CREATE TABLE client_authorities (
    org_id TEXT COLLATE "C" PRIMARY KEY REFERENCES organisations (id),
    certificate TEXT NOT NULL,
    key_sealed TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- The certificates that it gave to programs. The fingerprint is what a call is recognised by.
CREATE TABLE client_certificates (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    subject TEXT NOT NULL,
    serial TEXT NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    certificate TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    warned_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX client_certificates_fingerprint ON client_certificates (fingerprint);
CREATE INDEX client_certificates_org ON client_certificates (org_id, id);

-- +goose Down
DROP TABLE client_certificates;
DROP TABLE client_authorities;
ALTER TABLE organisations DROP COLUMN require_certificate;
