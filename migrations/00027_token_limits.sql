-- +goose Up
-- What the owner of a token set for it alone; 0 for nothing.
ALTER TABLE api_tokens ADD COLUMN rate_per_second INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_tokens ADD COLUMN burst INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_tokens ADD COLUMN timeout_seconds INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE api_tokens DROP COLUMN timeout_seconds;
ALTER TABLE api_tokens DROP COLUMN burst;
ALTER TABLE api_tokens DROP COLUMN rate_per_second;
