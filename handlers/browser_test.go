package handlers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// pageViews are how every page is looked at: both widths and both themes. Pictures (SCREENSHOT_DIR) are taken of all four
// pairs; the checks hold for the other two as well, since width and theme do not meet.
var pageViews = func() []browsertest.View {
	all := []browsertest.View{{}, {Width: 375, Height: 812, Dark: true}, {Dark: true}, {Width: 375, Height: 812}}
	if os.Getenv("SCREENSHOT_DIR") == "" {
		return all[:2]
	}
	return all
}()

// signInPage signs in by typing.
func signInPage(a *app, p *browsertest.Page) {
	p.Goto(a.server.URL + link.SignIn())
	p.Fill("#f-email", "ada@example.com")
	p.Fill("#f-password", password)
	p.Follow("form button.btn-primary")
}

// sample makes a survey that has one of everything, and responses of every state.
func (a *app) sample(t *testing.T, b *browser) (surveyID, responseID string) {
	t.Helper()
	id := b.survey("How was your visit to the museum?")
	actor := a.actor("ada@example.com")
	s, err := a.store.Survey(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	s.Draft.V = sampleDefinition(s.Draft.V.Blocks[0].ID)
	s.NextQID = 8
	if _, err := a.store.SaveSurveyDraft(t.Context(), actor, s, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.PutSurveyLive(t.Context(), actor, id, 0); err != nil {
		t.Fatal(err)
	}
	live, err := a.store.LiveSurvey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		r := sampleResponse(live.Survey.OrgID, id, live.Collectors[0].ID, i)
		if err := a.store.Accept(acceptance(r, live.Survey.LiveRev)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			responseID = r.ID
		}
	}
	return id, responseID
}

func sampleDefinition(page string) models.SurveyDefinition {
	low, high := 0.0, 120.0
	return models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{
			{ID: page, Title: "Your visit", Questions: []models.Question{
				{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How did you like the exhibition?", Required: true, NextChoiceID: 5, Choices: []models.Choice{
					{ID: 1, Text: "Very much", Recode: "5"}, {ID: 2, Text: "It was fine"}, {ID: 3, Text: "Not really"}, {ID: 4, Text: "Something else", TextEntry: true},
				}},
				{ID: "QID2", Type: models.QuestionMultipleChoice, Text: "Which rooms did you see?", Help: "Choose all that apply.", NextChoiceID: 8, Choices: []models.Choice{
					{ID: 1, Text: "Painting"}, {ID: 2, Text: "Sculpture"}, {ID: 3, Text: "Photography"}, {ID: 4, Text: "Design"}, {ID: 5, Text: "Garden"}, {ID: 6, Text: "Café"}, {ID: 7, Text: "None of these", Exclusive: true},
				}},
				{ID: "QID3", Type: models.QuestionNPS, Text: "How likely are you to recommend us to a friend?"},
			}},
			{ID: models.NewID(models.PrefixBlock), Questions: []models.Question{
				{ID: "QID4", Type: models.QuestionShortText, Text: "Which work stayed in your mind?", Tag: "work"},
				{ID: "QID5", Type: models.QuestionLongText, Text: "What should we do differently?"},
				{ID: "QID6", Type: models.QuestionNumber, Text: "How old are you?", Rules: models.Rules{Min: &low, Max: &high}},
			}},
		},
		EmbeddedData: []models.EmbeddedField{{Name: "segment", Default: "walk-in", FromLink: true}, {Name: "ticket"}},
		End:          models.EndOfSurvey{Message: "Thank you, and come again."},
	}
}

func sampleResponse(org, surveyID, collector string, i int) *models.Response {
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour)
	done := at.Add(time.Duration(40+i*7) * time.Second)
	r := &models.Response{
		ID: models.NewID(models.PrefixResponse), OrgID: org, SurveyID: surveyID, SurveyVersion: 1, CollectorID: collector,
		State: models.ResponseCompleted, Channel: models.ChannelLink, Language: "en", Rev: 1, IP: "192.0.2.7", StartedAt: at, UpdatedAt: done, RecordedAt: &done,
	}
	r.Fields.V = map[string]string{"segment": "gold", "referrer": "newsletter"}
	r.Answers.V = models.Answers{
		"QID1": {Choices: []int{4}, Other: map[int]string{4: "I fell asleep in front of a Rothko, which may be the point"}},
		"QID2": {Choices: []int{1, 3, 6}}, "QID3": {Number: "9"}, "QID4": {Text: "The blue one"}, "QID6": {Number: "36"},
	}
	switch i % 10 {
	case 3:
		r.State = models.ResponsePartial
	case 7:
		expires := at.Add(7 * 24 * time.Hour)
		r.State, r.RecordedAt, r.ExpiresAt = models.ResponseInProgress, nil, &expires
	}
	return r
}

