package store_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func (b *working) waits(id string, until time.Time) store.Next {
	return store.Next{State: store.NextWait, Until: until}
}

func onHost(host string, until time.Time) store.Next {
	return store.Next{State: store.NextHold, Hold: models.HoldHost, Host: host, Until: until}
}

func (b *working) promote(want int64) (next time.Time) {
	b.Helper()
	moved, next, err := b.Store.PromoteDue(b.Context())
	if err != nil || moved != want {
		b.Errorf("promoted %d, %v; want %d", moved, err, want)
	}
	return next
}

func TestWaitingAndHeldRunsBecomeReadyWhenTheirTimeComes(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		start := b.clock.Now()
		ids := b.Accept(b.w, 3)
		claimed := b.claim(store.ClaimOptions{})
		b.finish(claimed[0], store.Next{State: store.NextWait, Until: start.Add(5 * time.Second)})
		b.finish(claimed[1], store.Next{State: store.NextWait, Until: start.Add(time.Hour)})
		b.finish(claimed[2], onHost("https://slow", start.Add(5*time.Second)))
		if next := b.promote(0); !next.Equal(start.Add(5 * time.Second)) {
			t.Errorf("the next is due at %s; want in 5 s", next)
		}
		b.clock.Advance(5 * time.Second)
		if next := b.promote(2); !next.Equal(start.Add(time.Hour)) {
			t.Errorf("the next is due at %s; want in an hour", next)
		}
		b.clock.Advance(time.Hour)
		if next := b.promote(1); !next.IsZero() {
			t.Errorf("the next is due at %s; want none", next)
		}
		if n := len(b.claim(store.ClaimOptions{})); n != len(ids) {
			t.Errorf("claimed %d; want all", n)
		}
	})
}

func TestAHostReleasesSoManyInTheirOrder(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		ids := b.Accept(b.w, 40)
		for _, c := range b.claim(store.ClaimOptions{}) {
			host := "https://slow"
			if slices.Index(ids, c.Run.ID) >= 30 {
				host = "https://other"
			}
			b.finish(c, onHost(host, b.clock.Now().Add(time.Minute)))
			b.clock.Advance(time.Millisecond)
		}
		for _, want := range []int64{7, 7, 7, 7, 2, 0} {
			if n, err := b.Store.ReleaseHost(t.Context(), "https://slow", 7); err != nil || n != want {
				t.Errorf("released %d, %v; want %d", n, err, want)
			}
		}
		if n := len(b.claim(store.ClaimOptions{})); n != 30 {
			t.Errorf("claimed %d; want 30", n)
		}
		b.clock.Advance(time.Minute)
		b.promote(10)
	})
}

func TestAWorkflowThatIsOffHoldsItsRunsAndKeepsTheirTimes(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		start := b.clock.Now()
		ids := b.Accept(b.w, 5)
		claimed := b.claim(store.ClaimOptions{Limit: 4})
		b.finish(claimed[0], b.waits(ids[0], start.Add(time.Minute)))
		b.finish(claimed[1], b.waits(ids[1], start.Add(time.Hour)))
		b.finish(claimed[2], onHost("https://slow", start.Add(time.Minute)))
		running := claimed[3]
		other := b.Accept(b.Workflow(), 1)[0]

		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, false))
		if c := b.one(store.ClaimOptions{}); c.Run.ID != other {
			t.Errorf("claimed %s; want the other workflow's alone", c.Run.ID)
		}
		b.clock.Advance(2 * time.Minute)
		b.promote(0)
		if n, err := b.Store.ReleaseHost(t.Context(), "https://slow", 9); err != nil || n != 0 {
			t.Errorf("the host released %d, %v; want none", n, err)
		}
		if err := b.Store.PlayRun(t.Context(), b.Actor, claimed[0].Run.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("play: %v; want a conflict", err)
		}
		b.finish(running, succeeded(), b.Attempt(running.Run.ID, "OCAC_1", 1, models.AttemptSucceeded))
		late := b.Completed(b.w) // matched before it was off, on another node
		b.Check(b.Store.Accept(late))
		c := b.one(store.ClaimOptions{})
		if !c.Off {
			t.Error("a run of a workflow that is off is not marked")
		}
		b.finish(c, store.Next{State: store.NextHold, Hold: models.HoldOff})
		if r := b.row(c.Run.ID); r.State != "held" {
			t.Errorf("the late run is %+v; want held", r)
		}

		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, true))
		if n := len(b.claim(store.ClaimOptions{})); n != 4 {
			t.Errorf("claimed %d after it was on again; want 4: the fifth is not due", n)
		}
		if r := b.row(claimed[1].Run.ID); r.State != "waiting" || r.Due != start.Add(time.Hour).UnixMicro() {
			t.Errorf("the run that was due in an hour is %+v", r)
		}
	})
}

