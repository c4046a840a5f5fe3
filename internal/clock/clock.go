// Package clock tells the time. It is injected wherever time matters, so that tests can set it.
package clock

import (
	"sync"
	"time"
)

// Precision is the finest step of time that Surveyflow keeps. PostgreSQL stores microseconds:
// anything finer would make a value read back differ from the value written.
const Precision = time.Microsecond

// Clock tells the time. Every value is in UTC and truncated to Precision.
type Clock interface {
	Now() time.Time
}

// System is the clock of the machine. Its zero value is ready to use.
type System struct{}

// Now returns the machine's time in UTC, truncated to Precision and without a monotonic reading,
// so that it equals itself after a round trip through the database.
func (System) Now() time.Time { return normalize(time.Now()) }

// Fake is a clock that stands still until a test moves it. It is safe for concurrent use;
// make it with NewFake.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a Fake that shows now, in UTC and truncated to Precision.
func NewFake(now time.Time) *Fake { return &Fake{now: normalize(now)} }

// Now returns the time that was last set.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Set moves the clock to now, forwards or backwards.
func (f *Fake) Set(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = normalize(now)
}

// Advance moves the clock by d and returns the new time. A negative d moves it back.
func (f *Fake) Advance(d time.Duration) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = normalize(f.now.Add(d))
	return f.now
}

// normalize brings t into the one form that the program uses: UTC, whole microseconds, and without
// the monotonic reading, which would make equal times differ under ==.
func normalize(t time.Time) time.Time { return t.UTC().Truncate(Precision).Round(0) }
