package main

import (
	"sync/atomic"
	"time"

	"surveyflow/internal/clock"
)

// demoPast is how long ago the story of a demo begins. It is within the retention of runs.
const demoPast = 9*24*time.Hour + 5*time.Hour

// demoClock is the machine's clock, set back while a demo tells what happened before. The zero value shows the present.
// It is safe for concurrent use.
type demoClock struct {
	behind atomic.Int64 // nanoseconds
}

// Now gives the time of the story.
func (c *demoClock) Now() time.Time {
	return clock.System{}.Now().Add(-time.Duration(c.behind.Load())).Truncate(clock.Precision)
}

// set moves the clock to t, from where it goes on. It never shows the future.
func (c *demoClock) set(t time.Time) {
	c.behind.Store(int64(max(clock.System{}.Now().Sub(t), 0)))
}

// present ends the story.
func (c *demoClock) present() { c.behind.Store(0) }
