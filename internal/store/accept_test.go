package store_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func count(t testing.TB, d storetest.Database, query string) int {
	t.Helper()
	var n int
	if err := d.SQL(t).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAcceptFromManyCallersLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		const callers, each = 32, 8
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for range callers {
			var all []*store.Acceptance // made before, so that nothing but commits keeps the callers waiting
			for range each {
				all = append(all, i.Completed(w))
			}
			wg.Go(func() {
				<-begin
				for _, a := range all {
					if err := i.Store.Accept(a); err != nil {
						t.Error(err)
					}
				}
			})
		}
		close(begin)
		wg.Wait()
		for _, table := range []string{"responses", "events", "runs", "queue"} {
			if n := count(t, d, "SELECT COUNT(*) FROM "+table); n != callers*each {
				t.Errorf("%s has %d rows; want %d", table, n, callers*each)
			}
		}
		if d.Shared() {
			if n := count(t, d, "SELECT COUNT(DISTINCT xmin::text) FROM responses"); n > callers*each/2 {
				t.Errorf("%d acceptances took %d commits; want them shared", callers*each, n)
			}
		}
		d.Consistent(t)
	})
}

func TestAcceptRefusesWhatWasMatchedAgainstAnOlderState(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		here := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		there := here.Store
		if d.Shared() { // the change may come from another node
			there = d.Open(t, storetest.Options{})
		}
		w := here.Workflow()
		for name, change := range map[string]func() error{
			"put live":          func() error { _, err := there.PutSurveyLive(t.Context(), here.Actor, here.Survey.ID, 0); return err },
			"workflow put live": func() error { _, err := there.PutWorkflowLive(t.Context(), here.Actor, w.ID, 0); return err },
			"off":               func() error { return there.SetWorkflowEnabled(t.Context(), here.Actor, w.ID, false) },
			"on":                func() error { return there.SetWorkflowEnabled(t.Context(), here.Actor, w.ID, true) },
			"closed": func() error {
				return there.SetSurveyState(t.Context(), here.Actor, here.Survey.ID, models.SurveyClosed)
			},
			"collector": func() error {
				return there.SetCollectorOpen(t.Context(), here.Actor, here.Survey.ID, here.Collector.ID, false)
			},
		} {
			a := here.Completed(w)
			here.Check(change())
			if err := here.Store.Accept(a); !errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v; want stale", name, err)
			}
			a.SurveyRev = here.LiveRev()
			if err := here.Store.Accept(a); err != nil {
				t.Errorf("%s: submitted again: %v", name, err)
			}
		}
		d.Consistent(t)
	})
}

// One batch holds units of every outcome, one of which breaks the whole statement: each must be told its own.
func TestABadUnitOfABatchFailsAlone(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		there := i.Completed(w)
		i.Check(i.Store.Accept(there))

		good, bad, stale, twice, late := i.Completed(w), i.Completed(w), i.Completed(w), i.Completed(w), i.Completed(w)
		bad.Event.ID = there.Event.ID // breaks the statement
		bad.Runs[0].EventID = there.Event.ID
		stale.SurveyRev--
		twice.Response.ID = there.Response.ID
		errs := i.Store.AcceptTogether(t.Context(), good, bad, stale, twice, late)
		if errs[0] != nil || errs[4] != nil {
			t.Errorf("the good ones: %v, %v; want no error", errs[0], errs[4])
		}
		if errs[1] == nil || models.ErrorCode(errs[1]) == models.CodeUnavailable {
			t.Errorf("the bad one: %v; want an error that is not about the database being away", errs[1])
		}
		if !errors.Is(errs[2], store.ErrStale) {
			t.Errorf("the stale one: %v; want stale", errs[2])
		}
		if models.ErrorCode(errs[3]) != models.CodeConflict {
			t.Errorf("the known response: %v; want a conflict", errs[3])
		}
		if n := count(t, d, "SELECT COUNT(*) FROM responses"); n != 3 {
			t.Errorf("%d responses; want 3", n)
		}
		d.Consistent(t)
	})
}

func TestAcceptIsAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		there := i.Completed(w)
		i.Check(i.Store.Accept(there))
		for name, spoil := range map[string]func(*store.Acceptance){
			"event": func(a *store.Acceptance) { a.Event.ID, a.Runs[0].EventID = there.Event.ID, there.Event.ID },
			"run":   func(a *store.Acceptance) { a.Runs[0].ID = there.Runs[0].ID },
			"attempt": func(a *store.Acceptance) {
				c := i.Attempt(a.Runs[0].ID, "OCAC_1", 1, models.AttemptCarried)
				a.Carried = []models.Attempt{c, c}
			},
		} {
			a := i.Completed(w)
			spoil(a)
			if err := i.Store.Accept(a); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		for _, table := range []string{"responses", "events", "runs", "queue"} {
			if n := count(t, d, "SELECT COUNT(*) FROM "+table); n != 1 {
				t.Errorf("%s has %d rows; want the first alone", table, n)
			}
		}
		d.Consistent(t)
	})
}

