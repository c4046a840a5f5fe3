package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// state tells how far a text of a draft is translated into a language, with the translation.
func (a *app) state(id, name, tag string) (models.TextState, string) {
	a.t.Helper()
	for _, t := range a.draft(id).Texts("") {
		if t.Name == name {
			return t.State(tag), t.Translation(tag).Text
		}
	}
	a.t.Fatalf("the survey has no text %s", name)
	return "", ""
}

func TestALanguageIsAddedByItsNameAndKeepsItsTexts(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	at := link.SurveyTranslations(id)
	b.post(at, "language", "Klingonese").is(http.StatusUnprocessableEntity).says(".error-summary", "“Klingonese” is no language that we know")
	if got := b.post(at, "language", " <b> ").is(http.StatusUnprocessableEntity).value("language"); got != "<b>" {
		t.Errorf("of what was typed %q is left", got)
	}
	b.post(at, "language", "german").to(link.SurveyTranslation(id, "de"))
	b.post(at, "language", "العربية").to(link.SurveyTranslation(id, "ar"))
	b.post(at, "language", "pt-br").to(link.SurveyTranslation(id, "pt-BR"))
	b.post(at, "language", "Deutsch").is(http.StatusUnprocessableEntity).says(".error-summary", "has Deutsch already")
	b.post(at, "language", "English").is(http.StatusUnprocessableEntity).says(".error-summary", "has English already")
	if got := a.draft(id).Languages; !slices.Equal(got, []string{"de", "ar", "pt-BR"}) {
		t.Errorf("the languages are %v", got)
	}
	b.get(link.SurveyTranslation(id, "pt-BR")).is(http.StatusOK).says("main", "respondents read them in English")
	b.get(link.SurveyTranslation(id, "fr")).is(http.StatusNotFound)
	b.post(link.SurveyTranslation(id, "fr"), "name", "QID1_QuestionText", "text", "x").is(http.StatusNotFound)

	b.post(link.SurveyTranslation(id, "de"), "name", "QID1_QuestionText", "text", "Wie war es?").to("")
	b.post(at, "do", "remove", "tag", "de").to(at)
	b.get(at).says("#flashes", "German was removed. Its texts are kept")
	b.get(link.SurveyTranslation(id, "de")).is(http.StatusNotFound)
	b.post(at, "do", "remove", "tag", "de").is(http.StatusNotFound)
	b.post(at, "language", "de").to("")
	if state, text := a.state(id, "QID1_QuestionText", "de"); state != models.TextTranslated || text != "Wie war es?" {
		t.Errorf("once it was added again the text is %s, %q", state, text)
	}
}

func TestATranslationIsSavedByItselfAndCheckedAfterItsTextChanged(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.post(link.SurveyTranslations(id), "language", "Arabic").to("")
	at := link.SurveyTranslation(id, "ar")
	form := b.get(at).is(http.StatusOK).Find("form:has(input[value=QID1_QuestionText])")
	tr := form.Closest("tr")
	row := "#" + tr.AttrOr("id", "")
	field := form.Find("[name=text]")
	if !strings.Contains(tr.Text(), "How did you like the exhibition?") || field.AttrOr("lang", "") != "ar" || field.AttrOr("dir", "") != "rtl" {
		t.Fatalf("the row is %s", tr.Text())
	}

	// Without JavaScript: back to the row. The text is cleaned.
	b.post(at, "name", "QID1_QuestionText", "text", `كيف <b onclick="x()">كان</b>؟`).to(at + row)
	b.get(at).says("#flashes", "Saved")
	if state, text := a.state(id, "QID1_QuestionText", "ar"); state != models.TextTranslated || text != "كيف <strong>كان</strong>؟" {
		t.Errorf("the text is %s, %q", state, text)
	}
	long := strings.Repeat("x", 10_001)
	refused := b.post(at, "name", "QID1_QuestionText", "text", long).is(http.StatusUnprocessableEntity)
	if href := refused.Find(".error-summary a").AttrOr("href", ""); href == "" || refused.Find(href).Closest("tr").AttrOr("id", "") != tr.AttrOr("id", "") || refused.Find(href).Text() != "\n"+long && refused.Find(href).Text() != long {
		t.Errorf("the summary leads to %q, or what was typed is lost", href)
	}
	b.post(at, "name", "QID99_QuestionText", "text", "x").is(http.StatusNotFound)

	// By htmx: the row, how far all is, and what is read aloud.
	htmx := a.browser()
	htmx.client = b.client
	htmx.header.Set("HX-Request", "true")
	fragment := htmx.post(at, "name", "QID2_QuestionText", "text", "ماذا؟").is(http.StatusOK)
	if !strings.HasPrefix(fragment.text, "<tr") || strings.Contains(fragment.text, "<html") {
		t.Errorf("the row is %s", fragment.text)
	}
	for _, part := range []string{"ماذا؟</textarea>", "#progress", "#live", ": Saved"} {
		if !strings.Contains(fragment.text, part) {
			t.Errorf("the row lacks %q: %s", part, fragment.text)
		}
	}
	if fragment = htmx.post(at, "name", "QID2_QuestionText", "text", long).is(http.StatusUnprocessableEntity); !strings.HasPrefix(fragment.text, "<tr") || !strings.Contains(fragment.text, long) {
		t.Error("the row of a text that is too long is otherwise")
	}
	htmx.post(at, "name", "QID99_QuestionText", "text", "x").is(http.StatusNotFound)

	// Its text changes: it is to be checked, and kept until somebody did.
	s, err := a.store.Survey(t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	s.Draft.V.Question("QID1").Text = "How did you like the garden?"
	if _, err := a.store.SaveSurveyDraft(t.Context(), a.actor("ada@example.com"), s, 0); err != nil {
		t.Fatal(err)
	}
	b.get(at).says(row, "The original text was changed").says("#progress", "1 to check")
	if n := b.get(link.With(at, "show", "stale")).is(http.StatusOK).Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d rows are to be checked", n)
	}
	b.get(link.SurveyCheck(id)).says("main", "العربية")
	if fragment = htmx.post(at, "name", "QID1_QuestionText", "text", "كيف <strong>كان</strong>؟", "do", "confirm").is(http.StatusOK); strings.Contains(fragment.text, "The original text was changed") || strings.Contains(fragment.text, "to check") {
		t.Errorf("it still is to be checked: %s", fragment.text)
	}
	if state, _ := a.state(id, "QID1_QuestionText", "ar"); state != models.TextTranslated {
		t.Errorf("once it was checked it is %s", state)
	}

	// An empty one takes it away.
	b.post(at, "name", "QID1_QuestionText", "text", " ").to("")
	if state, text := a.state(id, "QID1_QuestionText", "ar"); state != models.TextMissing {
		t.Errorf("the text is %s, %q", state, text)
	}
}

