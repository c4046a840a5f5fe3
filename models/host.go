package models

// BreakerState says whether calls to a receiver are made.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed BreakerState = "closed" // calls are made
	BreakerOpen   BreakerState = "open"   // the receiver is failing: only probes are made
)

// Host is what is known of a receiver (scheme, host and port): a row for each that failed lately or whose calls have a rate.
// Times are microseconds since 1970.
type Host struct {
	OrgID     string `gorm:"primaryKey"`
	Host      string `gorm:"primaryKey"`
	Breaker   BreakerState
	Failures  int    // connection errors, timeouts and answers of 500 and above in a row
	Trips     int    // openings and failed probes since it was last well
	Error     string // the last failure, a RunError as JSON
	FailedAt  *int64
	OpenedAt  *int64
	RetryAt   *int64 // when the next probe may be made
	NextUs    int64  // where a rate has the next place free
	UpdatedAt int64
}
