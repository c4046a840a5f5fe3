-- +goose Up
-- The file that a survey was made of, with what became of each of its parts.
CREATE TABLE survey_imports (
    survey_id TEXT COLLATE "C" PRIMARY KEY REFERENCES surveys (id),
    file_name TEXT NOT NULL,
    size BIGINT NOT NULL,
    report TEXT NOT NULL,
    imported_by TEXT COLLATE "C" NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE survey_imports;
