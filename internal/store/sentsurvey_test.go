package store_test

import (
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestSentSurveysAreThoseOfOnesOwnAddressThatCanBeAnswered(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		me := in.User("me@example.com", models.RoleMember)
		mine := in.ask(person("Me@example.com ", "one")).Invitation
		other := in.ask(person("other@example.com", "two")).Invitation

		sent := func(answered bool) []models.SentSurvey {
			t.Helper()
			all, _, err := in.Store.SentSurveys(t.Context(), me, answered, store.Page{})
			in.Check(err)
			return all
		}
		all := sent(false)
		if len(all) != 1 || all[0].ID != mine.ID || all[0].SurveyName != in.Survey.Name || all[0].Slug != in.email.Slug {
			t.Fatalf("to answer is %+v; want the invitation %s", all, mine.ID)
		}
		if _, err := in.Store.SentSurvey(t.Context(), me, other.ID); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("another's invitation gives %v", err)
		}
		if one, err := in.Store.SentSurvey(t.Context(), me, mine.ID); err != nil || one.Token != mine.Token {
			t.Errorf("mine gives %+v, %v", one, err)
		}
		if got := sent(true); len(got) != 0 {
			t.Errorf("answered are %+v", got)
		}

		soon := in.clock.Now().Add(time.Hour)
		in.Check(in.Store.SetSurveyDates(t.Context(), in.Actor, in.Survey.ID, nil, &soon))
		if until := sent(false)[0].Until(); until == nil || !until.Equal(soon) {
			t.Errorf("it can be answered until %v; want %v", until, soon)
		}
		in.clock.Advance(2 * time.Hour)
		if got := sent(false); len(got) != 0 {
			t.Errorf("after the survey's end there is %+v", got)
		}
	})
}
