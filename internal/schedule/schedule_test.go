package schedule_test

import (
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/schedule"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

type bench struct {
	*storetest.Instance
	clock   *clock.Fake
	service *schedule.Service
}

func newBench(t *testing.T, d storetest.Database) *bench {
	c := clock.NewFake(time.Date(2026, 11, 26, 8, 30, 0, 0, time.UTC))
	s := d.Open(t, storetest.Options{Clock: c})
	return &bench{storetest.NewInstance(t, s, c), c, schedule.New(s, c, slog.New(slog.DiscardHandler))}
}

// workflow adds a workflow without a survey that is live and on.
func (b *bench) workflow(cron, zone string, condition *models.Condition) *models.Workflow {
	b.Helper()
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: b.Actor.UserID, Name: "Remind", EventType: models.EventSchedule}
	w.Draft.V = models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSchedule, Cron: cron, TimeZone: zone}, Condition: condition,
		Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWait, OnFailure: models.FailureContinue}},
	}
	workflow.Normalize(&w.Draft.V)
	b.Check(b.Store.CreateWorkflow(b.Context(), b.Actor, w))
	b.live(w)
	b.Check(b.Store.SetWorkflowEnabled(b.Context(), b.Actor, w.ID, true))
	b.look(0)
	return w
}

func (b *bench) live(w *models.Workflow) {
	b.Helper()
	_, err := b.Store.PutWorkflowLive(b.Context(), b.Actor, w.ID, 0)
	b.Check(err)
}

func (b *bench) look(want int) {
	b.Helper()
	if n, err := b.service.Look(b.Context()); err != nil || n != want {
		b.Errorf("at %s %d are started, %v; want %d", b.clock.Now(), n, err, want)
	}
}

// times gives the times that the runs of a workflow say they were due, the earliest first.
func (b *bench) times(w *models.Workflow) []string {
	b.Helper()
	runs, _, err := b.Store.Runs(b.Context(), b.Actor, store.RunFilter{WorkflowID: w.ID})
	b.Check(err)
	var all []string
	for _, r := range runs {
		e, err := b.Store.SentEvent(b.Context(), b.Actor, w.ID, r.EventID)
		b.Check(err)
		snapshot, err := workflow.SnapshotOf(e)
		b.Check(err)
		var tick workflow.Tick
		b.Check(json.Unmarshal(snapshot.Payload, &tick))
		all = append(all, tick.LocalTime)
	}
	slices.Sort(all)
	return all
}

// missed gives how many times of a workflow were reported as missed.
func (b *bench) missed(w *models.Workflow) int64 {
	b.Helper()
	all, err := b.Store.Refusals(b.Context(), b.Actor, store.RefusalFilter{WorkflowID: w.ID}, 10)
	b.Check(err)
	var n int64
	for _, r := range all {
		if r.Reason != models.RefusedMissed {
			b.Errorf("refused for %s", r.Reason)
		}
		n += r.N
	}
	return n
}

func TestWorkflowsStartAtTheirTimes(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBench(t, d)
		oslo := b.workflow("0 10 * * *", "Europe/Oslo", nil)
		hourly := b.workflow("0 * * * *", "", nil)
		never := b.workflow("0 * * * *", "", &models.Condition{Left: "~{aedj://time}", Operator: models.OpEqualTo, Right: "25:00"})
		b.clock.Advance(29*time.Minute + 59*time.Second)
		b.look(0)
		b.clock.Advance(time.Second)
		b.look(2)
		b.look(0)
		b.clock.Advance(time.Hour + time.Second)
		b.look(1)
		if got := b.times(oslo); !slices.Equal(got, []string{"2026-11-26T10:00:00+01:00"}) {
			t.Errorf("daily: %v", got)
		}
		if got := b.times(hourly); !slices.Equal(got, []string{"2026-11-26T09:00:00Z", "2026-11-26T10:00:00Z"}) {
			t.Errorf("hourly: %v", got)
		}
		if got := b.times(never); len(got) != 0 {
			t.Errorf("in spite of its condition: %v", got)
		}
		for _, w := range []*models.Workflow{oslo, hourly, never} {
			if n := b.missed(w); n != 0 {
				t.Errorf("%d missed", n)
			}
		}
	})
}

