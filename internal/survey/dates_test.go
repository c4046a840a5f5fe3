package survey_test

import (
	"testing"
	"time"

	"surveyflow/internal/survey"
)

func TestASurveyTakesAnswersBetweenItsDates(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	opens, closes := in.clock.Now().Add(time.Hour), in.clock.Now().Add(2*time.Hour)
	if err := in.store.SetSurveyDates(t.Context(), in.actor, in.survey.ID, &opens, &closes); err != nil {
		t.Fatal(err)
	}
	in.clock.Advance(time.Second)
	state := func(want survey.State) {
		t.Helper()
		if v := in.open(t); v.State != want {
			t.Errorf("at %s the state is %s, want %s", in.clock.Now().Format(time.TimeOnly), v.State, want)
		}
	}
	state(survey.StateNotOpen)
	early := in.open(t)
	in.clock.Advance(time.Hour - time.Second)
	state(survey.StateAnswering)
	if v := in.mustSend(t, early, pageOne, "QID1=9"); v.Response != nil {
		t.Error("a page from before the opening was taken")
	}
	begun := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	in.clock.Advance(time.Hour)
	state(survey.StateClosed)
	if v := in.mustSend(t, in.open(t, begun.Token.String()), pageTwo, "QID2=1"); v.State != survey.StateClosed {
		t.Errorf("after the close the state is %s", v.State)
	}
}
