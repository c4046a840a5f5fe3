-- +goose Up
-- What belongs to a workflow that other programs start, and to no version of it: its address, the secret of its
-- signature, and the sample that its owner listens for.
CREATE TABLE triggers (
    workflow_id TEXT COLLATE "C" PRIMARY KEY REFERENCES workflows (id),
    token TEXT COLLATE "C" NOT NULL,
    hmac_sealed TEXT NOT NULL DEFAULT '',
    capture_until TIMESTAMPTZ,
    sample TEXT NOT NULL DEFAULT '',
    sample_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX triggers_token ON triggers (token);

-- Counts what changes how a workflow is started, so that caches are exact across nodes.
ALTER TABLE workflows ADD COLUMN live_rev BIGINT NOT NULL DEFAULT 0;

-- An event that was sent to one workflow names it.
ALTER TABLE events ADD COLUMN workflow_id TEXT COLLATE "C";
CREATE INDEX events_workflow ON events (workflow_id, id) WHERE workflow_id IS NOT NULL;

-- +goose Down
DROP INDEX events_workflow;
ALTER TABLE events DROP COLUMN workflow_id;
ALTER TABLE workflows DROP COLUMN live_rev;
DROP TABLE triggers;
