-- +goose Up
-- Files of contacts that somebody brought. What was uploaded is kept as it came (raw_id), and as lines of cells (rows_id) that a
-- job reads part by part once it was started; all of it goes away after a day.
CREATE TABLE contact_imports (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    list_id TEXT COLLATE "C" NOT NULL REFERENCES contact_lists (id),
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    rows_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    encoding TEXT NOT NULL DEFAULT '',
    separator TEXT NOT NULL DEFAULT '',
    sheet TEXT NOT NULL DEFAULT '',
    sheets TEXT NOT NULL,
    heading BOOLEAN NOT NULL,
    lines BIGINT NOT NULL,
    width INTEGER NOT NULL,
    columns TEXT NOT NULL,
    merge TEXT NOT NULL,
    tags TEXT NOT NULL,
    follow BOOLEAN NOT NULL,
    job_id TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX contact_imports_list ON contact_imports (list_id, created_at, id);
CREATE INDEX contact_imports_org ON contact_imports (org_id, created_at);
CREATE UNIQUE INDEX contact_imports_job ON contact_imports (job_id) WHERE job_id IS NOT NULL;

-- +goose Down
DROP TABLE contact_imports;
