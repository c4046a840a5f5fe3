package runner

import (
	"sync"
	"time"
)

// suspectsEvery is how often a node looks for suspects when it knows of none.
const suspectsEvery = time.Second

// claims remembers which claims are under way, and when to look for suspects again.
type claims struct {
	mu          sync.Mutex
	open        map[int64]int // runs per claim
	nextSuspect time.Time     // by the machine's clock
}

func (c *claims) add(claim int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[int64]int{}
	}
	c.open[claim]++
}

func (c *claims) remove(claim int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[claim]--; c.open[claim] == 0 {
		delete(c.open, claim)
	}
}

func (c *claims) list() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]int64, 0, len(c.open))
	for claim := range c.open {
		all = append(all, claim)
	}
	return all
}

func (c *claims) suspectsDue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !time.Now().Before(c.nextSuspect) //nolint:forbidigo // paces this node only
}

func (c *claims) noSuspects() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextSuspect = time.Now().Add(suspectsEvery) //nolint:forbidigo // paces this node only
}

func (c *claims) moreSuspects() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextSuspect = time.Time{}
}
