package survey_test

import (
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestWhatIsNotFinishedInTimeIsRecordedAsPartialOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(start)
		in := newInstanceOn(t, d.Open(t, storetest.Options{Clock: c}), c, branching())
		in.waitForPartial(t, true)
		in.waitForPartial(t, false)
		in.clock.Advance(time.Second)

		begun := in.mustSend(t, in.open(t), pageOne, "QID1=3&QID2=1&QID3=high")
		begun = in.mustSend(t, begun, pageOne, "QID1=8&QID2=1&QID3=high") // what is hidden in the end does not count
		empty := in.mustSend(t, in.open(t), pageOne, "QID1=9")
		blank := in.blank(t, empty)
		in.clock.Advance(6 * 24 * time.Hour)
		active := in.mustSend(t, in.open(t), pageOne, "QID1=10")
		done := in.mustSend(t, in.mustSend(t, in.open(t), pageOne, "QID1=10"), pageThree, "QID5=x")
		in.clock.Advance(24 * time.Hour)

		// Two nodes look at the same moment; SQLite has one.
		other := in.service
		if d.Shared() {
			other = survey.New(d.Open(t, storetest.Options{Clock: c}), c)
		}
		var both sync.WaitGroup
		var counts [2]int
		for i, s := range []*survey.Service{in.service, other} {
			both.Go(func() {
				n, err := s.ExpireDue(t.Context())
				if err != nil {
					t.Errorf("node %d: %v", i, err)
				}
				counts[i] = n
			})
		}
		both.Wait()
		if counts[0]+counts[1] != 1 {
			t.Errorf("recorded %v, want one in all", counts)
		}
		r := in.response(t, begun)
		if r == nil || r.State != models.ResponsePartial || r.RecordedAt == nil || !r.RecordedAt.Equal(in.clock.Now()) || r.ExpiresAt != nil {
			t.Fatalf("the unfinished response is %+v", r)
		}
		if len(r.Answers.V) != 1 || r.Answers.V["QID1"].Number != "8" {
			t.Errorf("it keeps %v", r.Answers.V)
		}
		if in.response(t, blank) != nil {
			t.Error("a response without answers is kept")
		}
		if r := in.response(t, active); r == nil || r.State != models.ResponseInProgress {
			t.Errorf("one whose time is not over is %+v", r)
		}
		if r := in.response(t, done); r == nil || r.State != models.ResponseCompleted {
			t.Errorf("a completed one is %+v", r)
		}
		all, _, err := in.store.Runs(t.Context(), in.actor, store.RunFilter{})
		if err != nil || len(all) != 3 { // both workflows for the completed one, the one that includes incomplete ones for the partial
			t.Errorf("%d runs, %v", len(all), err)
		}
		n, err := in.store.ResponseCounts(t.Context(), in.survey.ID)
		if got := n[in.survey.ID]; err != nil || got[models.ResponsePartial] != 1 || got[models.ResponseInProgress] != 1 || got[models.ResponseCompleted] != 1 {
			t.Errorf("counts %v, %v", got, err)
		}
		if v := in.open(t, begun.Token.String()); v.State != survey.StateExpired {
			t.Errorf("its respondent meets %s", v.State)
		}
		if n, err := in.service.ExpireDue(t.Context()); n != 0 || err != nil {
			t.Errorf("the next look records %d, %v", n, err)
		}
	})
}

// waitForPartial puts a workflow live that waits for responses, with or without incomplete ones.
func (in *instance) waitForPartial(t testing.TB, incomplete bool) {
	t.Helper()
	w := in.addWorkflow(t, nil)
	fresh, err := in.store.Workflow(t.Context(), in.actor, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	fresh.Draft.V.Event.IncludeIncomplete = incomplete
	if _, err := in.store.SaveWorkflowDraft(t.Context(), in.actor, fresh, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := in.store.PutWorkflowLive(t.Context(), in.actor, w.ID, 0); err != nil {
		t.Fatal(err)
	}
}

// blank takes the answers out of an unfinished response, as a page of optional questions leaves it.
func (in *instance) blank(t testing.TB, v *survey.Visit) *survey.Visit {
	t.Helper()
	r := *v.Response
	r.Answers.V = models.Answers{}
	r.Rev++
	if err := in.store.Accept(&store.Acceptance{Response: &r, Was: models.ResponseInProgress, SurveyRev: v.Live.Survey.LiveRev}); err != nil {
		t.Fatal(err)
	}
	return v
}

// response reads the response of a visit; nil when it is gone.
func (in *instance) response(t testing.TB, v *survey.Visit) *models.Response {
	t.Helper()
	r, err := in.store.RespondentResponse(t.Context(), in.survey.ID, v.Token.ResponseID)
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		t.Fatal(err)
	}
	return r
}
