package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// working is an instance at noon with one workflow and its database.
type working struct {
	*storetest.Instance
	d     storetest.Database
	clock *clock.Fake
	w     *models.Workflow
}

// eachWorking runs a test on both databases, at noon, with a workflow of two tasks that is on.
func eachWorking(t *testing.T, test func(t *testing.T, b *working)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(noon)
		b := &working{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c), d: d, clock: c}
		b.w = b.Workflow(models.TaskSpec{ID: "OCAC_1"}, models.TaskSpec{ID: "OCAC_2"})
		test(t, b)
		d.Consistent(t)
	})
}

func (b *working) claim(o store.ClaimOptions) []store.Claimed {
	b.Helper()
	if o.Node == "" {
		o.Node = "ND_1"
	}
	if o.Limit == 0 {
		o.Limit = 100
	}
	claimed, err := b.Store.Claim(b.Context(), o)
	b.Check(err)
	return claimed
}

// one claims the only run that is ready.
func (b *working) one(o store.ClaimOptions) store.Claimed {
	b.Helper()
	claimed := b.claim(o)
	if len(claimed) != 1 {
		b.Fatalf("claimed %d runs; want 1", len(claimed))
	}
	return claimed[0]
}

func (b *working) finish(c store.Claimed, next store.Next, attempts ...models.Attempt) *store.Finish {
	b.Helper()
	f := storetest.Finish(c, next, attempts...)
	b.Check(b.Store.Finish(f))
	return f
}

// queueRow is a row of the queue as the tests look at it.
type queueRow struct {
	State     string
	Starts    int
	Canceling bool
	Due       int64
}

func (b *working) row(id string) (r queueRow) {
	b.Helper()
	err := b.d.SQL(b).QueryRowContext(b.Context(), "SELECT state, starts, canceling, COALESCE(due_at, 0) FROM queue WHERE id = '"+id+"'").
		Scan(&r.State, &r.Starts, &r.Canceling, &r.Due)
	b.Check(err)
	return r
}

func (b *working) status(id string) models.RunStatus {
	b.Helper()
	d, err := b.Store.Run(b.Context(), b.Actor, id)
	b.Check(err)
	return d.Display()
}

func succeeded() store.Next { return store.Next{State: store.NextDone, Status: models.RunSucceeded} }

func TestConcurrentClaimersGetEachRunOnceAndNeverMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		stores := []*store.Store{b.Store}
		if b.d.Shared() {
			stores = append(stores, b.d.Open(t, storetest.Options{}), b.d.Open(t, storetest.Options{}))
		}
		const runs, limit = 120, 7
		b.Accept(b.w, runs)
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for n := range 6 {
			wg.Go(func() {
				s := stores[n%len(stores)]
				for {
					claimed, err := s.Claim(t.Context(), store.ClaimOptions{Node: models.NewID(models.PrefixNode), Limit: limit})
					if err != nil || len(claimed) > limit {
						t.Errorf("claimed %d, %v; want at most %d", len(claimed), err, limit)
					}
					if len(claimed) == 0 {
						return
					}
					mu.Lock()
					for _, c := range claimed {
						seen[c.Run.ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != runs {
			t.Errorf("%d runs were claimed; want %d", len(seen), runs)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("run %s was claimed %d times", id, n)
			}
		}
	})
}

func TestAClaimBringsWhatTheRunNeeds(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		a := b.Completed(b.w)
		a.Event.Depth, a.Event.Payload = 2, `{"v":1,"fields":{"a":"b"}}`
		b.Check(b.Store.Accept(a))
		c := b.one(store.ClaimOptions{})
		b.finish(c, store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Second)}, b.Attempt(c.Run.ID, "OCAC_1", 1, models.AttemptRetried))
		b.clock.Advance(2 * time.Second)
		moved, _, err := b.Store.PromoteDue(t.Context())
		if err != nil || moved != 1 {
			t.Fatalf("promoted %d, %v; want 1", moved, err)
		}
		c = b.one(store.ClaimOptions{})
		want := a.Runs[0]
		if c.Run.ID != want.ID || c.Run.WorkflowID != want.WorkflowID || c.Run.WorkflowVersion != 1 || c.Run.EventID != want.EventID || !c.Run.CreatedAt.Equal(want.CreatedAt) {
			t.Errorf("run = %+v; want %+v", c.Run, want)
		}
		if c.Event.ID != a.Event.ID || c.Event.Depth != 2 || c.Event.Payload != a.Event.Payload || *c.Event.ResponseID != a.Response.ID || *c.Event.SurveyVersion != 1 {
			t.Errorf("event = %+v; want %+v", c.Event, a.Event)
		}
		if len(c.Attempts) != 1 || c.Attempts[0].Result != models.AttemptRetried || c.Run.Attempts != 1 || c.Starts != 1 || c.Off {
			t.Errorf("%d attempts, %d charged, %d starts, off %v; want 1, 1, 1, no", len(c.Attempts), c.Run.Attempts, c.Starts, c.Off)
		}
		for _, at := range []time.Time{c.Run.CreatedAt, c.Event.CreatedAt, c.Attempts[0].StartedAt} {
			if at.Location() != time.UTC {
				t.Errorf("a time is in %s; want UTC", at.Location())
			}
		}
	})
}

