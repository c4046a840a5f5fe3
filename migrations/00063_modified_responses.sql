-- +goose Up
-- Responses that were changed after they had been recorded, for exports in the order of changes: few, so that recording one writes
-- nothing here. The others stand in that order in responses_list.
CREATE INDEX responses_modified ON responses (survey_id, updated_at, id) WHERE updated_at <> recorded_at;

-- +goose Down
DROP INDEX responses_modified;
