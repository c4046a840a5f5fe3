-- +goose Up
-- Outputs of tasks in which a service repeated a secret, in full. A replay's attempt shares the row with the one that it was
-- carried over from.
CREATE TABLE attempt_secrets (
    id TEXT COLLATE "C" PRIMARY KEY,
    outputs_sealed TEXT NOT NULL
);

ALTER TABLE attempts ADD COLUMN secret_id TEXT COLLATE "C";
CREATE INDEX attempts_secret ON attempts (secret_id) WHERE secret_id IS NOT NULL;

-- +goose Down
DROP INDEX attempts_secret;
ALTER TABLE attempts DROP COLUMN secret_id;
DROP TABLE attempt_secrets;
