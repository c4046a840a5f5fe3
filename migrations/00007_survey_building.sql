-- +goose Up
-- What was removed from the draft of a survey lately, so that it can be put back.
CREATE TABLE survey_removals (
    id TEXT COLLATE "C" PRIMARY KEY,
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    part TEXT NOT NULL,
    removed_by TEXT COLLATE "C" NOT NULL,
    removed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX survey_removals_survey ON survey_removals (survey_id, id);

-- The zone in which the dates of a survey are meant; empty means the organisation's.
ALTER TABLE surveys ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE surveys DROP COLUMN time_zone;
DROP TABLE survey_removals;
