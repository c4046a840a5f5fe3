-- +goose Up
-- Since when a workflow is off by itself, and after how many failed runs in a row it does so; 0 means never.
ALTER TABLE workflows ADD COLUMN off_at TIMESTAMPTZ;
ALTER TABLE workflows ADD COLUMN off_after INTEGER NOT NULL DEFAULT 20;

-- Receivers (scheme, host and port) that failed lately or have a rate. Times are microseconds since 1970.
-- failures counts those in a row; trips counts openings and failed probes since it last was well; next_us is where a rate
-- has the next place free.
CREATE TABLE hosts (
    org_id TEXT COLLATE "C" NOT NULL,
    host TEXT COLLATE "C" NOT NULL,
    breaker TEXT NOT NULL,
    failures INTEGER NOT NULL,
    trips INTEGER NOT NULL,
    error TEXT NOT NULL,
    failed_at BIGINT,
    opened_at BIGINT,
    retry_at BIGINT,
    next_us BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, host)
);

-- How the runs of a workflow end, and what is still to be told of it: a row for each workflow that ever failed. Who writes a
-- fact adds to failed_n, refused_n or off_n and sets tell_at; who tells people takes from them, and keeps in told what
-- they know.
CREATE TABLE workflow_health (
    workflow_id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    failing_since TIMESTAMPTZ,
    last_failure_at TIMESTAMPTZ,
    recovered_at TIMESTAMPTZ,
    failed_run TEXT COLLATE "C" NOT NULL DEFAULT '',
    failed_error TEXT NOT NULL DEFAULT '',
    failed_n BIGINT NOT NULL DEFAULT 0,
    refused_n BIGINT NOT NULL DEFAULT 0,
    refused_reason TEXT NOT NULL DEFAULT '',
    off_n INTEGER NOT NULL DEFAULT 0,
    tell_at BIGINT,
    told TEXT NOT NULL DEFAULT '{}',
    told_rev BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX workflow_health_tell ON workflow_health (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX workflow_health_failing ON workflow_health (workflow_id) WHERE failing_since IS NOT NULL;

-- Events that started no run because they were refused, counted by the hour, with the last one as a sample.
CREATE TABLE refusal_counts (
    workflow_id TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    org_id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    sample TEXT NOT NULL,
    PRIMARY KEY (workflow_id, hour, reason)
);
CREATE INDEX refusal_counts_org ON refusal_counts (org_id, hour);

-- +goose Down
DROP TABLE refusal_counts;
DROP TABLE workflow_health;
DROP TABLE hosts;
ALTER TABLE workflows DROP COLUMN off_after;
ALTER TABLE workflows DROP COLUMN off_at;
