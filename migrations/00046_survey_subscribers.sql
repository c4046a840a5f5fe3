-- +goose Up
-- Who gets the statistics of a survey before it closes.
CREATE TABLE survey_subscribers (
    survey_id TEXT COLLATE "C" NOT NULL REFERENCES surveys (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (survey_id, user_id)
);
CREATE INDEX survey_subscribers_user ON survey_subscribers (user_id, survey_id);

-- +goose Down
DROP TABLE survey_subscribers;