// The workflow is turned on after the run was claimed as off, before it is held.
func TestARunIsNotHeldForAWorkflowThatIsOnAgain(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, false))
		b.Accept(b.w, 1)
		c := b.one(store.ClaimOptions{})
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, true))
		b.finish(c, store.Next{State: store.NextHold, Hold: models.HoldOff})
		if again := b.one(store.ClaimOptions{}); again.Off || again.Starts != 1 {
			t.Errorf("off %v, starts %d; want on and 1", again.Off, again.Starts)
		}
	})
}

func TestCancelEndsARunInEveryState(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		for name, arrange := range map[string]func(id string){
			"ready": func(string) {},
			"waiting": func(string) {
				b.finish(b.one(store.ClaimOptions{}), store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})
			},
			"held for a host": func(string) {
				b.finish(b.one(store.ClaimOptions{}), onHost("https://slow", b.clock.Now().Add(time.Minute)))
			},
			"held as off": func(string) {
				b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, false))
			},
		} {
			b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.w.ID, true))
			id := b.Accept(b.w, 1)[0]
			arrange(id)
			b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
			if s := b.status(id); s != models.RunCanceled {
				t.Errorf("%s: %s; want canceled", name, s)
			}
			if err := b.Store.CancelRun(t.Context(), b.Actor, id); models.ErrorCode(err) != models.CodeConflict {
				t.Errorf("%s: a second cancel: %v; want a conflict", name, err)
			}
			if err := b.Store.PlayRun(t.Context(), b.Actor, id); models.ErrorCode(err) != models.CodeConflict {
				t.Errorf("%s: play: %v; want a conflict", name, err)
			}
		}
	})
}

func TestCancelingARunningRunTakesEffectAtItsNextStep(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		for name, next := range map[string]store.Next{
			"wait":    {State: store.NextWait, Until: b.clock.Now().Add(time.Hour)},
			"held":    onHost("https://slow", b.clock.Now().Add(time.Minute)),
			"release": {State: store.NextRelease},
		} {
			id := b.Accept(b.w, 1)[0]
			c := b.one(store.ClaimOptions{})
			b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
			if s := b.status(id); s != models.RunRunning {
				t.Errorf("%s: %s; want still running", name, s)
			}
			f := b.finish(c, next, b.Attempt(id, "OCAC_1", 1, models.AttemptRetried))
			if s := b.status(id); s != models.RunCanceled || !f.Canceling || f.Next.Status != models.RunCanceled {
				t.Errorf("%s: %s, told %+v; want canceled", name, s, f.Next)
			}
		}
		id := b.Accept(b.w, 1)[0]
		c := b.one(store.ClaimOptions{})
		b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
		if f := b.finish(c, store.Next{State: store.NextContinue}, b.Attempt(id, "OCAC_1", 1, models.AttemptSucceeded)); !f.Canceling {
			t.Error("at the task boundary the caller is not told")
		}
		b.finish(c, store.Next{State: store.NextDone, Status: models.RunCanceled})

		done := b.Accept(b.w, 1)[0]
		c = b.one(store.ClaimOptions{})
		b.Check(b.Store.CancelRun(t.Context(), b.Actor, done))
		b.finish(c, succeeded(), b.Attempt(done, "OCAC_1", 1, models.AttemptSucceeded))
		if s := b.status(done); s != models.RunSucceeded {
			t.Errorf("a run that ended while it was canceled is %s; want succeeded", s)
		}
	})
}

func TestACanceledRunOfADeadNodeIsEndedByTheNext(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		id := b.Accept(b.w, 1)[0]
		b.one(store.ClaimOptions{Node: "ND_dead"})
		b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
		_, err := b.Store.TakeOver(t.Context(), "ND_1", b.clock.Now())
		b.Check(err)
		c := b.one(store.ClaimOptions{Suspects: true})
		if !c.Canceled {
			t.Error("the claim does not say that the run is canceled")
		}
		b.finish(c, store.Next{State: store.NextDone, Status: models.RunCanceled})
	})
}

