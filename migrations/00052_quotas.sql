-- +goose Up
-- How many responses count for each quota of a survey. A quota is a part of the survey's definition; its count is not, since it moves with each
-- response. Without a row it is 0.
CREATE TABLE quota_counts (
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    quota_id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (survey_id, quota_id)
);
-- Which of them a response counts for, so that it can be taken out again.
CREATE TABLE quota_responses (
    response_id TEXT COLLATE "C" NOT NULL REFERENCES responses (id) ON DELETE CASCADE,
    quota_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (response_id, quota_id)
);

-- +goose Down
DROP TABLE quota_responses;
DROP TABLE quota_counts;
