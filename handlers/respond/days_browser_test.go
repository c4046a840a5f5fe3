package respond_test

import (
	"testing"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestTheCalendarEndsTodayWhereTheRespondentIs(t *testing.T) {
	t.Parallel()
	def := onePage()
	def.Blocks[0].Questions = []models.Question{
		{ID: "QID1", Type: models.QuestionDate, Text: "When were you born?", Rules: models.Rules{Day: models.DayNotFuture, Earliest: "1900-01-01"}},
		{ID: "QID2", Type: models.QuestionDate, Text: "When shall we call?", Rules: models.Rules{Day: models.DayNotPast, Latest: "9999-01-01"}},
	}
	st := newSite(t, def)
	p := browsertest.New(t).Open(st.URL+link.Respond(st.slug), browsertest.View{Width: 375})
	const local = `(() => { const d = new Date(); d.setMinutes(d.getMinutes() - d.getTimezoneOffset()); return d.toISOString().slice(0, 10); })()`
	today, calendars, said := "", "", ""
	for today != browsertest.Eval[string](p, local) { // anew, when it became midnight meanwhile
		today = browsertest.Eval[string](p, local)
		p.Reload()
		calendars = browsertest.Eval[string](p, `[...document.querySelectorAll("input[type=date]")].map(i => i.min + " " + i.max).join(", ")`)
		said = browsertest.Eval[string](p, `[...document.querySelectorAll("input[name=today]")].map(i => i.value).join()`)
	}
	if calendars != "1900-01-01 "+today+", "+today+" 9999-01-01" {
		t.Errorf("on %s the calendars go: %s", today, calendars)
	}
	if said != today {
		t.Errorf("on %s the form says %q", today, said)
	}
}