func TestABurstOfOneWorkflowDoesNotDelayAnother(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 100)
		b.clock.Advance(100 * time.Millisecond)
		other := b.Accept(b.Workflow(), 1)[0]
		claimed := b.claim(store.ClaimOptions{Limit: 10})
		if !slices.ContainsFunc(claimed, func(c store.Claimed) bool { return c.Run.ID == other }) {
			t.Error("the other workflow's run is not among the first ten")
		}
	})
}

func TestFinishingWithALostClaimWritesNothing(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		id := b.Accept(b.w, 1)[0]
		lost := b.one(store.ClaimOptions{Node: "ND_dead"})
		freed, err := b.Store.TakeOver(t.Context(), "ND_1", b.clock.Now())
		if err != nil || freed != 1 {
			t.Fatalf("took over %d, %v; want 1", freed, err)
		}
		mine := b.one(store.ClaimOptions{Suspects: true})
		if mine.Starts != 2 || mine.Claim == lost.Claim {
			t.Errorf("starts %d, claim %d after %d; want 2 and another", mine.Starts, mine.Claim, lost.Claim)
		}
		// Both in one batch: each must be told its own.
		steps := []*store.Finish{
			storetest.Finish(lost, succeeded(), b.Attempt(id, "OCAC_1", 1, models.AttemptSucceeded)),
			storetest.Finish(mine, store.Next{State: store.NextContinue}, b.Attempt(id, "OCAC_1", 1, models.AttemptSucceeded)),
		}
		for _, err := range b.Store.FinishTogether(t.Context(), steps...) {
			b.Check(err)
		}
		if !steps[0].Fenced || steps[1].Fenced {
			t.Errorf("fenced: %v, %v; want the lost claim alone", steps[0].Fenced, steps[1].Fenced)
		}
		if f := b.finish(mine, succeeded(), b.Attempt(id, "OCAC_2", 1, models.AttemptSucceeded)); f.Fenced {
			t.Error("the end is fenced")
		}
		if f := b.finish(mine, succeeded()); !f.Fenced {
			t.Error("a second end is not fenced")
		}
		if s := b.status(id); s != models.RunSucceeded {
			t.Errorf("the run is %s; want succeeded", s)
		}
	})
}

// Whatever orderly end a claim has, the run is no suspect after it.
func TestStartsReturnToZeroAfterAnOrderlyEnd(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		until := b.clock.Now().Add(time.Minute)
		for name, end := range map[string]func(c store.Claimed){
			"wait":    func(c store.Claimed) { b.finish(c, store.Next{State: store.NextWait, Until: until}) },
			"release": func(c store.Claimed) { b.finish(c, store.Next{State: store.NextRelease}) },
			"held": func(c store.Claimed) {
				b.finish(c, store.Next{State: store.NextHold, Hold: models.HoldHost, Host: "https://a", Until: until})
			},
			"leave": func(store.Claimed) {
				b.Check(b.Store.Heartbeat(t.Context(), "ND_1", "here"))
				b.Check(b.Store.Leave(t.Context(), "ND_1"))
			},
			"stale": func(store.Claimed) {
				freed, err := b.Store.FreeStale(t.Context(), "ND_1", nil, b.clock.Now().Add(time.Microsecond))
				if err != nil || freed != 1 {
					t.Errorf("freed %d, %v; want 1", freed, err)
				}
			},
		} {
			id := b.Accept(b.w, 1)[0]
			c := b.one(store.ClaimOptions{})
			end(c)
			if r := b.row(id); r.Starts != 0 || r.State == "running" {
				t.Errorf("after %s the run is %+v; want no starts", name, r)
			}
			b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
		}
	})
}

func TestATaskBoundaryKeepsTheClaim(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		id := b.Accept(b.w, 1)[0]
		c := b.one(store.ClaimOptions{})
		if f := b.finish(c, store.Next{State: store.NextContinue}, b.Attempt(id, "OCAC_1", 1, models.AttemptSucceeded)); f.Fenced {
			t.Error("the step is fenced")
		}
		if r := b.row(id); r.State != "running" || r.Starts != 1 {
			t.Errorf("the run is %+v; want running with one start", r)
		}
		b.finish(c, succeeded(), b.Attempt(id, "OCAC_2", 1, models.AttemptSucceeded))
	})
}

