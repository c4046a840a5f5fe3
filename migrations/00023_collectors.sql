-- +goose Up
-- list_id names whom an e-mail collector writes to. full_at is set by the answer that reached max_responses.
ALTER TABLE collectors ADD COLUMN list_id TEXT COLLATE "C";
ALTER TABLE collectors ADD COLUMN settings TEXT NOT NULL DEFAULT '';
ALTER TABLE collectors ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE collectors ADD COLUMN opens_at TIMESTAMPTZ;
ALTER TABLE collectors ADD COLUMN closes_at TIMESTAMPTZ;
ALTER TABLE collectors ADD COLUMN max_responses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN full_at TIMESTAMPTZ;
ALTER TABLE collectors ADD COLUMN send_at TIMESTAMPTZ;
CREATE INDEX collectors_list ON collectors (list_id) WHERE list_id IS NOT NULL;

-- How many completed responses came through a collector that has a maximum; others have no row.
CREATE TABLE collector_counts (
    collector_id TEXT COLLATE "C" PRIMARY KEY,
    n BIGINT NOT NULL
) /* sqlite: WITHOUT ROWID */;

-- How often one person may be asked: by the organisation at most invite_max times in invite_days days, about one survey once in
-- invite_days days. 0 means without limit.
ALTER TABLE organisations ADD COLUMN invite_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN invite_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE surveys ADD COLUMN invite_days INTEGER NOT NULL DEFAULT 0;

-- What asks one person to answer a survey. due_at is when its next mail is to be written: the first one, or a reminder. asked_at
-- is when it was let through, which is what the rules of frequency count. listed says that it was made for a contact of the
-- collector's list, and not by a call.
CREATE TABLE invitations (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    survey_id TEXT COLLATE "C" NOT NULL,
    collector_id TEXT COLLATE "C" NOT NULL,
    contact_id TEXT COLLATE "C",
    crk TEXT COLLATE "C" NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    listed BOOLEAN NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    email_hash TEXT COLLATE "C" NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    external_ref TEXT NOT NULL,
    fields TEXT NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    remind_after TEXT NOT NULL DEFAULT '',
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    due_at TIMESTAMPTZ,
    paused BOOLEAN NOT NULL,
    mails INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    asked_at TIMESTAMPTZ,
    mailed_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    opened_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    bounced_at TIMESTAMPTZ,
    opted_out_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    response_id TEXT COLLATE "C",
    status_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX invitations_crk ON invitations (collector_id, crk);
CREATE UNIQUE INDEX invitations_listed ON invitations (collector_id, contact_id) WHERE listed;
CREATE INDEX invitations_contact ON invitations (contact_id, collector_id) WHERE contact_id IS NOT NULL;
CREATE INDEX invitations_list ON invitations (collector_id, id);
CREATE INDEX invitations_status ON invitations (collector_id, status, id);
CREATE INDEX invitations_email ON invitations (collector_id, email_key, id);
CREATE INDEX invitations_name ON invitations (collector_id, name_key, id);
CREATE INDEX invitations_person ON invitations (org_id, email_hash, asked_at);
CREATE INDEX invitations_due ON invitations (due_at, id) WHERE due_at IS NOT NULL AND NOT paused;

-- +goose Down
DROP TABLE invitations;
ALTER TABLE surveys DROP COLUMN invite_days;
ALTER TABLE organisations DROP COLUMN invite_days;
ALTER TABLE organisations DROP COLUMN invite_max;
DROP TABLE collector_counts;
DROP INDEX collectors_list;
ALTER TABLE collectors DROP COLUMN send_at;
ALTER TABLE collectors DROP COLUMN full_at;
ALTER TABLE collectors DROP COLUMN max_responses;
ALTER TABLE collectors DROP COLUMN closes_at;
ALTER TABLE collectors DROP COLUMN opens_at;
ALTER TABLE collectors DROP COLUMN password_hash;
ALTER TABLE collectors DROP COLUMN settings;
ALTER TABLE collectors DROP COLUMN list_id;