// A schedule follows what is live: another time, off and on, deleted. A time that has come is not lost by it.
func TestSchedulesFollowWhatIsLive(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBench(t, d)
		w := b.workflow("0 9 * * *", "", nil)
		w.Draft.V.Event.Cron = "15 9 * * *"
		_, err := b.Store.SaveWorkflowDraft(t.Context(), b.Actor, w, 0)
		b.Check(err)
		b.clock.Advance(30 * time.Minute) // 9:00: the draft is not live
		b.live(w)                         // in the moment between the time and the look
		b.look(1)
		b.clock.Advance(15 * time.Minute)
		b.look(1)
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, w.ID, false))
		b.clock.Advance(24 * time.Hour)
		b.look(0)
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, w.ID, true))
		b.look(0)
		b.Check(b.Store.SwitchOff(t.Context(), w.ID, (&models.RunError{Key: "workflow.off.gone"}).Encode()))
		b.clock.Advance(24 * time.Hour)
		b.look(1)
		runs, _, err := b.Store.Runs(t.Context(), b.Actor, store.RunFilter{WorkflowID: w.ID})
		if err != nil || len(runs) != 3 || runs[0].Hold == nil || *runs[0].Hold != models.HoldOff {
			t.Errorf("off by itself it has %d runs, %v, the last %+v", len(runs), err, runs[0])
		}
		_, err = b.Store.DeleteWorkflow(t.Context(), b.Actor, w.ID)
		b.Check(err)
		b.clock.Advance(24 * time.Hour)
		b.look(0)
		if n := b.missed(w); n != 0 {
			t.Errorf("%d missed; what was off misses nothing", n)
		}
	})
}

func TestTimesThatPassedAreReportedAndNotMadeUpFor(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBench(t, d)
		daily := b.workflow("0 9 * * *", "", nil)
		minutes := b.workflow("* * * * *", "", nil)
		b.clock.Advance(3*24*time.Hour + 33*time.Minute) // three mornings and one, four minutes late
		b.look(2)
		if got := b.times(daily); !slices.Equal(got, []string{"2026-11-29T09:00:00Z"}) || b.missed(daily) != 3 {
			t.Errorf("daily: %v, %d missed", got, b.missed(daily))
		}
		if got := b.times(minutes); !slices.Equal(got, []string{"2026-11-29T09:03:00Z"}) || b.missed(minutes) < 1000 {
			t.Errorf("every minute: %v, %d missed", got, b.missed(minutes))
		}
		b.clock.Advance(24*time.Hour + 10*time.Minute)
		b.look(1) // the daily one is too late now
		if n := b.missed(daily); n != 4 {
			t.Errorf("%d missed, want 4", n)
		}
		b.clock.Set(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
		b.look(2)
		b.clock.Set(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)) // somebody sets the clock back
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, daily.ID, false))
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, daily.ID, true))
		b.look(0)
		b.clock.Set(time.Date(2026, 12, 1, 9, 0, 1, 0, time.UTC))
		b.look(0)
		if got := b.times(daily); len(got) != 2 {
			t.Errorf("daily: %v; a time that comes again starts nothing", got)
		}
	})
}

func TestEveryTimeStartsOneRunHoweverManyNodesLook(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBench(t, d)
		w := b.workflow("*/10 * * * *", "", nil)
		nodes := []*schedule.Service{b.service}
		if d.Shared() {
			for range 2 {
				nodes = append(nodes, schedule.New(d.Open(t, storetest.Options{Clock: b.clock}), b.clock, slog.New(slog.DiscardHandler)))
			}
		}
		for range 10 {
			b.clock.Advance(10 * time.Minute)
			var looking sync.WaitGroup
			for _, node := range append(nodes, nodes...) {
				looking.Go(func() {
					if _, err := node.Look(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			looking.Wait()
		}
		if got := b.times(w); len(got) != 10 || len(slices.Compact(got)) != 10 {
			t.Errorf("10 times started %v", got)
		}
	})
}
