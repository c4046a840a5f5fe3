-- +goose Up
-- Who did what, when. Rows are added and, when their time is over, removed; never changed. An id begins with its time.
CREATE TABLE audit (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    token_id TEXT COLLATE "C" NOT NULL,
    ip TEXT NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_org ON audit (org_id, id);
CREATE INDEX audit_actor ON audit (org_id, actor, id);
CREATE INDEX audit_action ON audit (org_id, action, id);
CREATE INDEX audit_object ON audit (org_id, object, id);

-- How many days the log is kept; 0 means for ever.
ALTER TABLE organisations ADD COLUMN audit_days INTEGER NOT NULL DEFAULT 365;

-- +goose Down
ALTER TABLE organisations DROP COLUMN audit_days;
DROP TABLE audit;