func TestWhoMayNotEditReadsTranslationsOnly(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada := a.person("ada@example.com")
	id, _ := a.sample(t, ada)
	ada.post(link.SurveyTranslations(id), "language", "German").to("")
	at := link.SurveyTranslation(id, "de")
	ada.post(at, "name", "QID1_QuestionText", "text", "Wie war es?").to("")
	bob := a.person("bob@example.com")
	bob.get(at).is(http.StatusNotFound)
	if err := a.store.ShareSurvey(t.Context(), a.actor("ada@example.com"), id, a.actor("bob@example.com").UserID, models.AccessView); err != nil {
		t.Fatal(err)
	}
	p := bob.get(at).is(http.StatusOK).says("main", "Wie war es?")
	if n := p.Find("main form, main textarea").Length() + bob.get(link.SurveyTranslations(id)).is(http.StatusOK).Find("main form").Length(); n != 0 {
		t.Errorf("there are %d forms for who may not edit", n)
	}
	for path, form := range map[string]url.Values{
		at:                          {"name": {"QID1_QuestionText"}, "text": {"x"}},
		link.SurveyTranslations(id): {"language": {"French"}},
	} {
		bob.send(http.MethodPost, path, form).is(http.StatusForbidden)
	}
	if _, text := a.state(id, "QID1_QuestionText", "de"); text != "Wie war es?" || len(a.draft(id).Languages) != 1 {
		t.Errorf("it was changed: %q, %v", text, a.draft(id).Languages)
	}
}

func TestMailsOfACollectorAreWrittenInEachLanguage(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.post(link.SurveyTranslations(id), "language", "German").to("")
	b.post(link.SurveyTranslation(id, "de"), "name", models.PartSurveyName, "text", "Ihr Besuch").to("")
	if _, err := a.store.PutSurveyLive(t.Context(), a.actor("ada@example.com"), id, 0); err != nil {
		t.Fatal(err)
	}
	c := &models.Collector{Type: models.CollectorEmail, Name: "Guests", Open: true}
	if err := a.store.CreateCollector(t.Context(), a.actor("ada@example.com"), id, c); err != nil {
		t.Fatal(err)
	}
	at := link.CollectorMessages(id, c.ID)
	german := link.With(at, "language", "de")
	p := b.get(german).is(http.StatusOK).says("nav [aria-current=page]", "Deutsch default text").says("main", "Guten Tag Ada,")
	if got := p.value("invitation.subject"); !strings.Contains(got, "Ihr Besuch") {
		t.Errorf("the subject is %q", got)
	}
	// What stays as the default says is not kept: it follows the default.
	b.post(at, "do", "save", "language", "de", "invitation.subject", "Wie war es?", "invitation.body", p.value("invitation.body"), "invitation.button", p.value("invitation.button"),
		"reminder.subject", p.value("reminder.subject"), "reminder.body", p.value("reminder.body"), "reminder.button", p.value("reminder.button")).to(german)
	b.get(german).says("nav [aria-current=page]", "Deutsch own text").says("main", "Wie war es?")
	kept, err := a.store.Collector(t.Context(), a.actor("ada@example.com"), id, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := kept.Settings.V.Messages; len(got) != 1 || got["de"].Invitation != (models.Message{Subject: "Wie war es?"}) || got["de"].Reminder != (models.Message{}) {
		t.Errorf("kept is %+v", got)
	}
	if got := b.get(at).value("invitation.subject"); strings.Contains(got, "Wie war es?") {
		t.Errorf("the survey's own language says %q", got)
	}
}
