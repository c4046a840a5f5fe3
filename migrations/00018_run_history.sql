-- +goose Up
-- Long work that somebody asked for, such as replaying all runs that failed. One that is under way has a row in the queue, of
-- the same id and of kind 'job'. cursor says how far it is: it moves in the transaction that does the work.
CREATE TABLE jobs (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    wide BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL DEFAULT '',
    params TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    cursor TEXT NOT NULL DEFAULT '',
    done BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL,
    report TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    file_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX jobs_owner ON jobs (org_id, owner_id, id);

-- Runs are found by the beginning of the last name too; person_name holds first and last name together.
ALTER TABLE runs ADD COLUMN person_last TEXT COLLATE "C";
CREATE INDEX runs_last ON runs (org_id, person_last, id, status, workflow_id) WHERE person_last IS NOT NULL;

-- +goose Down
DROP INDEX runs_last;
ALTER TABLE runs DROP COLUMN person_last;
DROP TABLE jobs;