// changed makes the next write of a response that is there.
func changed(i *storetest.Instance, r models.Response, to models.ResponseState, ws ...*models.Workflow) *store.Acceptance {
	a := i.Completed(ws...)
	now := i.Clock.Now()
	was := r.State
	r.Rev, r.State, r.UpdatedAt, r.RecordedAt = r.Rev+1, to, now, nil
	if to != models.ResponseInProgress {
		r.RecordedAt = &now
	}
	a.Response, a.Was = &r, was
	if a.Event != nil {
		a.Event.ResponseID = &r.ID
	}
	return a
}

func begun(i *storetest.Instance) models.Response {
	r := i.Response()
	r.State, r.RecordedAt = models.ResponseInProgress, nil
	i.Check(i.Store.Accept(&store.Acceptance{Response: r, SurveyRev: i.LiveRev()}))
	return *r
}

func TestOneOfManyCompletionsOfAResponseCounts(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		stores := []*store.Store{i.Store}
		if d.Shared() {
			stores = append(stores, d.Open(t, storetest.Options{}))
		}
		w := i.Workflow()
		r := begun(i)
		var wg sync.WaitGroup
		var done, refused atomic.Int32
		for n := range 24 {
			wg.Go(func() {
				switch err := stores[n%len(stores)].Accept(changed(i, r, models.ResponseCompleted, w)); {
				case err == nil:
					done.Add(1)
				case models.ErrorCode(err) == models.CodeConflict:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 || refused.Load() != 23 {
			t.Errorf("%d completions went through and %d were refused; want 1 and 23", done.Load(), refused.Load())
		}
		if n := count(t, d, "SELECT COUNT(*) FROM runs"); n != 1 {
			t.Errorf("%d runs; want 1", n)
		}
		d.Consistent(t)
	})
}

// A tab that was left open sends what is long out of date in the same moment as the tab in use.
func TestAnOutdatedWriteDoesNotSpoilTheRightOneOfItsBatch(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		first := begun(i)
		second := changed(i, first, models.ResponseInProgress)
		i.Check(i.Store.Accept(second))

		old, right, again := changed(i, first, models.ResponseCompleted, w), changed(i, *second.Response, models.ResponseCompleted, w),
			changed(i, *second.Response, models.ResponseCompleted, w)
		errs := i.Store.AcceptTogether(t.Context(), old, right, again)
		if models.ErrorCode(errs[0]) != models.CodeConflict || errs[1] != nil || models.ErrorCode(errs[2]) != models.CodeConflict {
			t.Errorf("outdated, right, right again: %v; want conflict, none, conflict", errs)
		}
		d.Consistent(t)
	})
}

func TestAResponseKeyIsUsedOnceInItsCollector(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		crk := "order-17"
		with := func(collector string) *store.Acceptance {
			a := i.Completed(w)
			a.Response.Crk = &crk
			if collector != "" {
				a.Response.CollectorID = collector
			}
			return a
		}
		errs := i.Store.AcceptTogether(t.Context(), with(""), with(""), with("CO_another"), i.Completed(w))
		if models.ErrorCode(errs[0]) == models.ErrorCode(errs[1]) || errs[2] != nil || errs[3] != nil {
			t.Errorf("two with the same key, two others: %v; want one conflict", errs)
		}
		if err := i.Store.Accept(with("")); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("a third time: %v; want a conflict", err)
		}
		d.Consistent(t)
	})
}

// Whatever happens to responses, their counts are the real ones.
func TestResponseCountsStayTrue(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
		w := i.Workflow()
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(worker)))
				for range 12 {
					r := begun(i)
					var both sync.WaitGroup
					if random.IntN(2) == 0 { // at the same time as what follows
						both.Go(func() {
							if err := i.Store.DeleteResponse(t.Context(), i.Actor, r.SurveyID, r.ID); err != nil && models.ErrorCode(err) != models.CodeNotFound {
								t.Error(err)
							}
						})
					}
					for _, to := range []models.ResponseState{models.ResponseInProgress, models.ResponsePartial, models.ResponseCompleted}[random.IntN(3):] {
						a := changed(i, r, to, w)
						if err := i.Store.Accept(a); err != nil {
							if models.ErrorCode(err) != models.CodeConflict {
								t.Error(err)
							}
							break
						}
						r = *a.Response
					}
					both.Wait()
				}
			})
		}
		wg.Wait()
		d.Consistent(t)
		got, err := i.Store.ResponseCounts(t.Context(), i.Survey.ID)
		i.Check(err)
		for state, n := range got[i.Survey.ID] {
			if real := count(t, d, "SELECT COUNT(*) FROM responses WHERE state = '"+string(state)+"'"); int64(real) != n {
				t.Errorf("%s: counted %d, there are %d", state, n, real)
			}
		}
	})
}
