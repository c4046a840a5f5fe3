-- +goose Up
-- What stands in a mail's headers when it is one of several copies: to all, in copy, and where answers go, as JSON.
ALTER TABLE mails ADD COLUMN heading TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE mails DROP COLUMN heading;
