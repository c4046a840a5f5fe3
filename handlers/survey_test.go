package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestANewInstanceGoesFromSetUpToALiveSurvey(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	code, err := a.people.SetUpCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := a.browser()
	b.get(link.Surveys()).to(link.SetUp())
	b.get(link.SignIn()).to(link.SetUp())
	b.get(link.SetUp()).is(http.StatusOK).says("h1", "Set up Surveyflow")
	wrong := b.post(link.SetUp(), "code", "nonsense", "organisation", "Acme", "email", "ada@example.com", "password", password)
	wrong.is(http.StatusUnprocessableEntity).says(".error-summary", "code")
	if got := wrong.value("organisation"); got != "Acme" {
		t.Errorf("the organisation's name was forgotten: %q", got)
	}
	b.post(link.SetUp(), "code", code, "organisation", "Acme", "email", "ada@example.com", "firstName", "Ada", "password", password,
		"timeZone", "Europe/Oslo").to(link.Surveys())
	b.get(link.Surveys()).is(http.StatusOK).says("main", "No surveys yet").says("#flashes", "Welcome")
	b.get(link.SetUp()).to(link.Home())
	b.post(link.SignOut()).to(link.SignIn())
	b.get(link.Surveys()).to(link.With(link.SignIn(), "next", link.Surveys()))
	b.post(link.SignIn(), "email", "ada@example.com", "password", "wrong").is(http.StatusUnprocessableEntity).says(".error-summary", "wrong")
	b.post(link.SignIn(), "email", "ADA@example.com", "password", password, "next", link.SurveyNew()).to(link.SurveyNew())

	id := b.survey("Lunch")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).is(http.StatusUnprocessableEntity).says(".error-summary", "Question 1: Write the question.")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "do", "done", "text", "How was lunch?", "required", "on",
		"choices[0].id", "1", "choices[0].text", "Good", "choices[1].id", "2", "choices[1].text", "Bad", "choices[1].recode", "-1").to(link.SurveyBuild(id) + "#QID1")
	page := a.draft(id).Blocks[0].ID
	b.post(link.Questions(id), "revision", b.revision(id), "page", page, "type", "number").to(link.SurveyBuild(id) + "?edit=QID2&new=1#QID2")
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "How many plates?", "rules.min", "0", "rules.max", "9").to(link.SurveyBuild(id) + "#QID2")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to(link.SurveyCollectors(id))
	live := b.get(link.SurveyCollectors(id)).is(http.StatusOK).says("h1 + *", "Open").says("#flashes", "Your survey is live")
	if got := live.Find("input[readonly]").AttrOr("value", ""); !strings.Contains(got, "/s/") {
		t.Errorf("the public link is %q", got)
	}
	b.get(link.Surveys()).says("tbody", "Lunch").says("tbody", "Open")
}

// draft gives the stored draft of a survey.
func (a *app) draft(id string) *models.SurveyDefinition {
	a.t.Helper()
	org, err := a.store.TheOrganisation(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	s, err := a.store.Survey(a.t.Context(), models.SystemActor(org.ID), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return &s.Draft.V
}

func TestAQuestionThatIsNotRightIsShownAgainWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	answer := b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", "  ", "help", "Be honest", "tag", "no spaces!",
		"choices[0].id", "1", "choices[0].text", "Good", "choices[4].id", "0", "choices[4].text", "Bad", "choices[4].textEntry", "on").
		is(http.StatusUnprocessableEntity).says(".error-summary", "Write the question.").says(".error-summary", "Use letters, digits")
	for name, want := range map[string]string{"help": "Be honest", "tag": "no spaces!", "choices[0].text": "Good", "choices[1].text": "Bad"} {
		if got := answer.value(name); got != want {
			t.Errorf("%s holds %q, not %q", name, got, want)
		}
	}
	if _, ticked := answer.Find(`[name="choices[1].textEntry"]`).Attr("checked"); !ticked {
		t.Error("the box of the second choice is not ticked")
	}
	if href := answer.Find(".error-summary a").First().AttrOr("href", ""); answer.Find(href).Length() != 1 {
		t.Errorf("the summary leads to %q, which is not there", href)
	}
	if q := a.draft(id).Question("QID1"); q.Help != "" || len(q.Choices) != 2 {
		t.Errorf("it was saved: %+v", q)
	}
	b.post(link.Questions(id), "revision", b.revision(id), "page", a.draft(id).Blocks[0].ID, "type", "number").to("")
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "How many?", "rules.min", "ten").
		is(http.StatusUnprocessableEntity).says(".error-summary", "Enter a number.")
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "How many?", "rules.min", "10", "rules.max", "1,5").
		is(http.StatusUnprocessableEntity).says(".error-summary", "must not be smaller")
}

func TestAStaleFormGetsTheNewestDraftAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	old := b.revision(id)
	b.post(link.SurveyPages(id), "revision", old).to("")
	form := []string{"revision", old, "text", "How was it?", "choices[0].id", "1", "choices[0].text", "Good", "choices[1].text", "So-so"}
	answer := b.post(link.Question(id, "QID1"), form...).is(http.StatusConflict).says("main", "changed in another window")
	if answer.value("text") != "How was it?" || answer.value("choices[1].text") != "So-so" {
		t.Errorf("what was typed is lost: %q", answer.value("text"))
	}
	form[1] = answer.value("revision")
	b.post(link.Question(id, "QID1"), form...).to(link.SurveyBuild(id) + "#QID1")
	b.post(link.SurveyPages(id), "revision", old).is(http.StatusConflict).says("main", "Page 2")
	b.post(link.SurveyPutLive(id), "revision", old).is(http.StatusConflict)
	b.post(link.EmbeddedData(id), "revision", old, "embeddedData[0].name", "segment").is(http.StatusConflict)
	b.post(link.SurveySettings(id), "section", "options", "revision", old, "language", "nb").is(http.StatusConflict).says(".error-summary", "changed")
	b.header.Set("HX-Request", "true") // htmx shows no 409
	b.post(link.SurveyPages(id), "revision", old).is(http.StatusUnprocessableEntity).says("#builder", "changed in another window")
}

func TestPagesAndQuestionsAreAddedMovedCopiedAndDeleted(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	first := a.draft(id).Blocks[0].ID
	do := func(path string, pairs ...string) {
		t.Helper()
		b.post(path, append([]string{"revision", b.revision(id)}, pairs...)...).to("")
	}
	do(link.SurveyPages(id))
	second := a.draft(id).Blocks[1].ID
	do(link.SurveyPage(id, second), "title", "The end")
	do(link.Questions(id), "page", first, "type", "nps")
	do(link.QuestionMove(id, "QID2"), "to", "down")
	do(link.QuestionCopy(id, "QID2"))
	do(link.QuestionMove(id, "QID3"), "to", "up")
	do(link.QuestionMove(id, "QID3"), "to", "up")
	do(link.SurveyPageMove(id, second), "to", "up")
	do(link.QuestionDelete(id, "QID1"))
	var got []string
	for _, block := range a.draft(id).Blocks {
		got = append(got, "["+block.Title+"]")
		for _, q := range block.Questions {
			got = append(got, q.ID)
		}
	}
	if want := "[The end] QID2 [] QID3"; strings.Join(got, " ") != want {
		t.Errorf("the draft is %s, not %s", strings.Join(got, " "), want)
	}
	do(link.SurveyPageDelete(id, second))
	b.post(link.SurveyPageDelete(id, first), "revision", b.revision(id)).is(http.StatusConflict).says("main", "at least one page")
	b.post(link.Questions(id), "revision", b.revision(id), "page", first, "type", "nonsense").is(http.StatusUnprocessableEntity)
}