// Cancel and the step after which the run waits meet: whoever is second sees the first.
func TestCancelMeetsTheEndOfAStep(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 40)
		for _, c := range b.claim(store.ClaimOptions{}) {
			var both sync.WaitGroup
			both.Go(func() {
				if err := b.Store.Finish(storetest.Finish(c, store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				if err := b.Store.CancelRun(t.Context(), b.Actor, c.Run.ID); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if s := b.status(c.Run.ID); s != models.RunCanceled {
				t.Errorf("the run is %s; want canceled", s)
			}
		}
	})
}

func TestDeletingAWorkflowCancelsItsRuns(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		ids := b.Accept(b.w, 4)
		claimed := b.claim(store.ClaimOptions{Limit: 2})
		b.finish(claimed[0], store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})
		b.clock.Advance(2 * time.Hour) // counts go by the hour in which a run was made
		n, err := b.Store.DeleteWorkflow(t.Context(), b.Actor, b.w.ID)
		if err != nil || n != 3 {
			t.Errorf("canceled %d, %v; want 3", n, err)
		}
		f := b.finish(claimed[1], store.Next{State: store.NextContinue}, b.Attempt(claimed[1].Run.ID, "OCAC_1", 1, models.AttemptSucceeded))
		if !f.Canceling {
			t.Error("the running one is not told")
		}
		b.finish(claimed[1], store.Next{State: store.NextDone, Status: models.RunCanceled})
		counts, err := b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{From: noon, WorkflowID: b.w.ID})
		if err != nil || counts[models.RunCanceled] != int64(len(ids)) || len(counts) != 1 {
			t.Errorf("counts %v, %v; want 4 canceled", counts, err)
		}
		counts, err = b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{From: noon.Add(time.Hour), WorkflowID: b.w.ID})
		if err != nil || len(counts) != 0 {
			t.Errorf("counts of runs made an hour later %v, %v; want none", counts, err)
		}
		late := b.Completed(b.w) // matched before, on another node
		b.Check(b.Store.Accept(late))
		if c := b.one(store.ClaimOptions{}); !c.Canceled {
			t.Error("a run that came in late is not marked as canceled")
		} else {
			b.finish(c, store.Next{State: store.NextDone, Status: models.RunCanceled})
		}
	})
}

func TestPlayLetsAWaitingRunGoOnNow(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 2)
		claimed := b.claim(store.ClaimOptions{})
		b.finish(claimed[0], store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})
		b.finish(claimed[1], onHost("https://slow", b.clock.Now().Add(time.Minute)))
		for _, c := range claimed {
			b.Check(b.Store.PlayRun(t.Context(), b.Actor, c.Run.ID))
			if err := b.Store.PlayRun(t.Context(), b.Actor, c.Run.ID); models.ErrorCode(err) != models.CodeConflict {
				t.Errorf("play of a ready run: %v; want a conflict", err)
			}
		}
		if n := len(b.claim(store.ClaimOptions{})); n != 2 {
			t.Errorf("claimed %d; want both", n)
		}
		if err := b.Store.PlayRun(t.Context(), b.Actor, claimed[0].Run.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("play of a running run: %v; want a conflict", err)
		}
	})
}

// Looking for what is due costs nothing for what is not: runs of a workflow that is off may be many, and SQLite has one writer.
func TestRunsThatAreHeldAsOffAreNotLookedThrough(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t, storetest.Options{})
		numbers := "generate_series(1, 2000) AS g(n)"
		if !d.Shared() {
			numbers = "(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 2000) SELECT n FROM g) AS g"
		}
		_, err := d.SQL(t).ExecContext(t.Context(), `INSERT INTO queue (id, kind, state, state_at, rank, due_at, lane, hold, hold_reason, starts, canceling)
			SELECT 'RN_' || n, 'run', 'held', 0, n, 1, 'WF_1', 'off', '', 0, FALSE FROM `+numbers)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.SQL(t).ExecContext(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
		plan, err := s.ExplainPromoteHeld(t.Context())
		if err != nil || !strings.Contains(plan, "queue_deadline") {
			t.Errorf("%v; want due runs to be found by their deadlines:\n%s", err, plan)
		}
		if moved, _, err := s.PromoteDue(t.Context()); err != nil || moved != 0 {
			t.Errorf("promoted %d, %v; want none", moved, err)
		}
	})
}
