-- +goose Up
ALTER TABLE organisations ADD COLUMN language TEXT NOT NULL DEFAULT 'en';

-- A mail that is to be sent has a row in the queue, of the same id and of kind 'mail'. secret_sealed holds what the text
-- leaves out, such as the end of a link that signs somebody in; it is emptied when the mail is gone.
CREATE TABLE mails (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    dedupe TEXT COLLATE "C" NOT NULL,
    to_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    text TEXT NOT NULL,
    secret_sealed TEXT NOT NULL DEFAULT '',
    status TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    sending INTEGER NOT NULL DEFAULT 1,
    error TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    status_at TIMESTAMPTZ NOT NULL,
    handed_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX mails_dedupe ON mails (dedupe);
CREATE INDEX mails_org ON mails (org_id, status, id);

CREATE TABLE notifications (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    args TEXT NOT NULL,
    href TEXT NOT NULL,
    dedupe TEXT COLLATE "C" NOT NULL,
    n INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    read_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX notifications_dedupe ON notifications (dedupe, user_id);
CREATE INDEX notifications_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;

-- Links that let somebody choose a new password: the hash of each, gone once it was used.
CREATE TABLE password_resets (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX password_resets_user ON password_resets (user_id);

-- +goose Down
DROP TABLE password_resets;
DROP TABLE notifications;
DROP TABLE mails;
ALTER TABLE organisations DROP COLUMN language;