// The database took the step, but the answer was lost on the way: the caller has to hand the step in again.
func TestAStepThatIsWrittenAgainCountsOnce(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		id := b.Accept(b.w, 1)[0]
		c := b.one(store.ClaimOptions{})
		f := storetest.Finish(c, store.Next{State: store.NextContinue}, b.Attempt(id, "OCAC_1", 1, models.AttemptSucceeded))
		b.Check(b.Store.Finish(f))
		f.Unsure()
		if err := b.Store.Finish(f); err != nil || f.Fenced {
			t.Errorf("the same step again: %v, fenced %v; want neither", err, f.Fenced)
		}
		b.finish(c, succeeded(), b.Attempt(id, "OCAC_2", 1, models.AttemptSucceeded))
		if d, err := b.Store.Run(t.Context(), b.Actor, id); err != nil || len(d.Attempts) != 2 || d.Run.Attempts != 2 {
			t.Errorf("%d attempts, %d charged, %v; want 2 and 2", len(d.Attempts), d.Run.Attempts, err)
		}
	})
}

func TestNodesLoseTheirRunsOnlyWhenTheyAreUnseen(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		if !b.d.Shared() {
			return // with SQLite every other node is gone: TestFinishingWithALostClaimWritesNothing
		}
		b.Accept(b.w, 3)
		for _, node := range []string{"ND_old", "ND_new", "ND_none"} {
			if node != "ND_none" {
				b.Check(b.Store.Heartbeat(t.Context(), node, "there"))
			}
			b.one(store.ClaimOptions{Node: node, Limit: 1})
			if node == "ND_old" {
				b.clock.Advance(20 * time.Second)
			}
		}
		b.clock.Advance(15 * time.Second)
		freed, err := b.Store.TakeOver(t.Context(), "ND_1", b.clock.Now().Add(-30*time.Second))
		if err != nil || freed != 2 {
			t.Errorf("took over %d, %v; want 2: of the unseen node and of the one without a row", freed, err)
		}
		if n := count(t, b.d, "SELECT COUNT(*) FROM queue WHERE node = 'ND_new'"); n != 1 {
			t.Errorf("the living node has %d runs; want 1", n)
		}
		if n := count(t, b.d, "SELECT COUNT(*) FROM nodes"); n != 1 {
			t.Errorf("%d nodes; want the living one alone", n)
		}
	})
}

func TestSuspectsAreClaimedApart(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 3)
		b.claim(store.ClaimOptions{Node: "ND_dead"})
		_, err := b.Store.TakeOver(t.Context(), "ND_1", b.clock.Now())
		b.Check(err)
		b.Accept(b.w, 2)
		if n := len(b.claim(store.ClaimOptions{})); n != 2 {
			t.Errorf("claimed %d; want the two that nobody died of", n)
		}
		if n := len(b.claim(store.ClaimOptions{Suspects: true, Limit: 1})); n != 1 {
			t.Errorf("claimed %d suspects; want 1", n)
		}
	})
}

func TestOnlyStaleClaimsOfTheNodeAreFreed(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 4)
		known := b.one(store.ClaimOptions{Limit: 1})
		astray := b.one(store.ClaimOptions{Limit: 1})
		b.one(store.ClaimOptions{Limit: 1, Node: "ND_2"})
		b.clock.Advance(time.Minute)
		b.one(store.ClaimOptions{Limit: 1}) // its load may still be under way
		freed, err := b.Store.FreeStale(t.Context(), "ND_1", []int64{known.Claim}, b.clock.Now().Add(-30*time.Second))
		if err != nil || freed != 1 || b.row(astray.Run.ID).State != "ready" {
			t.Errorf("freed %d, %v, %+v; want the one that went astray", freed, err, b.row(astray.Run.ID))
		}
	})
}

// An event that is gone (a replay that met the purge) must not keep the other runs of its claim from being worked on.
func TestARunWithoutItsEventDoesNotSpoilTheClaim(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 3)
		broken := b.Completed()
		run := b.Run(b.Event(broken.Response), b.w)
		b.Check(b.Store.Accept(&store.Acceptance{Runs: []models.Run{run}}))
		claimed := b.claim(store.ClaimOptions{})
		if len(claimed) != 4 {
			t.Fatalf("claimed %d; want 4", len(claimed))
		}
		for _, c := range claimed {
			if c.Run.ID == run.ID && (c.Event.Payload != "" || c.Off) {
				t.Errorf("the broken run has the event %+v, off %v", c.Event, c.Off)
			}
		}
		if _, err := b.d.SQL(t).ExecContext(t.Context(), "DELETE FROM queue WHERE id = '"+run.ID+"'"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.d.SQL(t).ExecContext(t.Context(), "DELETE FROM runs WHERE id = '"+run.ID+"'"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAClaimTakesTheSlotsThatAreFreeInItsMoment(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 6)
		asked := 0
		claimed := b.claim(store.ClaimOptions{Limit: 1, More: func() int { asked++; return 3 }})
		if len(claimed) != 4 || asked != 1 {
			t.Errorf("claimed %d and asked %d times; want the one and three more, asked once", len(claimed), asked)
		}
	})
}