func TestChoicesWorkWithoutScripts(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	rows := func(do string, texts ...string) []string {
		pairs := []string{"revision", b.revision(id), "do", do, "text", "How?"}
		for i := 0; i < len(texts); i += 2 {
			at := "choices[" + string(rune('0'+i/2)) + "]."
			pairs = append(pairs, at+"id", texts[i], at+"text", texts[i+1])
		}
		return pairs
	}
	more := b.post(link.Question(id, "QID1"), rows("add", "1", "A", "2", "B")...).to("")
	if got := b.get(more[:strings.Index(more, "#")]).value("choices[2].text"); got != "" {
		t.Errorf("the new row holds %q", got)
	}
	b.post(link.Question(id, "QID1"), rows("stay", "1", "A", "2", "B", "0", "C", "0", "")...).to("")
	b.post(link.Question(id, "QID1"), rows("up:2", "1", "A", "2", "B", "3", "C")...).to("")
	b.post(link.Question(id, "QID1"), rows("remove:0", "1", "A", "3", "C", "2", "B")...).to("")
	b.post(link.Question(id, "QID1"), rows("done", "3", "C", "2", "B", "0", "D")...).to("")
	var got []string
	for _, c := range a.draft(id).Question("QID1").Choices {
		got = append(got, c.RecodeValue()+c.Text)
	}
	if want := "3C 2B 4D"; strings.Join(got, " ") != want {
		t.Errorf("the choices are %v, not %s", got, want)
	}
}

func TestSavingWhilePeopleTypeKeepsTheFormAndGivesIdsBack(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	revision := b.revision(id)
	b.header.Set("HX-Request", "true")
	saved := b.post(link.Question(id, "QID1"), "revision", revision, "do", "autosave", "text", "", "choices[0].id", "1", "choices[0].text", "A",
		"choices[1].id", "2", "choices[1].text", "", "choices[7].id", "0", "choices[7].text", "New", "choices[8].text", "").is(http.StatusOK)
	if saved.Find("form textarea, #builder").Length() > 0 {
		t.Error("the form is drawn anew under the hands of who types")
	}
	if got := saved.Find("#choice-id-7").AttrOr("value", ""); got != "3" {
		t.Errorf("the new choice is told id %q", got)
	}
	if saved.value("revision") == revision {
		t.Error("the forms keep the old revision")
	}
	if q := a.draft(id).Question("QID1"); len(q.Choices) != 3 || q.Choices[2].Text != "New" {
		t.Errorf("the draft has %+v", q.Choices)
	}
	b.post(link.Question(id, "QID1"), "revision", saved.value("revision"), "do", "autosave", "text", "x", "rules.minChoices", "lots").
		is(http.StatusUnprocessableEntity).says("#saved", "Not saved: Enter a whole number.")
	b.post(link.Question(id, "QID1"), "revision", saved.value("revision"), "do", "autosave", "text", "x", "tag", "not a tag").
		is(http.StatusUnprocessableEntity).says("#saved", "Not saved: Use letters")
}

func TestEmbeddedDataEndAndOptionsAreSaved(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	b.post(link.EmbeddedData(id), "revision", b.revision(id), "embeddedData[0].name", "bad!name", "embeddedData[0].default", "kept").
		is(http.StatusUnprocessableEntity).says(".error-summary", "no name for a field")
	b.post(link.EmbeddedData(id), "revision", b.revision(id), "embeddedData[0].name", "segment", "embeddedData[0].default", "walk-in",
		"embeddedData[0].fromLink", "on", "embeddedData[3].name", "").to(link.SurveyBuild(id))
	wrong := b.post(link.SurveySettings(id), "section", "end", "revision", b.revision(id), "end.redirect", "javascript:alert(1)", "end.message", "Bye")
	wrong.is(http.StatusUnprocessableEntity)
	if wrong.value("end.message") != "Bye" {
		t.Error("the message is lost")
	}
	b.post(link.SurveySettings(id), "section", "end", "revision", b.revision(id), "end.message", "Bye").to(link.SurveyBuild(id))
	b.post(link.SurveySettings(id), "section", "options", "revision", b.revision(id), "language", "nb", "partialDays", "x").is(http.StatusUnprocessableEntity)
	b.post(link.SurveySettings(id), "section", "options", "revision", b.revision(id), "language", "nb", "partialDays", "3", "anonymous", "on").to(link.SurveySettings(id))
	d := a.draft(id)
	if f := d.Field("segment"); f == nil || f.Default != "walk-in" || !f.FromLink || len(d.EmbeddedData) != 1 {
		t.Errorf("embedded data: %+v", d.EmbeddedData)
	}
	if d.End.Message != "Bye" || d.Language != "nb" || d.PartialDays != 3 || !d.Anonymous || !d.NoBack || !d.NoProgress {
		t.Errorf("the draft is %+v", d)
	}
	b.post(link.SurveySettings(id), "section", "name", "name", "").is(http.StatusUnprocessableEntity).says(".error-summary", "Give the survey a name")
	b.post(link.SurveySettings(id), "section", "name", "name", "Dinner").to(link.SurveySettings(id))
	b.post(link.SurveyDelete(id), "confirm", "Lunch").is(http.StatusUnprocessableEntity)
	b.post(link.SurveyDelete(id), "confirm", "Dinner").to(link.Surveys())
	b.get(link.Surveys()).says("#flashes", "“Dinner” is deleted")
	b.get(link.SurveyBuild(id)).is(http.StatusNotFound)
}

