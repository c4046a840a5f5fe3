-- +goose Up
-- A sending of an e-mail collector: what it invites by itself and each of its reminders (automatic), or what somebody had sent
-- through it at a certain time. parent_id is the one whose people a reminder or a thank-you goes to; number counts the reminders
-- of a collector. progress is how far a pending one has come: the id of the last contact or invitation.
CREATE TABLE distributions (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    survey_id TEXT COLLATE "C" NOT NULL,
    collector_id TEXT COLLATE "C" NOT NULL,
    parent_id TEXT COLLATE "C",
    automatic BOOLEAN NOT NULL,
    number INTEGER NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    list_id TEXT COLLATE "C",
    contact_id TEXT COLLATE "C",
    link_type TEXT NOT NULL,
    message TEXT NOT NULL,
    progress TEXT COLLATE "C" NOT NULL DEFAULT '',
    send_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX distributions_survey ON distributions (survey_id, created_at, id);
CREATE INDEX distributions_collector ON distributions (collector_id, id);
CREATE INDEX distributions_parent ON distributions (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX distributions_due ON distributions (send_at, id) WHERE status = 'pending' AND NOT automatic;

-- One mail of a reminder or a thank-you to one of the invited; what became of first mails stands with the invitations themselves.
CREATE TABLE distribution_mails (
    distribution_id TEXT COLLATE "C" NOT NULL,
    invitation_id TEXT COLLATE "C" NOT NULL,
    mail INTEGER NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    sent_at TIMESTAMPTZ,
    PRIMARY KEY (distribution_id, invitation_id)
) /* sqlite: WITHOUT ROWID */;
CREATE INDEX distribution_mails_invitation ON distribution_mails (invitation_id, mail);

-- distribution_id is the one that made the invitation. followed_by is the last reminder or thank-you that went out; the others
-- say which one somebody followed: null for the invitation itself.
ALTER TABLE invitations ADD COLUMN distribution_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN followed_by TEXT COLLATE "C";
ALTER TABLE invitations ADD COLUMN opened_by TEXT COLLATE "C";
ALTER TABLE invitations ADD COLUMN started_by TEXT COLLATE "C";
ALTER TABLE invitations ADD COLUMN finished_by TEXT COLLATE "C";
CREATE INDEX invitations_distribution ON invitations (distribution_id, id);

-- What collectors have sent so far counts for their invitation: nobody knows any more which mail was followed.
INSERT INTO distributions (id, org_id, survey_id, collector_id, automatic, number, type, status, description, list_id, link_type, message, send_at, created_by, created_at, updated_at, deleted_at)
SELECT 'EMD_' || substr(c.id, 4), c.org_id, c.survey_id, c.id, TRUE, 0, 'Invite', 'done', '', c.list_id, 'Individual', 'null', COALESCE(c.send_at, c.created_at), s.owner_id, c.created_at, c.created_at, c.deleted_at
FROM collectors c JOIN surveys s ON s.id = c.survey_id WHERE c.type = 'email';
UPDATE invitations SET distribution_id = 'EMD_' || substr(collector_id, 4);

-- +goose Down
DROP INDEX invitations_distribution;
ALTER TABLE invitations DROP COLUMN finished_by;
ALTER TABLE invitations DROP COLUMN started_by;
ALTER TABLE invitations DROP COLUMN opened_by;
ALTER TABLE invitations DROP COLUMN followed_by;
ALTER TABLE invitations DROP COLUMN distribution_id;
DROP TABLE distribution_mails;
DROP TABLE distributions;
