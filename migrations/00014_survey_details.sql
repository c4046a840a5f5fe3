-- +goose Up
ALTER TABLE survey_versions ADD COLUMN description TEXT NOT NULL DEFAULT '';

-- The sites that may show the pages of a collector in a frame: origins, one a line; empty means none (contract §7, Frames).
ALTER TABLE collectors ADD COLUMN frame_sites TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE collectors DROP COLUMN frame_sites;
ALTER TABLE survey_versions DROP COLUMN description;