func TestPagesInABrowser(t *testing.T) {
	a := newApp(t)
	b := a.person("ada@example.com")
	id, response := a.sample(t, b)
	empty := b.survey("Empty one")
	if _, _, err := a.people.CreateToken(t.Context(), a.actor("ada@example.com"), "Nightly export"); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{
		"surveys": link.Surveys(), "survey-new": link.SurveyNew(), "build": link.SurveyBuild(id),
		"build-choices": link.With(link.SurveyBuild(id), "edit", "QID2"), "build-number": link.With(link.SurveyBuild(id), "edit", "QID6"),
		"build-fields": link.With(link.SurveyBuild(id), "edit", "fields"), "build-new": link.With(link.SurveyBuild(empty), "edit", "QID1"),
		"collectors": link.SurveyCollectors(id), "collectors-draft": link.SurveyCollectors(empty),
		"responses": link.Responses(id), "responses-none": link.Responses(empty), "response": link.Response(id, response),
		"settings": link.SurveySettings(id), "account": link.Account(), "missing": "/surveys/SV_nothing/build",
	}
	chromium := browsertest.New(t)
	for _, view := range pageViews {
		p := chromium.Open(a.server.URL+link.SignIn(), view)
		if view == (browsertest.View{}) { // the others share its cookies
			p.Screenshot("sign-in")
			p.CheckAccessibility()
			signInPage(a, p)
		}
		for name, path := range pages {
			p.Goto(a.server.URL + path)
			p.Screenshot(name)
			p.CheckAccessibility()
			p.CheckFits()
		}
		for _, complaint := range p.Complaints() {
			t.Errorf("%s: %s", view, complaint)
		}
	}
}

func TestTheBuilderSavesWhilePeopleType(t *testing.T) {
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	p := browsertest.New(t).Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.With(link.SurveyBuild(id), "edit", "QID1"))
	p.Click("#f-text-rich")
	p.Press("How was lunch?")
	p.Fill("#f-choices-0-text", "Good")
	p.Fill("#f-choices-1-text", "Bad")
	p.Press("\t")
	p.Wait("#saved svg")
	p.Click("[data-add-row=choices]")
	p.Press("Skipped it\r") // the new row has the focus, and Enter makes the next one
	p.Press("Forgot it")
	p.Click("[data-row-check=textEntry]")
	eventually(t, "the other choices are saved", func() bool { return len(a.draft(id).Question("QID1").Choices) == 5 })
	browsertest.Eval[bool](p, `(() => {
		const lines = new DataTransfer();
		lines.setData("text/plain", "Brought it\nShared it\n");
		document.getElementById("f-choices-3-text").select();
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: lines, bubbles: true, cancelable: true }));
		return true;
	})()`)
	eventually(t, "the pasted lines are saved", func() bool { return len(a.draft(id).Question("QID1").Choices) == 6 })
	browsertest.Eval[bool](p, `(document.getElementById("f-choices-2-text").select(), true)`)
	p.Press("Skipped lunch")
	p.Click("button[value=done]")
	p.Wait("#QID1 h3")
	q := a.draft(id).Question("QID1")
	if got := fmt.Sprint(q.Text, q.Choices); got != "How was lunch?[{1 Good  false false} {2 Bad  false false} {3 Skipped lunch  false false} {4 Brought it  false false} {5 Other  true false} {6 Shared it  false false}]" {
		t.Errorf("the draft is %s", got)
	}
	p.Click("form[hx-post$=put-live] button, #survey-actions form:last-child button")
	p.Wait("input[readonly]")
	if got := p.Text("#flashes"); got == "" {
		t.Error("nothing says that the survey is live")
	}
	for _, complaint := range p.Complaints() {
		t.Error(complaint)
	}
}

