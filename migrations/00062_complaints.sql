-- +goose Up
-- When the person complained to their mail provider about a mail of the invitation: nobody writes to the address after that, so that it
-- was the last one.
ALTER TABLE invitations ADD COLUMN complained_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE invitations DROP COLUMN complained_at;
