-- +goose Up
-- Accounts of programs, which nobody signs in with.
ALTER TABLE users ADD COLUMN service BOOLEAN NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE users DROP COLUMN service;
