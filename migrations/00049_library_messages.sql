-- +goose Up
-- Texts of mails that people keep in their libraries and name when they have something sent by the API.
CREATE TABLE library_messages (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    texts TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX library_messages_owner ON library_messages (owner_id, id);

-- +goose Down
DROP TABLE library_messages;
