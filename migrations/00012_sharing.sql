-- +goose Up
-- Whom a survey is shared with, beside its owner. access is 'view' or 'edit'.
CREATE TABLE survey_shares (
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    access TEXT NOT NULL,
    shared_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (survey_id, user_id)
);
CREATE INDEX survey_shares_user ON survey_shares (user_id, survey_id);

-- People who may join, one row for an address: asking again takes the place of the link before.
CREATE TABLE invites (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    invited_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX invites_hash ON invites (hash);
CREATE UNIQUE INDEX invites_email ON invites (org_id, email_key);

-- +goose Down
DROP TABLE invites;
DROP TABLE survey_shares;
