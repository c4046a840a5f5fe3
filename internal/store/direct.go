package store

import "surveyflow/models"

// Direct takes runs over at the moment of their acceptance: their queue rows are written as running on its node from the
// start, which saves the claim, its commit and the reading of what was in hand a moment ago. Whatever it does not take
// becomes ready as usual.
type Direct interface {
	// Reserve takes up to n free slots and gives how many it took.
	Reserve(n int) int
	// Release gives back slots that were reserved for nothing.
	Release(n int)
	// Start works on runs whose acceptance is on disk, a slot for each. It must not block.
	Start(runs []Claimed)
}

// direct is the one that is registered, with its node.
type direct struct {
	Direct
	node string
}

// Attach lets the node take runs over as they are accepted by this process; nil ends it. Runs may still be started while
// it is being ended.
func (s *Store) Attach(node string, d Direct) {
	if d == nil {
		s.direct.Store(nil)
		return
	}
	s.direct.Store(&direct{d, node})
}

// handover is what a batch gives to the node directly.
type handover struct {
	to   *direct
	runs []Claimed
	none int // slots reserved for nothing
}

// take reserves slots for runs of the batch that begin with an event of the same batch.
func (b *batch) take(units []*unit) {
	to := b.core.direct.Load()
	if to == nil {
		return
	}
	wanted := 0
	for _, u := range units {
		if u.accept.Event != nil {
			wanted += len(u.accept.Runs)
		}
	}
	if wanted == 0 {
		return
	}
	b.handover = handover{to: to, none: to.Reserve(wanted)}
	if b.handover.none == 0 {
		return
	}
	token := nextClaim(b.clock.Now())
	for _, u := range units {
		if u.accept.Event == nil {
			continue
		}
		for i := range u.accept.Runs {
			if b.handover.none == 0 {
				return
			}
			b.handover.none--
			b.handover.runs = append(b.handover.runs, Claimed{Run: u.accept.Runs[i], Event: *u.accept.Event, Claim: token, Starts: 1})
		}
	}
}

// end starts what was handed over, or gives the slots back when the batch was not committed.
func (h *handover) end(committed bool) {
	switch {
	case h.to == nil:
	case !committed:
		h.to.Release(h.none + len(h.runs))
	default:
		h.to.Release(h.none)
		if len(h.runs) > 0 {
			h.to.Start(h.runs)
		}
	}
}

// items makes the queue items of new runs: running for those that are handed over, ready for the others, each behind the
// earlier ones of its workflow.
func (b *batch) items(rs []models.Run) []models.QueueItem {
	now := b.clock.Now()
	at := now.UnixMicro()
	given := make(map[string]*Claimed, len(b.handover.runs))
	for i := range b.handover.runs {
		given[b.handover.runs[i].Run.ID] = &b.handover.runs[i]
	}
	items := make([]models.QueueItem, len(rs))
	for i := range rs {
		q := &items[i]
		*q = models.QueueItem{ID: rs[i].ID, Kind: models.KindRun, State: models.QueueReady, StateAt: at, Lane: rs[i].WorkflowID}
		if c := given[rs[i].ID]; c != nil {
			q.State, q.Rank, q.Node, q.Claim, q.StartedAt, q.Starts = models.QueueRunning, at, &b.handover.to.node, &c.Claim, &at, 1
			c.Started = now
			continue
		}
		q.Rank = b.lanes.rank(rs[i].WorkflowID, now)
		b.ready++
	}
	return items
}
