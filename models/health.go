package models

import "time"

// DefaultOffAfter is after how many failed runs in a row a workflow switches itself off, unless its owner says otherwise.
const DefaultOffAfter = 20

// MaxOffAfter is the most that an owner may say.
const MaxOffAfter = 10_000

// OffAfterFailing is after how long a time of nothing but failures a workflow switches itself off.
const OffAfterFailing = 72 * time.Hour

// WorkflowHealth says how the runs of a workflow end, and what is still to be told of it. There is a row for every workflow
// that ever failed.
type WorkflowHealth struct {
	WorkflowID          string `gorm:"primaryKey"`
	OrgID               string
	ConsecutiveFailures int        // failed runs since the last that succeeded
	FailingSince        *time.Time // the first failure since then, of a run or of a try; nil when all is well
	LastFailureAt       *time.Time
	RecoveredAt         *time.Time // when a run succeeded after failures
	FailedRun           string     // the last run that failed
	FailedError         string     // why, a RunError as JSON
	FailedN             int64      // failed runs that nobody was told of yet
	RefusedN            int64      // refused events that nobody was told of yet
	RefusedReason       RefusalReason
	OffN                int    // how often it switched itself off since anybody was told
	TellAt              *int64 // when to look for what is to be told, in microseconds since 1970; nil for never
	Told                JSON[HealthTold]
	ToldRev             int64 // counts changes of Told
}

// HealthTold is what people know of a workflow's health.
type HealthTold struct {
	Failing  bool                     `json:"failing,omitempty"`  // they were told that it fails, and not yet that it is well again
	Episode  int64                    `json:"episode,omitempty"`  // counts the times of failing
	Failures int64                    `json:"failures,omitempty"` // failed runs since they were told that it fails
	At       map[HealthNews]time.Time `json:"at,omitempty"`       // when they were last told what
}

// HealthNews is a kind of news about a workflow's health. Of each, people get one mail an hour at most.
type HealthNews string

// The kinds of news.
const (
	NewsFailed    HealthNews = "failed"
	NewsRecovered HealthNews = "recovered"
	NewsOff       HealthNews = "off"
	NewsRefused   HealthNews = "refused"
)
