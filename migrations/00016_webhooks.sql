-- +goose Up
-- The data labels of a survey, a row for each time that they changed: an event names the row whose labels its runs send.
CREATE TABLE survey_labels (
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    rev INTEGER NOT NULL,
    labels TEXT NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (survey_id, rev)
);
ALTER TABLE surveys ADD COLUMN labels_rev INTEGER NOT NULL DEFAULT 0;

-- What outbound webhooks are signed with, apart from the definitions that are copied, compared and exported. The id is
-- that of the workflow, a dot, and that of the task.
CREATE TABLE webhook_secrets (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_sealed TEXT NOT NULL,
    previous_sealed TEXT NOT NULL DEFAULT '',
    previous_until TIMESTAMPTZ,
    changed_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE webhook_secrets;
ALTER TABLE surveys DROP COLUMN labels_rev;
DROP TABLE survey_labels;