// eventually waits until something that the browser set off has happened.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	t.Helper()
	storetest.Eventually(t, 2*time.Minute, what, done)
}

func TestQuestionsAreMovedWithTheKeyboard(t *testing.T) {
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	p := browsertest.New(t).Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.SurveyBuild(id))
	order := func() string {
		var ids string
		for _, q := range a.draft(id).Questions() {
			ids += q.ID[3:]
		}
		return ids
	}
	// The link that covers a question leaves its grip to the mouse.
	if !browsertest.Eval[bool](p, `(() => {
		const grip = document.querySelector("#QID1 [data-grip=question]"), box = grip.getBoundingClientRect();
		return grip.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
	})()`) {
		t.Error("a press on the grip of a question goes to what covers it")
	}
	shown := func() string {
		return browsertest.Eval[string](p, `Array.from(document.querySelectorAll("[data-grip=question]"), grip => grip.closest("[id^=QID]").id.slice(3)).join("")`)
	}
	for _, want := range []string{"213456", "231456"} {
		browsertest.Eval[bool](p, `(document.getElementById("down-QID1").focus(), true)`)
		p.Press("\r")
		eventually(t, "the order is "+want, func() bool { return order() == want && shown() == want })
		eventually(t, "the focus is back", func() bool { return browsertest.Eval[string](p, "document.activeElement.id") == "down-QID1" })
	}
	// Alt and an arrow do the same, and Ctrl and Z bring back what was deleted.
	p.Settle()
	browsertest.Eval[bool](p, `(document.querySelector("#QID6 h3 a").focus(), document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp", altKey: true, bubbles: true})))`)
	eventually(t, "the last question is moved", func() bool { return order() == "231465" && shown() == "231465" })
	p.Click("#QID5 details summary")
	p.Click("#QID5 form[action$=delete] button")
	p.Wait("[data-flash-action]")
	p.Settle()
	browsertest.Eval[bool](p, `document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "z", ctrlKey: true, bubbles: true}))`)
	eventually(t, "the question is back", func() bool { return order() == "231465" })
	p.Wait("#QID5")

	// A kind of question is found by typing.
	p.Click("#QID4 + .sf-insert a")
	p.Wait("#type-search")
	eventually(t, "the search has the focus", func() bool { return browsertest.Eval[string](p, "document.activeElement.id") == "type-search" })
	p.Press("promoter\r")
	eventually(t, "the question is added", func() bool { return order() == "2314865" })
	p.Wait("#QID8 textarea")

	p.Click("#QID4 h3 a")
	p.Wait("#QID4 textarea")
	if got := browsertest.Eval[string](p, "location.search"); got != "?edit=QID4" {
		t.Errorf("the address is %q", got)
	}
	p.Click("#f-tag")
	p.Press("\r") // saves and stays
	p.Wait("#saved svg")
	p.Wait("#QID4 textarea")
	for _, complaint := range p.Complaints() {
		t.Error(complaint)
	}
}

func TestTheBuilderWorksWithoutScripts(t *testing.T) {
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	p := browsertest.New(t).Open(a.server.URL+link.SignIn(), browsertest.View{Width: 375, NoScript: true})
	signInPage(a, p)
	p.Goto(a.server.URL + link.SurveyBuild(id))
	p.Follow("#QID1 h3 a")
	p.Fill("#f-choices-0-text", "Good")
	p.Fill("#f-choices-1-text", "Bad")
	p.Follow("[data-add-row=choices]")
	p.Fill("#f-choices-2-text", "None")
	p.Follow("button[value=done]")
	p.Wait(".error-summary") // the question itself is still missing
	p.Click("#f-text")
	p.Press("How was lunch?")
	p.Follow("button[value=done]")
	p.Follow("#survey-actions .btn-primary")
	p.Wait("#flashes > *")
	if q := a.draft(id).Question("QID1"); q.Text != "How was lunch?" || len(q.Choices) != 3 {
		t.Errorf("the draft is %+v", q)
	}
	for _, complaint := range p.Complaints() {
		if !strings.Contains(complaint, "422") { // what was not right yet
			t.Error(complaint)
		}
	}
}
