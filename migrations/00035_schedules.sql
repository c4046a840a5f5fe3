-- +goose Up
-- When the workflows are due that wait for a time: a row for each that is on. Times are microseconds since 1970; next_at is 0
-- until somebody has worked it out, counted from since, and NULL when there is no more.
CREATE TABLE schedules (
    workflow_id TEXT COLLATE "C" PRIMARY KEY REFERENCES workflows (id),
    next_at BIGINT,
    since BIGINT NOT NULL
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- When the next of a survey's dates comes, so that the workflows are told once which wait for that.
ALTER TABLE surveys ADD COLUMN dates_due_at TIMESTAMPTZ;
CREATE INDEX surveys_due ON surveys (dates_due_at) WHERE dates_due_at IS NOT NULL;
UPDATE surveys SET dates_due_at = CASE
        WHEN opens_at > CURRENT_TIMESTAMP AND (closes_at IS NULL OR closes_at <= CURRENT_TIMESTAMP OR opens_at <= closes_at) THEN opens_at
        WHEN closes_at > CURRENT_TIMESTAMP THEN closes_at END
    WHERE deleted_at IS NULL;

-- +goose Down
DROP INDEX surveys_due;
ALTER TABLE surveys DROP COLUMN dates_due_at;
DROP TABLE schedules;
