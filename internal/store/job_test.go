package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestWhoAskedForALongJobIsToldOfItsEnd(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(noon)
		s := d.Open(t, storetest.Options{Clock: c})
		i := storetest.NewInstance(t, s, c)
		ctx, bob := t.Context(), i.User("bob@example.com", models.RoleMember)
		begin := func() (*models.Job, *store.ClaimedJob) {
			t.Helper()
			j := &models.Job{Kind: models.JobReplayRuns, Params: "{}", Total: 12}
			i.Check(s.CreateJob(ctx, bob, j))
			claimed, err := s.ClaimJob(ctx, "ND_1")
			i.Check(err)
			return j, claimed
		}
		step := func(claimed *store.ClaimedJob, end error) {
			t.Helper()
			_, err := s.StepJob(ctx, claimed, func(_ context.Context, _ *store.Store, j *models.Job) (store.JobNext, error) {
				j.Done, j.Failed = 12, 2
				return store.JobNext{Done: true}, end
			})
			i.Check(err)
		}
		told := func(want int) []models.Notification {
			t.Helper()
			all, _, err := s.Notifications(ctx, bob, store.Page{})
			i.Check(err)
			if len(all) != want {
				t.Fatalf("%d notifications; want %d: %+v", len(all), want, all)
			}
			return all
		}

		_, short := begin()
		step(short, nil)
		told(0)

		long, claimed := begin()
		c.Advance(10 * time.Second)
		step(claimed, nil)
		if n := told(1)[0]; n.Kind != models.NotifyJobDone || n.Href != link.Job(long.ID) || n.Args.V["Job"] != string(models.JobReplayRuns) || n.Args.V["Total"] != json.Number("12") || n.Args.V["Failed"] != json.Number("2") {
			t.Errorf("of a long job that is done is told %+v", n)
		}
		if state, err := s.StepJob(ctx, claimed, nil); err != nil || state != store.JobLost {
			t.Errorf("a step after the end: %v, %v", state, err)
		}
		c.Advance(time.Second)

		_, claimed = begin()
		step(claimed, &models.Error{Code: models.CodeForbidden, Key: "job.error.owner"})
		if n := told(2)[0]; n.Kind != models.NotifyJobFailed {
			t.Errorf("of a job that failed is told %+v", n)
		}

		stopped, _ := begin()
		c.Advance(time.Minute)
		i.Check(s.CancelJob(ctx, bob, stopped.ID))
		if all, _, err := s.Notifications(ctx, i.Actor, store.Page{}); err != nil || len(all) != 0 {
			t.Errorf("somebody else is told %+v, %v", all, err)
		}
		told(2)
	})
}
