package handlers_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// question gives the stored draft of a question, without what is of no interest here.
func (a *app) question(id, question string) models.Question {
	a.t.Helper()
	q := a.draft(id).Question(question)
	if q == nil {
		a.t.Fatalf("there is no %s", question)
	}
	return *q
}

func TestRowsAreEditedBesideTheChoices(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	page := a.draft(id).Blocks[0].ID
	b.post(link.Questions(id), "revision", b.revision(id), "page", page, "type", "matrix")
	if q := a.question(id, "QID2"); len(q.Rows) != 2 || len(q.Choices) != 5 || q.Choices[4].Text != "Strongly agree" {
		t.Errorf("a new matrix has the rows %v and the columns %v", q.Rows, q.Choices)
	}
	form := func(more ...string) []string {
		return append([]string{
			"revision", b.revision(id), "text", "How was it?", "rows[0].id", "1", "rows[0].text", "Food", "rows[1].id", "2", "rows[1].text", "Room",
			"choices[0].id", "1", "choices[0].text", "Bad", "choices[0].textEntry", "on", "choices[1].id", "2", "choices[1].text", "Good", "choices[1].recode", "9",
		}, more...)
	}
	at := link.Question(id, "QID2")
	b.post(at, form("do", "add:rows")...).to(link.With(link.SurveyBuild(id), "edit", "QID2", "add", "rows") + "#QID2")
	if n := b.get(link.With(link.SurveyBuild(id), "edit", "QID2", "add", "rows")).Find("[name^='rows['][name$='.text']").Length(); n != 3+1 {
		t.Errorf("there are %d fields for rows, not two, a new one and the pattern", n)
	}
	b.post(at, form("rows[2].id", "0", "rows[2].text", "Music", "do", "up:rows:2")...)
	want := models.Question{
		ID: "QID2", Type: models.QuestionMatrix, Text: "How was it?", NextChoiceID: 6, NextRowID: 4,
		Rows:    []models.Choice{{ID: 1, Text: "Food"}, {ID: 3, Text: "Music"}, {ID: 2, Text: "Room"}},
		Choices: []models.Choice{{ID: 1, Text: "Bad"}, {ID: 2, Text: "Good", Recode: "9"}},
	}
	if d := cmp.Diff(want, a.question(id, "QID2")); d != "" {
		t.Errorf("the draft (-want +got):\n%s", d)
	}
	b.post(at, form("do", "remove:rows:1")...)
	b.post(at, "revision", b.revision(id), "text", "How was it?", "rows[0].id", "1", "rows[0].text", "", "rows[1].text", "Music",
		"choices[0].text", "x", "do", "done").is(http.StatusUnprocessableEntity).says(".error-summary", "row 1")
	b.post(at, "revision", b.revision(id), "text", "How was it?", "choices[0].text", "x", "do", "done").is(http.StatusUnprocessableEntity).says(".error-summary", "Add at least one row.")
}

func TestASliderNeedsNoTextForItsOnlyRow(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	page := a.draft(id).Blocks[0].ID
	b.post(link.Questions(id), "revision", b.revision(id), "page", page, "type", "slider")
	at := link.Question(id, "QID2")
	b.post(at, "revision", b.revision(id), "text", "How warm?", "rows[0].id", "1", "rows[0].text", "", "rules.min", "-5", "rules.max", "5",
		"scale.step", "0,5", "rules.decimals", "1", "scale.low", "Cold", "do", "done").to(link.SurveyBuild(id) + "#QID2")
	want := models.Question{
		ID: "QID2", Type: models.QuestionSlider, Text: "How warm?", NextRowID: 2, Rows: []models.Choice{{ID: 1}},
		Rules: models.Rules{Min: new(-5.0), Max: new(5.0), Decimals: new(1)}, Scale: models.Scale{Low: "Cold", Step: 0.5},
	}
	if d := cmp.Diff(want, a.question(id, "QID2")); d != "" {
		t.Errorf("the draft (-want +got):\n%s", d)
	}
	b.post(at, "revision", b.revision(id), "text", "How warm?", "rules.min", "5", "rules.max", "5", "do", "done").
		is(http.StatusUnprocessableEntity).says(".error-summary", "greater than the smallest")
}

func TestAQuestionChangesItsTypeAndKeepsItsTexts(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	at := link.Question(id, "QID1")
	form := func(kind string) []string {
		return []string{
			"revision", b.revision(id), "do", "convert", "type", kind, "text", "Which?", "rules.message", "No!", "rules.minChoices", "1",
			"choices[0].id", "1", "choices[0].text", "Apple", "choices[1].id", "2", "choices[1].text", "Other", "choices[1].textEntry", "on", "choices[1].exclusive", "on",
		}
	}
	b.post(at, form("multipleChoice")...).to(link.With(link.SurveyBuild(id), "edit", "QID1") + "#QID1")
	b.post(at, form("multipleChoice")...)
	q := a.question(id, "QID1")
	if q.Type != models.QuestionMultipleChoice || q.Text != "Which?" || q.Rules.MinChoices != 1 || !q.Choices[1].Exclusive || !q.Choices[1].TextEntry {
		t.Errorf("it became %+v", q)
	}
	b.post(at, form("dropdown")...)
	q = a.question(id, "QID1")
	if q.Type != models.QuestionDropdown || len(q.Choices) != 2 || q.Rules.MinChoices != 0 || q.Rules.Message != "No!" || q.Choices[1].Exclusive {
		t.Errorf("it became %+v", q)
	}
	b.post(at, form("ranking")...)
	if q := a.question(id, "QID1"); q.Type != models.QuestionRanking || q.Choices[1].TextEntry {
		t.Errorf("it became %+v", q)
	}
	b.post(at, form("slider")...).is(http.StatusUnprocessableEntity).says(".error-summary", "cannot become")
	if q := a.question(id, "QID1"); q.Type != models.QuestionRanking {
		t.Errorf("it became %+v", q)
	}
}

func TestAQuestionWithoutWordedChoicesBecomesAny(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id := b.survey("Lunch")
	b.get(link.With(link.SurveyBuild(id), "edit", "QID1")).is(http.StatusOK).says("#f-type", "Net Promoter Score")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "do", "convert", "type", "matrix", "text", "How was it?", "choices[0].text", "", "choices[1].text", "")
	q := a.question(id, "QID1")
	if q.Type != models.QuestionMatrix || q.Text != "How was it?" || len(q.Rows) != 2 || len(q.Choices) != 5 {
		t.Errorf("it became %+v", q)
	}
	p := b.get(link.With(link.SurveyBuild(id), "edit", "QID1")).is(http.StatusOK)
	if n := p.Find("#f-type option").Length(); n != 2 {
		t.Errorf("a matrix with a scale can become one of %d", n)
	}
}

func TestADateQuestionTakesARuleOfDays(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id := b.survey("Lunch")
	b.post(link.Questions(id), "revision", b.revision(id), "page", a.draft(id).Blocks[0].ID, "type", "date").to("")
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "When?", "rules.day", "notPast").to(link.SurveyBuild(id) + "#QID2")
	if got := a.draft(id).Question("QID2").Rules.Day; got != models.DayNotPast {
		t.Errorf("the rule is %q", got)
	}
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "When?", "rules.day", "someday").is(http.StatusUnprocessableEntity).says(".error-summary", "someday")
	if got := b.get(link.With(link.SurveyBuild(id), "edit", "QID2")).Find(`[name="rules.day"] option[selected]`).AttrOr("value", ""); got != string(models.DayNotPast) {
		t.Errorf("the form has chosen %q", got)
	}
}
