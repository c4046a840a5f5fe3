-- +goose Up
-- Tasks that were removed from a draft, for as long as that can be undone.
CREATE TABLE removed_tasks (
    workflow_id TEXT COLLATE "C" NOT NULL REFERENCES workflows (id),
    task_id TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    spec TEXT NOT NULL,
    removed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workflow_id, task_id)
);

-- +goose Down
DROP TABLE removed_tasks;
