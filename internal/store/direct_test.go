package store_test

import (
	"sync"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// node takes runs over as they are accepted.
type node struct {
	mu      sync.Mutex
	free    int
	started []store.Claimed
}

func (n *node) Reserve(wanted int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := min(wanted, n.free)
	n.free -= taken
	return taken
}

func (n *node) Release(slots int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free += slots
}

func (n *node) Start(runs []store.Claimed) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.started = append(n.started, runs...)
}

func TestRunsAreTakenOverAsFarAsSlotsAreFree(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		n := &node{free: 3}
		b.Store.Attach("ND_1", n)
		ids := b.Accept(b.w, 5)
		if len(n.started) != 3 || n.free != 0 {
			t.Fatalf("%d runs were taken over, %d slots are free; want 3 and none", len(n.started), n.free)
		}
		for i, c := range n.started {
			if c.Run.ID != ids[i] || c.Starts != 1 || c.Event.Payload == "" || !c.Started.Equal(b.clock.Now()) || b.row(ids[i]).State != "running" {
				t.Errorf("taken over: %+v, %+v", c, b.row(ids[i]))
			}
			if f := b.finish(c, succeeded(), b.Attempt(c.Run.ID, "OCAC_1", 1, models.AttemptSucceeded)); f.Fenced {
				t.Error("the end of a run that was taken over is fenced")
			}
		}
		if claimed := b.claim(store.ClaimOptions{}); len(claimed) != 2 {
			t.Errorf("claimed %d; want the other two", len(claimed))
		}
		b.Store.Attach("ND_1", nil)
		n.free = 9
		b.Accept(b.w, 1)
		if len(n.started) != 3 || n.free != 9 {
			t.Error("a run was taken over after the end")
		}
	})
}

func TestABatchThatFailsGivesItsSlotsBack(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		there := b.Completed(b.w)
		b.Check(b.Store.Accept(there))
		n := &node{free: 10}
		b.Store.Attach("ND_1", n)
		good, bad, stale, twice, replay := b.Completed(b.w), b.Completed(b.w), b.Completed(b.w), b.Completed(b.w), b.Run(there.Event, b.w)
		bad.Runs[0].ID = there.Runs[0].ID
		stale.SurveyRev--
		twice.Response.ID = there.Response.ID
		b.Store.AcceptTogether(t.Context(), good, bad, stale, twice, &store.Acceptance{Runs: []models.Run{replay}})
		if len(n.started) != 1 || n.started[0].Run.ID != good.Runs[0].ID || n.free != 9 {
			t.Errorf("%d runs were taken over, %d slots are free; want the good one alone", len(n.started), n.free)
		}
		if claimed := b.claim(store.ClaimOptions{}); len(claimed) != 2 { // the first one and the replay
			t.Errorf("claimed %d; want 2", len(claimed))
		}
	})
}

func TestACommitThatIsNotSureStartsNothing(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	n := &node{free: 10}
	b.Store.Attach("ND_1", n)
	a := b.Completed(b.w)
	p.LoseCommit()
	unavailable(t, "accept", b.Store.Accept(a))
	if len(n.started) != 0 || n.free != 10 {
		t.Errorf("%d runs were taken over, %d slots are free; want none and all", len(n.started), n.free)
	}
	if freed, err := b.Store.FreeStale(t.Context(), "ND_1", nil, time.Now()); err != nil || freed != 1 {
		t.Errorf("freed %d, %v; want the run that went astray", freed, err)
	}
	b.d.Consistent(t)
}
