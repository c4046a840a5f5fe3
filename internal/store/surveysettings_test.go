package store_test

import (
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestDatesAndOwnerOfASurveyShowAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		bob := i.User("bob@example.com", models.RoleMember)
		opens := time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)
		before := i.LiveRev()
		i.Check(s.SetSurveyDates(t.Context(), i.Actor, i.Survey.ID, &opens, nil))
		v, err := s.Survey(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		if v.OpensAt == nil || !v.OpensAt.Equal(opens) || v.ClosesAt != nil || i.LiveRev() == before {
			t.Errorf("opens %v, closes %v, live revision %d after %d", v.OpensAt, v.ClosesAt, i.LiveRev(), before)
		}
		i.Check(s.SetSurveyDates(t.Context(), i.Actor, i.Survey.ID, nil, &opens))
		wantCode(t, s.SetSurveyDates(t.Context(), bob, i.Survey.ID, nil, nil), models.CodeNotFound)

		wantCode(t, s.SetSurveyOwner(t.Context(), bob, i.Survey.ID, bob.UserID), models.CodeNotFound)
		wantCode(t, s.SetSurveyOwner(t.Context(), i.Actor, i.Survey.ID, "UR_nobody"), models.CodeNotFound)
		i.Check(s.SetSurveyOwner(t.Context(), i.Actor, i.Survey.ID, bob.UserID))
		v, err = s.Survey(t.Context(), bob, i.Survey.ID)
		i.Check(err)
		if v.OpensAt != nil || v.ClosesAt == nil {
			t.Errorf("opens %v, closes %v", v.OpensAt, v.ClosesAt)
		}
		i.Check(s.SetUserDisabled(t.Context(), i.Actor, bob.UserID, true))
		wantCode(t, s.SetSurveyOwner(t.Context(), i.Actor, i.Survey.ID, bob.UserID), models.CodeNotFound)
	})
}

func TestDeletedResponsesAreCountedApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		for range 3 {
			a := i.Completed()
			i.Check(s.Accept(a))
			i.Check(s.DeleteResponse(t.Context(), i.Actor, i.Survey.ID, a.Response.ID))
		}
		i.Check(s.Accept(i.Completed()))
		deleted, err := s.DeletedResponses(t.Context(), i.Survey.ID)
		i.Check(err)
		counts, err := s.ResponseCounts(t.Context(), i.Survey.ID)
		i.Check(err)
		if deleted != 3 || counts[i.Survey.ID][models.ResponseCompleted] != 1 {
			t.Errorf("%d deleted, counts %v", deleted, counts)
		}
		if none, err := s.DeletedResponses(t.Context(), "SV_none"); err != nil || none != 0 {
			t.Errorf("%d, %v", none, err)
		}
	})
}

func TestARunStartsWithItsFirstTry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		w := i.Workflow(models.TaskSpec{Type: models.TaskWebService}, models.TaskSpec{Type: models.TaskWebService})
		ids := i.Accept(w, 2)
		claimed, err := s.Claim(t.Context(), store.ClaimOptions{Node: "ND_1", Limit: 1})
		i.Check(err)
		run := claimed[0].Run.ID
		first := i.Attempt(run, "OCAC_1", 1, models.AttemptRetried)
		again, next := i.Attempt(run, "OCAC_1", 2, models.AttemptSucceeded), i.Attempt(run, "OCAC_2", 1, models.AttemptSucceeded)
		again.StartedAt, next.StartedAt = first.StartedAt.Add(time.Minute), first.StartedAt.Add(2*time.Minute)
		i.Check(s.Finish(storetest.Finish(claimed[0], store.Next{State: store.NextDone, Status: models.RunSucceeded}, next, again, first)))
		starts, err := s.RunStarts(t.Context(), ids...)
		i.Check(err)
		if len(starts) != 1 || !starts[run].Equal(first.StartedAt) {
			t.Errorf("starts are %v, want %s", starts, first.StartedAt)
		}
		if starts, err = s.RunStarts(t.Context()); err != nil || len(starts) != 0 {
			t.Errorf("of no runs: %v, %v", starts, err)
		}
	})
}
