package call

import (
	"context"
	"sync"

	"surveyflow/internal/contact"
	"surveyflow/models"
)

// together is how many calls share a commit at most.
const together = 128

// gatherer lets calls that come at the same time share a commit. There is no timer and no goroutine at rest: while one commit
// is under way the next batch gathers.
type gatherer struct {
	put     func(ctx context.Context, orgID, collectorID string, cause contact.Cause, calls []contact.Call) ([]contact.CallOutcome, error)
	mu      sync.Mutex
	pending []*one
	busy    bool
}

// one is a call on its way into the database.
type one struct {
	batch
	call contact.Call
	out  contact.CallOutcome
	err  error
	done chan struct{}
}

// batch is what calls of one commit have in common.
type batch struct {
	org, collector string
	run            string // that calls; empty for none
	depth          int
}

// do returns once the call is on disk, or failed. It waits for that even when its caller goes away: whether it was done must
// not stay unknown to who answers for it.
func (g *gatherer) do(org, collector string, cause contact.Cause, c contact.Call) (contact.CallOutcome, error) {
	o := &one{batch: batch{org: org, collector: collector, depth: cause.Depth}, call: c, done: make(chan struct{})}
	if cause.Run != nil {
		o.run = *cause.Run
	}
	g.mu.Lock()
	g.pending = append(g.pending, o)
	if !g.busy {
		g.busy = true
		go g.drain()
	}
	g.mu.Unlock()
	<-o.done
	return o.out, o.err
}

// drain does what is pending until nothing is. It belongs to no request: one that is canceled must not undo the others' commit.
func (g *gatherer) drain() {
	for {
		g.mu.Lock()
		some, rest := apart(g.pending)
		g.pending = rest
		if len(some) == 0 {
			g.busy, g.pending = false, nil
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.commit(some)
		for _, o := range some {
			close(o.done)
		}
	}
}

// apart takes calls of one collector off, each with another key. The others follow as if they had come later.
func apart(pending []*one) (some, rest []*one) {
	keys := map[string]bool{}
	for i, o := range pending {
		if len(some) == together {
			return some, append(rest, pending[i:]...)
		}
		if i > 0 && o.batch != pending[0].batch || keys[o.call.Crk] {
			rest = append(rest, o)
			continue
		}
		keys[o.call.Crk] = true
		some = append(some, o)
	}
	return some, rest
}

// commit does calls together and, when that fails, one by one, so that none fails for another's sake.
func (g *gatherer) commit(all []*one) {
	calls := make([]contact.Call, len(all))
	for i, o := range all {
		calls[i] = o.call
	}
	b := all[0].batch
	cause := contact.Cause{Depth: b.depth}
	if b.run != "" {
		cause.Run = &b.run
	}
	out, err := g.put(context.Background(), b.org, b.collector, cause, calls)
	switch {
	case err == nil:
		for i, o := range all {
			o.out = out[i]
		}
	case len(all) > 1 && models.ErrorCode(err) != models.CodeUnavailable:
		for i := range all {
			g.commit(all[i : i+1])
		}
	default:
		for _, o := range all {
			o.err = err
		}
	}
}
