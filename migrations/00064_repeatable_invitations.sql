-- +goose Up
-- Whether the person may answer by their link any number of times, and not once.
ALTER TABLE invitations ADD COLUMN repeatable BOOLEAN NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE invitations DROP COLUMN repeatable;
