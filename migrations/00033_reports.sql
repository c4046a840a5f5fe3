-- +goose Up
-- The newest files that were made of a survey are found by it, and the job that made a file by the file.
CREATE INDEX jobs_subject ON jobs (subject, kind, id);
CREATE INDEX jobs_file ON jobs (file_id) WHERE file_id <> '';

-- What was answered to a survey, summed up: results as they were counted up to a place. It is a copy that can be made again, so
-- that every node shares one and a restart loses none.
CREATE TABLE survey_results (
    survey_id TEXT COLLATE "C" PRIMARY KEY REFERENCES surveys (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    place_at TIMESTAMPTZ,
    place_id TEXT COLLATE "C" NOT NULL,
    counted BIGINT NOT NULL,
    sums TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE survey_results;
DROP INDEX jobs_file;
DROP INDEX jobs_subject;
