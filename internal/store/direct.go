package store

import (
	"context"
	"slices"

	"surveyflow/models"
)

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

// enqueue puts the runs of what was accepted into the queue, those that the node takes over as running already.
func (b *batch) enqueue(ctx context.Context) error {
	b.take(b.accepted)
	return b.insertItems(ctx, b.items(b.fresh))
}

// take reserves slots for runs of the batch that begin with an event of the same batch.
func (b *batch) take(units []*unit) {
	to := b.core.direct.Load()
	if to == nil {
		return
	}
	wanted := 0
	for _, u := range units {
		if u.accept.Event == nil {
			continue
		}
		for i := range u.accept.Runs {
			if u.accept.Runs[i].Held == "" {
				wanted++
			}
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
			if u.accept.Runs[i].Held != "" { // the workflow is off by itself
				continue
			}
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
		if rs[i].Held != "" {
			off := models.HoldOff
			q.State, q.Hold, q.HoldReason = models.QueueHeld, &off, &rs[i].Held
			continue
		}
		b.ready++
	}
	return items
}

// insertHeld writes runs that are held from the start, because their workflow is off by itself.
var insertHeld = &statement{
	postgres: `INSERT INTO queue (id, kind, state, state_at, rank, lane, hold, hold_reason, starts, canceling)
		SELECT id, 'run', 'held', state_at, rank, lane, 'off', reason, 0, FALSE
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS q (id, state_at, rank, lane, reason)`,
	sqlite: `INSERT INTO queue (id, kind, state, state_at, rank, lane, hold, hold_reason, starts, canceling)
		VALUES (?, 'run', 'held', ?, ?, ?, 'off', ?, 0, FALSE)`,
}

// confirmHeld lets the runs go on that would be held because their workflow is off by itself, when it was turned on since
// they were planned: what turned it on has released its held runs already and would not see these.
func (b *batch) confirmHeld(ctx context.Context, units []*unit) error {
	var ids []string
	for _, u := range units {
		for i := range u.accept.Runs {
			if r := &u.accept.Runs[i]; r.Held != "" && !slices.Contains(ids, r.WorkflowID) {
				ids = append(ids, r.WorkflowID)
			}
		}
	}
	return b.eachReturning(ctx, readOn, len(ids), func(rows scanner) error {
		var id string
		var on bool
		err := rows.Scan(&id, &on)
		for _, u := range units {
			for i := range u.accept.Runs {
				if r := &u.accept.Runs[i]; on && r.WorkflowID == id {
					r.Held = ""
				}
			}
		}
		return err
	}, ids)
}

// splitHeld parts the items that are held from the others.
func splitHeld(items []models.QueueItem) (held, others []models.QueueItem) {
	is := func(q models.QueueItem) bool { return q.State == models.QueueHeld }
	if !slices.ContainsFunc(items, is) { // as nearly always
		return nil, items
	}
	for _, q := range items {
		if is(q) {
			held = append(held, q)
		} else {
			others = append(others, q)
		}
	}
	return held, others
}