func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	const evil = `<script>alert("x")</script><img src=x onerror=alert(1)>'"`
	id := b.survey(evil)
	page := a.draft(id).Blocks[0].ID
	b.post(link.SurveyPage(id, page), "revision", b.revision(id), "title", evil).to("")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", evil, "help", evil, "choices[0].id", "1", "choices[0].text", evil, "choices[0].recode", `"><b>`).to("")
	b.post(link.SurveySettings(id), "section", "end", "revision", b.revision(id), "end.message", evil).to("")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to("")
	b.post(link.AccountTokens(), "name", evil).is(http.StatusOK)
	b.post(link.AccountPreferences(), "firstName", evil[:40], "language", "en").to(link.Account())
	for _, path := range []string{
		link.Surveys(), link.With(link.Surveys(), "q", evil), link.SurveyBuild(id), link.With(link.SurveyBuild(id), "edit", "QID1"),
		link.With(link.SurveyBuild(id), "edit", page), link.SurveyCollectors(id), link.Responses(id), link.SurveySettings(id), link.Account(), link.SettingsAPI(),
		link.With(link.SurveyBuild(id), "edit", evil),
	} {
		p := b.get(path).is(http.StatusOK)
		if strings.Contains(p.text, "<script>alert") || strings.Contains(p.text, "<img src=x") || strings.Contains(p.text, `"><b>`) {
			t.Errorf("%s shows what was typed as markup", path)
		}
	}
}

func TestSurveysAreClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.get(link.SurveyBuild(id)).says("#survey-status", "Open")
	b.post(link.SurveyClose(id)).to(link.SurveyBuild(id))
	b.get(link.SurveyBuild(id)).says("#survey-status", "Closed").says("#survey-live", "is closed")
	b.get(link.SurveyCollectors(id)).says("main", "The survey is closed")
	b.post(link.SurveyReopen(id)).to("")
	b.post(link.SurveyPages(id), "revision", b.revision(id)).to("")
	b.get(link.SurveyBuild(id)).says("#survey-status", "Open, with changes not yet live")
	live, err := a.store.LiveSurvey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	collector := live.Collectors[0].ID
	b.post(link.CollectorClose(id, collector)).to(link.SurveyCollectors(id))
	b.get(link.SurveyCollectors(id)).says("main", "Open this link")
	b.post(link.CollectorReopen(id, collector)).to(link.SurveyCollectors(id))
}

func TestTheSitesThatMayFrameASurveyAreNamedAtItsLink(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	all, err := a.store.Collectors(t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	at := link.CollectorFrames(id, all[0].ID)
	b.post(at, "sites", "https://www.example.com\nno site!").is(http.StatusUnprocessableEntity).says("#frames-"+all[0].ID, "“site!” is no").says("textarea", "no site!")
	b.post(at, "sites", "www.example.com/contact").to(link.SurveyCollectors(id))
	p := b.get(link.SurveyCollectors(id)).is(http.StatusOK)
	if got := p.Find("#frame-"+all[0].ID).AttrOr("value", ""); !strings.HasPrefix(got, `<iframe src="`+a.base.Respond(all[0].Slug)) {
		t.Errorf("the code is %s", got)
	}
	if got := a.browser().get(link.Respond(all[0].Slug)).header.Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors https://www.example.com") {
		t.Errorf("the policy is %s", got)
	}
	b.post(at, "sites", "").to(link.SurveyCollectors(id))
	if all, err = a.store.Collectors(t.Context(), a.actor("ada@example.com"), id); err != nil || all[0].FrameSites != "" {
		t.Errorf("the sites are %q, %v", all[0].FrameSites, err)
	}
}
