package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// order gives the pages and questions of a draft in one line.
func (a *app) order(id string) string {
	var out []string
	for _, b := range a.draft(id).Blocks {
		out = append(out, "|")
		for _, q := range b.Questions {
			out = append(out, q.ID)
		}
	}
	return strings.Join(out, " ")
}

func TestWhatWasDeletedIsPutBackWhereItWas(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	const whole = "| QID1 QID2 QID3 | QID4 QID5 QID6"
	b.post(link.QuestionDelete(id, "QID2"), "revision", b.revision(id)).to(link.SurveyBuild(id))
	undo := b.get(link.SurveyBuild(id)).says("#flashes", "“Which rooms did you see?” is deleted.").Find("form[data-flash-action]").AttrOr("action", "")
	b.post(link.QuestionMove(id, "QID4"), "revision", b.revision(id), "page", a.draft(id).Blocks[0].ID, "at", "0").to("") // work goes on meanwhile
	if got := a.order(id); got != "| QID4 QID1 QID3 | QID5 QID6" {
		t.Fatalf("the draft is %s", got)
	}
	other := a.person("bob@example.com")
	other.post(undo).is(http.StatusNotFound)
	b.post(undo).to(link.SurveyBuild(id) + "#QID2")
	if got := a.order(id); got != "| QID4 QID2 QID1 QID3 | QID5 QID6" || len(a.draft(id).Question("QID2").Choices) != 7 {
		t.Errorf("the draft is %s", got)
	}
	b.post(undo).is(http.StatusNotFound).says("main", "nothing left to put back")
	b.post(link.QuestionMove(id, "QID4"), "revision", b.revision(id), "page", a.draft(id).Blocks[1].ID, "at", "0").to("")
	b.post(link.QuestionMove(id, "QID2"), "revision", b.revision(id), "to", "down").to("")
	if got := a.order(id); got != whole {
		t.Fatalf("the draft is %s", got)
	}

	// By htmx: the message comes beside the builder, and goes when its button was pressed.
	revision := b.revision(id)
	b.header.Set("HX-Request", "true")
	page := b.post(link.SurveyPageDelete(id, a.draft(id).Blocks[1].ID), "revision", revision).is(http.StatusOK).says("#flashes", "its 3 questions are deleted")
	back := b.post(page.Find("form[data-flash-action]").AttrOr("action", "")).is(http.StatusOK)
	if a.order(id) != whole || back.Find("#flashes [data-flash]").Length() > 0 || back.Find("#QID5").Length() == 0 {
		t.Errorf("the draft is %s", a.order(id))
	}
}

func TestAVersionIsComparedAndRestored(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.post(link.QuestionDelete(id, "QID3"), "revision", b.revision(id)).to("")
	b.get(link.SurveyCheck(id)).is(http.StatusOK).says("main", "“How likely are you to recommend us to a friend?” was deleted")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to("")
	b.get(link.SurveyVersions(id)).is(http.StatusOK).says("main", "Version 2").says("main", "was deleted").says("main", "Version 1")
	b.get(link.With(link.SurveyVersion(id, "2"), "with", "1")).is(http.StatusOK).says("main", "“How likely are you to recommend us to a friend?” was added")
	b.get(link.SurveyVersion(id, "9")).is(http.StatusNotFound)
	b.get(link.SurveyVersion(id, "x")).is(http.StatusNotFound)
	b.post(link.SurveyVersionRestore(id, "1"), "revision", b.revision(id)).to(link.SurveyBuild(id))
	undo := b.get(link.SurveyBuild(id)).says("#flashes", "Version 1 is the draft again").Find("form[data-flash-action]").AttrOr("action", "")
	if a.draft(id).Question("QID3") == nil {
		t.Fatal("the draft is not the first version")
	}
	b.post(undo).to(link.SurveyBuild(id))
	if a.draft(id).Question("QID3") != nil {
		t.Error("the draft before is not back")
	}
	b.post(link.SurveyVersionRestore(id, "1"), "revision", "1").is(http.StatusConflict)
	other := a.person("bob@example.com")
	for _, path := range []string{link.SurveyVersions(id), link.SurveyVersion(id, "1"), link.SurveyCheck(id), link.SurveyLook(id)} {
		other.get(path).is(http.StatusNotFound)
	}
	other.post(link.SurveyCopy(id)).is(http.StatusNotFound)
	copied := strings.Split(b.post(link.SurveyCopy(id)).to(""), "/")[2]
	b.get(link.SurveyBuild(copied)).says("h1", "Copy of How was your visit").says("#survey-status", "Draft")
	if a.order(copied) != a.order(id) {
		t.Errorf("the copy is %s", a.order(copied))
	}
}

