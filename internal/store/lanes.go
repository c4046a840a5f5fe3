package store

import (
	"sync"
	"time"
)

const (
	// laneStep is the share of time that each of a workflow's runs takes in the order of claims: a burst of one workflow
	// queues behind itself, while others, whose clocks stand at now, come first.
	laneStep = int64(20 * time.Millisecond / time.Microsecond)
	// lanesKept bounds the clocks in memory; those that now has passed are no longer needed.
	lanesKept = 10_000
)

// lanes hands out the place of a run in the order of claims. The clocks are this node's own; they need not be exact.
type lanes struct {
	mu     sync.Mutex
	clocks map[string]int64
}

// rank gives the next place in that lane, in microseconds since 1970: now, or later for a lane that is ahead.
func (l *lanes) rank(lane string, now time.Time) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now.UnixMicro()
	if l.clocks == nil {
		l.clocks = make(map[string]int64)
	}
	if len(l.clocks) >= lanesKept {
		for k, c := range l.clocks {
			if c <= at {
				delete(l.clocks, k)
			}
		}
	}
	r := max(at, l.clocks[lane])
	l.clocks[lane] = r + laneStep
	return r
}
