-- +goose Up
-- What the owner of an OAuth client set for it alone, as for tokens; 0 for nothing.
ALTER TABLE api_clients ADD COLUMN rate_per_second INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_clients ADD COLUMN burst INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_clients ADD COLUMN timeout_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_clients ADD COLUMN logged BOOLEAN NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE api_clients DROP COLUMN logged;
ALTER TABLE api_clients DROP COLUMN timeout_seconds;
ALTER TABLE api_clients DROP COLUMN burst;
ALTER TABLE api_clients DROP COLUMN rate_per_second;
