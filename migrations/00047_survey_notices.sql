-- +goose Up
-- Whom people ask about a survey; told when it opens.
ALTER TABLE surveys ADD COLUMN contact_user_id TEXT COLLATE "C";

-- At which hour of their day a person gets in one mail what surveys have to tell; null for each at once.
ALTER TABLE users ADD COLUMN digest_hour INTEGER;

-- How a person wants to be told: of all surveys, where survey_id is empty, or of one. What has no row is told in both ways.
CREATE TABLE notice_choices (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    survey_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    bell BOOLEAN NOT NULL,
    mail BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, survey_id, kind)
);

-- What people are told of surveys. The key is the promise that nobody is told twice. expires_us is when the survey ends for the person,
-- in microseconds; 0 for never. mail_at is when it stands in the person's digest.
CREATE TABLE survey_notices (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    survey_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    expires_us BIGINT NOT NULL,
    org_id TEXT COLLATE "C" NOT NULL,
    invitation_id TEXT COLLATE "C",
    noted_at TIMESTAMPTZ NOT NULL,
    told_at TIMESTAMPTZ,
    mail_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, survey_id, kind, expires_us)
);
CREATE INDEX survey_notices_untold ON survey_notices (noted_at) WHERE told_at IS NULL;
CREATE INDEX survey_notices_digest ON survey_notices (mail_at, user_id) WHERE mail_at IS NOT NULL;

-- What ends soon is looked for every few seconds.
CREATE INDEX surveys_ending ON surveys (closes_at) WHERE closes_at IS NOT NULL;
CREATE INDEX collectors_ending ON collectors (closes_at) WHERE closes_at IS NOT NULL;
CREATE INDEX invitations_ending ON invitations (expires_at) WHERE expires_at IS NOT NULL AND finished_at IS NULL;

-- +goose Down
DROP INDEX invitations_ending;
DROP INDEX collectors_ending;
DROP INDEX surveys_ending;
DROP TABLE survey_notices;
DROP TABLE notice_choices;
ALTER TABLE users DROP COLUMN digest_hour;
ALTER TABLE surveys DROP COLUMN contact_user_id;
