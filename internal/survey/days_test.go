package survey_test

import (
	"errors"
	"testing"
	"time"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestADateIsHeldToTheDayThatItIsForTheRespondent(t *testing.T) {
	t.Parallel()
	ask := func(id string, r models.Rules) models.Question {
		return models.Question{ID: id, Type: models.QuestionDate, Text: "When?", Rules: r}
	}
	in := newInstance(t, models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: []models.Question{
		ask("QID1", models.Rules{Day: models.DayNotFuture}),
		ask("QID2", models.Rules{Day: models.DayNotPast}),
		ask("QID3", models.Rules{Day: models.DayNotPast, Message: "Too late!"}),
		ask("QID4", models.Rules{Day: models.DayNotFuture, Earliest: "2026-01-10"}),
	}}}})
	in.clock.Advance(time.Date(2026, 12, 10, 12, 0, 0, 0, time.UTC).Sub(in.clock.Now()))
	for _, c := range []struct{ name, form, problems string }{
		{"today is neither past nor future", "QID1=2026-12-10&QID2=2026-12-10&today=2026-12-10", ""},
		{"tomorrow is the future", "QID1=2026-12-11&QID2=2026-12-11&today=2026-12-10", "QID1 answer.error.not_future"},
		{"yesterday is the past", "QID1=2026-12-09&QID2=2026-12-09&today=2026-12-10", "QID2 answer.error.not_past"},
		{"a browser in the east has another day", "QID1=2026-12-11&today=2026-12-11", ""},
		{"without word from a browser it may be any day on earth", "QID1=2026-12-11&QID2=2026-12-10", ""},
		{"and no other", "QID1=2026-12-12&QID2=2026-12-09", "QID1 answer.error.not_future QID2 answer.error.not_past"},
		{"a browser is not believed what cannot be", "QID1=2030-01-01&today=2030-01-01", "QID1 answer.error.not_future"},
		{"nor nonsense", "QID1=2026-12-12&today=soon", "QID1 answer.error.not_future"},
		{"nothing breaks no rule", "QID1=&QID2=&today=2026-12-10", ""},
		{"what is no date is told once", "QID1=soon&today=2026-12-10", "QID1 answer.error.date"},
		{"the owner's words come first", "QID3=2026-12-01&today=2026-12-10", "QID3 answer.error.rule"},
		{"one problem is enough", "QID4=2026-01-01&today=2026-12-10", "QID4 answer.error.earliest"},
	} {
		_, err := in.send(t, in.open(t), pageOne, c.form)
		var wrong []models.FieldError
		if e, ok := errors.AsType[*models.Error](err); ok {
			wrong = e.Fields
		} else if err != nil {
			t.Fatal(err)
		}
		if got := keys(wrong); got != c.problems {
			t.Errorf("%s: got %q, want %q", c.name, got, c.problems)
		}
	}
}

func TestALastPageWithoutTheDateLooksAtItAgain(t *testing.T) {
	t.Parallel()
	in := newInstance(t, models.SurveyDefinition{Language: "en", Blocks: []models.Block{
		{ID: pageOne, Questions: []models.Question{{ID: "QID1", Type: models.QuestionDate, Text: "When?", Rules: models.Rules{Day: models.DayNotPast}}}},
		{ID: pageTwo, Questions: []models.Question{{ID: "QID2", Type: models.QuestionShortText, Text: "Why?"}}},
	}})
	day := in.clock.Now().UTC().Format(time.DateOnly)
	v := in.mustSend(t, in.open(t), pageOne, "QID1="+day+"&today="+day)
	in.clock.Advance(72 * time.Hour)
	v, err := in.send(t, in.open(t, v.Token.String()), pageTwo, "QID2=x")
	if err == nil || v.Page != 0 || v.State != survey.StateAnswering {
		t.Errorf("after three days: page %d, state %s, %v", v.Page, v.State, err)
	}
}
