-- +goose Up
-- Which workflows are event subscriptions, as the API calls them. Workflows of no survey hear with them of all surveys that
-- their owners see.
CREATE TABLE event_subscriptions (
    workflow_id TEXT COLLATE "C" PRIMARY KEY REFERENCES workflows (id),
    id TEXT COLLATE "C" NOT NULL,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    topic TEXT NOT NULL,
    past_calls BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX event_subscriptions_id ON event_subscriptions (id);

-- +goose Down
DROP TABLE event_subscriptions;
