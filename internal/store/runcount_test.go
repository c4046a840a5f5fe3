package store_test

import (
	"slices"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestEndedRunsAreCountedByTheHourInWhichTheyWereMade(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		bob := b.User("bob@example.com", models.RoleMember)
		v, _ := b.NewSurvey(bob)
		theirs := b.WorkflowOf(bob, v)
		b.Accept(b.w, 2)
		b.clock.Advance(2 * time.Hour)
		b.Accept(b.w, 1)
		b.Accept(theirs, 1)
		for n, c := range b.claim(store.ClaimOptions{Limit: 10}) {
			next := succeeded()
			if n == 0 {
				next = store.Next{State: store.NextDone, Status: models.RunFailed, Error: `{"key":"x"}`}
			}
			b.finish(c, next)
		}
		early, late := noon.Unix()/3600, noon.Unix()/3600+2
		for name, c := range map[string]struct {
			actor models.Actor
			f     store.RunFilter
			want  []store.RunHour
		}{
			"all":         {b.Actor, store.RunFilter{}, []store.RunHour{{Hour: early, Status: models.RunFailed, N: 1}, {Hour: early, Status: models.RunSucceeded, N: 1}, {Hour: late, Status: models.RunSucceeded, N: 2}}},
			"later":       {b.Actor, store.RunFilter{From: noon.Add(time.Hour)}, []store.RunHour{{Hour: late, Status: models.RunSucceeded, N: 2}}},
			"earlier":     {b.Actor, store.RunFilter{To: noon.Add(time.Hour)}, []store.RunHour{{Hour: early, Status: models.RunFailed, N: 1}, {Hour: early, Status: models.RunSucceeded, N: 1}}},
			"workflow":    {b.Actor, store.RunFilter{WorkflowID: theirs.ID}, []store.RunHour{{Hour: late, Status: models.RunSucceeded, N: 1}}},
			"survey":      {b.Actor, store.RunFilter{SurveyID: b.Survey.ID, From: noon.Add(time.Hour)}, []store.RunHour{{Hour: late, Status: models.RunSucceeded, N: 1}}},
			"member":      {bob, store.RunFilter{}, []store.RunHour{{Hour: late, Status: models.RunSucceeded, N: 1}}},
			"not theirs":  {bob, store.RunFilter{WorkflowID: b.w.ID}, nil},
			"elsewhere":   {models.Actor{OrgID: "other", Via: models.ViaSystem}, store.RunFilter{}, nil},
			"no workflow": {b.Actor, store.RunFilter{WorkflowID: "WF_x"}, nil},
		} {
			got, err := b.Store.RunHours(t.Context(), c.actor, c.f)
			b.Check(err)
			slices.SortFunc(got, func(x, y store.RunHour) int { return int(x.Hour-y.Hour)*10 + compareStatus(x.Status, y.Status) })
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v; want %v", name, got, c.want)
			}
		}
		for _, want := range []int{2, 0} { // what is merged is not merged again
			if n, err := b.Store.MergeCounts(t.Context(), noon.Add(time.Hour)); err != nil || n != want {
				t.Errorf("merged %d, %v; want %d", n, err, want)
			}
		}
		if got, err := b.Store.RunHours(t.Context(), b.Actor, store.RunFilter{}); err != nil || len(got) != 3 {
			t.Errorf("after merging: %v, %v", got, err)
		}
		if counts, err := b.Store.RunCounts(t.Context(), bob, store.RunFilter{}); err != nil || counts[models.RunSucceeded] != 1 || len(counts) != 1 {
			t.Errorf("a member counts %v, %v; want their own run alone", counts, err)
		}
	})
}

func compareStatus(a, b models.RunStatus) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestAListTellsHowOftenRunsWereTriedAgain(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		b.Accept(b.w, 2)
		claimed := b.claim(store.ClaimOptions{Limit: 2})
		tried := func(task string, number int, result models.AttemptResult) models.Attempt {
			return models.Attempt{RunID: claimed[0].Run.ID, TaskID: task, Number: number, Result: result, Charged: true, StartedAt: noon}
		}
		b.finish(claimed[0], succeeded(), tried("OCAC_1", 1, models.AttemptRetried), tried("OCAC_1", 2, models.AttemptSucceeded), tried("OCAC_2", 1, models.AttemptSucceeded))
		b.finish(claimed[1], succeeded())
		rows, _, err := b.Store.Runs(t.Context(), b.Actor, store.RunFilter{})
		b.Check(err)
		got := map[string]int{}
		for _, r := range rows {
			got[r.ID] = r.Retries
		}
		if got[claimed[0].Run.ID] != 1 || got[claimed[1].Run.ID] != 0 {
			t.Errorf("retries = %v; want 1 for %s", got, claimed[0].Run.ID)
		}
	})
}
