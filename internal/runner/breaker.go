package runner

import (
	"net/http"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

const (
	// steadyAfter is how many calls in a row must succeed before a receiver that came back gets all its places again.
	steadyAfter = 10
	// longestCall is longer than a task may take: a probe that has not ended by then never will.
	longestCall = 45 * time.Second
	// hostStale is how old what a node knows of an open breaker may be before it looks again.
	hostStale = 100 * time.Millisecond
)

// breaker is what a node knows of how a receiver does. What follows from a call is decided here, by nothing but what is
// known and the time; rows carry it to the other nodes (store.HostFailed and its like).
type breaker struct {
	open     bool
	retryAt  time.Time // of an open one: when a probe may be made
	failures int       // in a row, of all nodes as far as this one knows
	unsaved  int       // of them, those that no row says yet
	anew     bool      // a call succeeded before them, which no row says yet
	cautious int       // calls that must succeed before the receiver gets all its places again
	why      string    // the last failure
	offered  time.Time // the retryAt for which a held run was released
	read     time.Time // when its row was last read, by the machine's clock
	changed  int64     // the gate's moment at which this node last learned something by itself
}

// news is what is to be written down after a call.
type news int

const (
	newsNone   news = iota
	newsFailed      // as many failures in a row as a breaker waits for: it is open
	newsProbe       // a probe failed
	newsWell        // a call succeeded although the breaker is open
	newsSteady      // the receiver has come back for good
)

// calledState is what a call said of its receiver.
type calledState int

const (
	calledNobody calledState = iota // nothing: nobody was called, or our own side failed
	calledWell                      // it answered; 4xx are answers, too (contract §7)
	calledDown                      // connection error, timeout or 5xx
)

// stateOf tells what an outcome says of the receiver.
func stateOf(out task.Outcome) calledState {
	x := out.Exchange
	switch {
	case x == nil || x.Script != nil:
		return calledNobody
	case x.Response == nil:
		if out.Result == task.Retry {
			return calledDown
		}
		return calledNobody
	case x.Response.Status >= http.StatusInternalServerError:
		return calledDown
	case out.Result == task.Retry && x.Response.Status < http.StatusBadRequest: // its answer broke off
		return calledDown
	}
	return calledWell
}

// call is one call to a receiver that has ended.
type call struct {
	org   string
	state calledState
	probe bool
	why   *models.RunError
}

// called takes in what a call said, and tells what is to be written down.
func (b *breaker) called(c call, now time.Time) news {
	switch c.state {
	case calledNobody:
		return newsNone
	case calledWell:
		return b.well()
	}
	b.failures++
	b.unsaved++
	if b.cautious > 0 {
		b.cautious = steadyAfter
	}
	if c.why != nil {
		b.why = c.why.Encode()
	}
	switch {
	case b.open && c.probe:
		return newsProbe
	case !b.open && b.failures >= store.BreakAfter:
		b.open, b.cautious, b.retryAt = true, 0, now.Add(store.ProbePause(1)) // until the row says more
		return newsFailed
	}
	return newsNone
}

func (b *breaker) well() news {
	switch {
	case b.open:
		b.close()
		return newsWell
	case b.failures > 0:
		b.failures, b.unsaved, b.anew = 0, 0, true
	}
	if b.cautious > 0 {
		if b.cautious--; b.cautious == 0 {
			b.anew = false
			return newsSteady
		}
	}
	return newsNone
}

// close lets calls through again, a few at first: when all of those fail, it opens again.
func (b *breaker) close() {
	b.open, b.retryAt, b.offered = false, time.Time{}, time.Time{}
	b.failures, b.unsaved, b.anew = store.BreakAfter-store.BackAtOnce, 0, false
	b.cautious = steadyAfter
}

// adopt takes over what the row of the receiver says; nil stands for none.
func (b *breaker) adopt(h *models.Host) {
	switch {
	case h == nil || b.anew:
		if b.open {
			b.close()
		}
		return
	case h.Breaker == models.BreakerOpen:
		b.open, b.cautious = true, 0
		if h.RetryAt != nil {
			b.retryAt = time.UnixMicro(*h.RetryAt).UTC()
		}
	case b.open:
		b.close()
	}
	b.failures = h.Failures + b.unsaved
}

// quiet reports whether nothing would be lost by forgetting it.
func (b *breaker) quiet() bool {
	return !b.open && b.failures == 0 && b.unsaved == 0 && !b.anew && b.cautious == 0
}