func TestDisplayLogicAsksOnlyAboutWhatComesBefore(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	open := b.get(link.With(link.SurveyBuild(id), "edit", "QID2"))
	if open.Find(`#logic [name="c.kind"]`).Length() != 1 {
		t.Fatal("there is no form for the display logic")
	}
	form := []string{"revision", b.revision(id), "text", "Which rooms did you see?", "choices[0].id", "1", "choices[0].text", "Painting", "logic", "1", "c.kind", "all"}
	b.post(link.Question(id, "QID2"), append(form, "do", "add:c")...).to("")
	open = b.get(link.With(link.SurveyBuild(id), "edit", "QID2"))
	fields := open.Find(`[name="c.0.field"]`)
	if !strings.Contains(fields.Text(), "How did you like") || strings.Contains(fields.Text(), "recommend us") {
		t.Errorf("it can ask about %q", fields.Text())
	}
	form[1] = open.value("revision")
	b.post(link.Question(id, "QID2"), append(form, "do", "done", "c.0.field", "${q://QID1/ChoiceGroup/SelectedChoices}", "c.0.operator", "equalTo", "c.0.right", "Not really")...).to("")
	b.get(link.SurveyBuild(id)).says("#QID2", "Shown when").says("#QID2", "Not really")
	b.post(link.QuestionMove(id, "QID2"), "revision", b.revision(id), "to", "up").to("")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).is(http.StatusUnprocessableEntity).says(".error-summary", "comes later")
	b.get(link.SurveyCheck(id)).says("main", "1 problem")
	page := a.draft(id).Blocks[1].ID
	b.post(link.SurveyPage(id, page), "revision", b.revision(id), "do", "done", "title", "More", "logic", "1", "c.kind", "any",
		"c.0.field", "${q://QID3/ChoiceTextEntryValue}", "c.0.operator", "matchesRegex", "c.0.right", "[").is(http.StatusUnprocessableEntity)
	b.post(link.SurveyPage(id, page), "revision", b.revision(id), "do", "done", "title", "More", "logic", "1", "c.kind", "any",
		"c.0.field", "${q://QID3/ChoiceTextEntryValue}", "c.0.operator", "lessThan", "c.0.right", "7").to("")
	if c := a.draft(id).Block(page).Display; c == nil || c.Any[0].Operator != models.OpLessThan {
		t.Errorf("the page is shown when %+v", c)
	}
}

func TestDatesAreReadInTheZoneOfTheSurvey(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	save := func(opens, closes, zone string) *page {
		return b.post(link.SurveySettings(id), "section", "dates", "opensAt", opens, "closesAt", closes, "timeZone", zone)
	}
	save("2026-12-24T18:00", "2026-12-24T18:00", "").is(http.StatusUnprocessableEntity).says(".error-summary", "close after it opens")
	save("soon", "", "").is(http.StatusUnprocessableEntity).says(".error-summary", "Enter a day")
	save("", "", "Local").is(http.StatusUnprocessableEntity).says(".error-summary", "time zone")
	save("2026-12-24T18:00", "", "Asia/Tokyo").to(link.SurveySettings(id))
	s, err := a.store.Survey(t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.OpensAt.UTC().Format("2006-01-02T15:04"); got != "2026-12-24T09:00" || s.ClosesAt != nil {
		t.Errorf("it opens at %s", got)
	}
	if got := b.get(link.SurveySettings(id)).value("opensAt"); got != "2026-12-24T18:00" {
		t.Errorf("the form says %q", got)
	}
}

func TestATemplateBecomesASurvey(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.get(link.SurveyNew()).is(http.StatusOK).says("main", "Net Promoter Score")
	b.get(link.SurveyTemplate("nps")).is(http.StatusOK).says("main", "What disappointed you?")
	b.get(link.SurveyTemplate("nothing")).is(http.StatusNotFound)
	if name := b.get(link.With(link.SurveyNew(), "template", "nps")).value("name"); name != "Net Promoter Score" {
		t.Errorf("it is called %q", name)
	}
	id := strings.Split(b.post(link.Surveys(), "name", "Our score", "template", "nps").to(""), "/")[2]
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to("")
	b.get(link.With(link.Surveys(), "sort", "name", "mine", "1", "q", "score")).says("tbody", "Our score")
	b.post(link.SurveysBulk(), "do", "close", "survey", id, "survey", "SV_nothing").to(link.Surveys())
	b.get(link.Surveys()).says("#flashes", "1 survey is closed").says("#flashes", "left as it is").says("tbody", "Closed")
	b.get(link.With(link.SurveyLook(id), "device", "tablet")).is(http.StatusOK)
}

func TestTheFocusFollowsAQuestionThatWasDragged(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	revision, page := b.revision(id), a.draft(id).Blocks[0].ID
	b.header.Set("HX-Request", "true")
	p := b.post(link.QuestionMove(id, "QID3"), "revision", revision, "page", page, "at", "0").is(http.StatusOK)
	if p.Find("#QID3 [data-focus]").Length() != 1 {
		t.Error("the question that was dragged does not take the focus")
	}
	p = b.post(link.QuestionMove(id, "QID3"), "revision", p.value("revision"), "to", "down").is(http.StatusOK)
	if p.Find("[data-focus]").Length() != 0 {
		t.Error("something takes the focus from the button that was pressed")
	}
}
