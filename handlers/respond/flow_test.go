package respond_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/static"
)

const (
	pageOne   = "BL_000000000000001"
	pageTwo   = "BL_000000000000002"
	pageThree = "BL_000000000000003"
)

func assetRoute() web.Route {
	return web.Route{
		Method: http.MethodGet, Pattern: link.PatternStatic, Guard: web.GuardNone, Origin: web.OriginPublic,
		Handler: echo.WrapHandler(static.Handler()),
	}
}

func threePages() models.SurveyDefinition {
	return models.SurveyDefinition{
		Language: "en", Description: "Three short pages.",
		Blocks: []models.Block{
			{ID: pageOne, Title: "About us", Questions: []models.Question{
				{ID: "QID1", Type: models.QuestionNPS, Text: "Would you recommend us?", Required: true},
				{ID: "QID2", Type: models.QuestionSingleChoice, Text: "How did you find us?", Required: true, Choices: []models.Choice{
					{ID: 1, Text: "By search"}, {ID: 2, Text: "By a friend", Recode: "20"}, {ID: 3, Text: "Other", TextEntry: true},
				}},
			}},
			{ID: pageTwo, Questions: []models.Question{
				{ID: "QID3", Type: models.QuestionMultipleChoice, Text: "What do you use?", Rules: models.Rules{MaxChoices: 2}, Choices: []models.Choice{
					{ID: 1, Text: "Web"}, {ID: 2, Text: "Phone"}, {ID: 3, Text: "Mail"}, {ID: 4, Text: "Something else", TextEntry: true}, {ID: 5, Text: "None of these", Exclusive: true},
				}},
				{ID: "QID4", Type: models.QuestionNumber, Text: "How many people are you?", Rules: models.Rules{Min: ptr(1.0), Max: ptr(5000.0), Decimals: ptr(0)}},
			}},
			{ID: pageThree, Questions: []models.Question{
				{ID: "QID5", Type: models.QuestionShortText, Text: "In one word?", Help: "The first that comes to mind.", Required: true},
				{ID: "QID6", Type: models.QuestionLongText, Text: "Anything else?"},
			}},
		},
		EmbeddedData: []models.EmbeddedField{{Name: "segment", FromLink: true}, {Name: "internal"}},
	}
}

func ptr[T any](v T) *T { return &v }

// onePage is a survey of one optional question.
func onePage() models.SurveyDefinition {
	return models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: []models.Question{{ID: "QID1", Type: models.QuestionNPS, Text: "Would you recommend us?"}}}}}
}

func TestAnsweringThreePages(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug)).sees(200, "Page 1 of 3", "Three short pages.", "About us")
	if p.title() != "Customer <feedback> – Page 1 of 3" {
		t.Errorf("the title is %q", p.title())
	}
	if p.page.Find("button[value=back]").Length() != 0 {
		t.Error("there is a way back from the first page")
	}
	st.clock.Advance(30 * time.Second)
	p.send("QID1=9&QID2=3&QID2_3_TEXT=a+poster").sees(200, "Page 2 of 3", "Choose up to 2.")
	p.send("QID3=2&QID3=1&QID4=1%20234").sees(200, "Page 3 of 3")
	if got := p.page.Find("form button").First().Text(); got != "Submit" {
		t.Errorf("the last button says %q", got)
	}
	p.send("QID5=Great&QID6=one%0D%0Atwo").sees(200, "Thank you", "Your reference:")
	all := st.responses(t, models.ResponseCompleted)
	if len(all) != 1 {
		t.Fatalf("%d responses", len(all))
	}
	r := all[0]
	if !strings.Contains(p.text(), r.ID) {
		t.Errorf("the reference is not %s: %s", r.ID, p.text())
	}
	if r.Duration() != 30*time.Second || r.Language != "en" || r.IP != "127.0.0.1" || !strings.HasPrefix(r.UserAgent, "Go-http") {
		t.Errorf("got %+v", r)
	}
	a := r.Answers.V
	if a["QID1"].Number != "9" || a["QID2"].Other[3] != "a poster" || len(a["QID3"].Choices) != 2 || a["QID4"].Number != "1234" || a["QID6"].Text != "one\ntwo" {
		t.Errorf("got %v", a)
	}
	// Loading it again is harmless, and says thank you for an hour; the link itself begins another answer.
	p.open(link.With(link.Respond(st.slug), "done", "1")).sees(200, "Thank you")
	p.open(link.Respond(st.slug)).sees(200, "Page 1 of 3")
}

func TestWhatIsWrongIsSaidAboveAndBesideTheField(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=7&QID2=3").sees(422, "There is a problem", "How did you find us? – Write something for “Other”")
	if !strings.HasPrefix(p.title(), "Error: ") {
		t.Errorf("the title is %q", p.title())
	}
	for _, a := range p.page.Find(".error-summary a").EachIter() {
		href, _ := a.Attr("href")
		if p.page.Find(href).Length() != 1 {
			t.Errorf("the summary leads to %s, which is not there", href)
		}
	}
	field := p.page.Find("#f-QID2_3_TEXT")
	if invalid, _ := field.Attr("aria-invalid"); invalid != "true" {
		t.Error("the field is not marked")
	}
	by, _ := field.Attr("aria-describedby")
	if p.page.Find("#"+by).Length() != 1 {
		t.Errorf("the field is described by %q, which is not there", by)
	}
	if p.page.Find("input[name=QID1][checked]").AttrOr("value", "") != "7" {
		t.Error("what was answered is gone")
	}
	if len(st.responses(t, models.ResponseInProgress)) != 0 {
		t.Error("a wrong page was stored")
	}
	p.send("QID2_3_TEXT=a+poster").sees(200, "Page 2 of 3")
	p.send("QID3=1&QID3=2&QID3=3&QID4=lots").sees(422, "Choose at most 2 answers.", "Enter a number, such as 12 or 3.5.")
	if got := p.page.Find("#f-QID4").AttrOr("value", ""); got != "lots" {
		t.Errorf("the field holds %q", got)
	}
	p.send("QID3=1&QID3=5&QID4=0").sees(422, "“None of these” cannot be chosen together", "Enter a number from 1 to 5000.")
}

func TestGoingBackAndForth(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=9&QID2=1")
	p.send("QID3=1&QID4=some&go=back").sees(200, "Page 1 of 3")
	if p.page.Find("input[name=QID1][checked]").AttrOr("value", "") != "9" {
		t.Error("page 1 is not as it was left")
	}
	p.send("QID1=2").sees(200, "Page 2 of 3")
	if got := p.page.Find("#f-QID4").AttrOr("value", ""); got != "some" {
		t.Errorf("page 2 is not as it was left: %q", got)
	}
	p.send("").sees(422, "Enter a number")
	p.send("QID4=5").sees(200, "Page 3 of 3")
	p.send("QID5=x").sees(200, "Thank you")
	if r := st.responses(t, models.ResponseCompleted)[0]; r.Answers.V["QID1"].Number != "2" || r.Answers.V["QID4"].Number != "5" {
		t.Errorf("got %v", r.Answers.V)
	}
}

func TestASurveyWithoutWayBack(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.NoBack, def.NoProgress = true, true
	st := newSite(t, def)
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=9&QID2=1").sees(200, "What do you use?")
	if p.page.Find("button[value=back]").Length() != 0 || p.page.Find("progress").Length() != 0 {
		t.Error("there is a way back, or progress")
	}
	p.send("go=back").sees(200, "What do you use?")
}

func TestComingBackLater(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=9&QID2=1")
	st.clock.Advance(3 * 24 * time.Hour)
	p.open(link.Respond(st.slug)).sees(200, "Page 2 of 3").send("go=back").sees(200, "Page 1 of 3")
	p.open(link.Respond(st.slug)).sees(200, "Page 1 of 3")
	st.visitor(t, true).open(link.Respond(st.slug)).sees(200, "Page 1 of 3")
	if n := len(st.responses(t, models.ResponseInProgress)); n != 1 {
		t.Errorf("%d responses", n)
	}
}

func TestABrowserWithoutCookiesGetsThrough(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, false).open(link.Respond(st.slug) + "?segment=gold")
	p.send("QID1=11").sees(422).send("QID1=9&QID2=1").sees(200, "Page 2 of 3")
	p.send("QID3=1&go=back").sees(200, "Page 1 of 3").send("").sees(200, "Page 2 of 3").send("").sees(200, "Page 3 of 3")
	p.send("QID5=Great").sees(200, "Thank you")
	all := st.responses(t, models.ResponseCompleted)
	if len(all) != 1 || all[0].Fields.V["segment"] != "gold" {
		t.Errorf("got %+v", all)
	}
}

func TestADoubleClickIsHarmless(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	for _, cookies := range []bool{true, false} {
		p := st.visitor(t, cookies).open(link.Respond(st.slug))
		form := p.values()
		form.Set("QID1", "9")
		form.Set("QID2", "1")
		p.post(link.Respond(st.slug), form).sees(200, "Page 2 of 3")
		p.post(link.Respond(st.slug), form).sees(200, "Page 2 of 3")
		p.send("").sees(200, "Page 3 of 3")
		last := p.values()
		last.Set("QID5", "x")
		p.post(link.Respond(st.slug), last).sees(200, "Thank you")
		p.post(link.Respond(st.slug), last).sees(200, "Thank you")
		p.post(link.Respond(st.slug), form).sees(200, "Thank you")
	}
	if n := len(st.responses(t, models.ResponseCompleted)); n != 2 {
		t.Errorf("%d responses, want 2", n)
	}
}

func TestTwoPostsAtOnceCompleteOnce(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	p := st.visitor(t, true).open(link.Respond(st.slug))
	form := p.values()
	form.Set("QID1", "10")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			q := st.visitor(t, false)
			r, err := q.client.PostForm(st.URL+link.Respond(st.slug), form)
			if err != nil {
				t.Error(err)
				return
			}
			q.read(r, nil).sees(200, "Thank you")
		})
	}
	group.Wait()
	if n := len(st.responses(t, models.ResponseCompleted)); n != 1 {
		t.Errorf("%d responses, want 1", n)
	}
}

func TestTamperedFormsChangeNothing(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	ada := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=9&QID2=1")
	token := ada.values().Get("token")
	eve := st.visitor(t, true).open(link.Respond(st.slug))
	for _, c := range []struct{ name, sent string }{
		{"the last page first", "page=" + pageThree + "&QID5=x"},
		{"a page that is none", "page=BL_nowhere&QID1=9&QID2=1"},
		{"no page", "page="},
		{"another's response with a guessed secret", "token=" + token[:len(token)-1] + "!&page=" + pageTwo},
		{"another's response without secret", "token=" + strings.SplitN(token, ".", 2)[0] + "&page=" + pageTwo},
		{"an id of one's own choice", "token=" + models.NewID(models.PrefixResponse) + "." + models.NewCapability() + "&page=" + pageThree},
	} {
		if eve.send(c.sent).sees(200, "Page 1 of 3"); eve.t.Failed() {
			t.Errorf("after: %s", c.name)
		}
	}
	eve.send("QID1=5&QID1=6&QID2=99").sees(422, "This answer is not one of the choices.")
	if n := len(st.responses(t, models.ResponseInProgress)); n != 1 {
		t.Errorf("%d responses, want Ada's alone", n)
	}
	ada.open(link.Respond(st.slug)).sees(200, "Page 2 of 3")
}

func TestHTMLInTextsStaysText(t *testing.T) {
	t.Parallel()
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`
	def := threePages()
	def.Description, def.End.Message = evil, evil
	def.Blocks[0].Title = evil
	for b := range def.Blocks {
		for i := range def.Blocks[b].Questions {
			q := &def.Blocks[b].Questions[i]
			q.Text, q.Help, q.Rules.Message = evil, evil, evil
			for n := range q.Choices {
				q.Choices[n].Text = evil
			}
		}
	}
	def.Blocks[1].Questions[0].Text = "You said ${q://QID2/ChoiceTextEntryValue/3}"
	st := newSite(t, def)
	clean := func(p *person) {
		t.Helper()
		if n := p.page.Find("script, img").Length(); n != 0 {
			t.Errorf("%d elements came out of texts on: %s", n, p.text())
		}
	}
	p := st.visitor(t, true).open(link.Respond(st.slug) + "?segment=" + url.QueryEscape(evil) + "&referrer=" + url.QueryEscape(evil))
	clean(p)
	p.send("QID1=99&QID2=3&QID2_3_TEXT=" + url.QueryEscape(evil)).sees(422)
	clean(p)
	p.send("QID1=1").sees(200, "You said "+evil)
	clean(p)
	p.send("QID3=1&QID3=2&QID3=3&QID4=" + url.QueryEscape(evil)).sees(422)
	clean(p)
	p.send("QID3=1&QID4=2").sees(200)
	p.send("QID5=&QID6=" + url.QueryEscape("</textarea>"+evil)).sees(422)
	clean(p)
	if got := p.page.Find("textarea").Text(); !strings.Contains(got, "</textarea>"+evil) {
		t.Errorf("the text area holds %q", got)
	}
	p.send("QID5="+url.QueryEscape(evil)).sees(200, "Thank you", "\"'>") // what may be formatted loses what is unsafe
	clean(p)
}

func TestLinkParametersFillTheFieldsMarkedForIt(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	st.survey.Draft.V.EmbeddedData = []models.EmbeddedField{{Name: "segment", FromLink: true}, {Name: "internal", Default: "d"}}
	if _, err := st.store.SaveSurveyDraft(t.Context(), st.actor, st.survey, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := st.store.PutSurveyLive(t.Context(), st.actor, st.survey.ID, 0); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	for _, c := range []struct {
		address string
		want    map[string]string
	}{
		{link.Respond(st.slug), map[string]string{"internal": "d"}},
		{link.Respond(st.slug) + "?segment=gold&internal=x&token=y&custom1=1", map[string]string{"internal": "d", "segment": "gold", "custom1": "1"}},
		{link.Respond(st.slug) + "/referrer/a%2Fb%20c/custom8/8/custom9/9/segment", map[string]string{"internal": "d", "referrer": "a/b c", "custom8": "8"}},
		{link.Respond(st.slug) + "/segment/path?segment=query", map[string]string{"internal": "d", "segment": "query"}},
		{link.JFE(st.survey.ID) + "?segment=gold", map[string]string{"internal": "d", "segment": "gold"}},
		{link.JFE(st.survey.ID) + "/referrer/a%2Fb/segment/s?custom2=2", map[string]string{"internal": "d", "referrer": "a/b", "segment": "s", "custom2": "2"}},
	} {
		p := st.visitor(t, true).open(c.address).send("QID1=1&link.internal=forged&link.finished=1").sees(200, "Thank you")
		id := p.page.Find(".reference code").Text()
		r, err := st.store.RespondentResponse(t.Context(), st.survey.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Fields.V) != len(c.want) {
			t.Errorf("%s: got %v", c.address, r.Fields.V)
		}
		for name, value := range c.want {
			if r.Fields.V[name] != value {
				t.Errorf("%s: %s is %q, want %q", c.address, name, r.Fields.V[name], value)
			}
		}
	}
}

func TestPagesThatSayWhyThereIsNoSurvey(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	p := st.visitor(t, true)
	p.open(link.Respond("nowhere")).sees(404, "There is no survey at this link")
	p.open(link.JFE("SV_000000000000000")).sees(404, "There is no survey at this link")
	p.open(link.Respond(st.slug)).send("QID1=3").sees(200, "Thank you")
	st.clock.Advance(2 * time.Hour)
	late := st.visitor(t, true).open(link.Respond(st.slug)).sees(200, "Would you recommend us?")
	if err := st.store.SetSurveyState(t.Context(), st.actor, st.survey.ID, models.SurveyClosed); err != nil {
		t.Fatal(err)
	}
	late.send("QID1=3").sees(403, "This survey is closed")
	st.clock.Advance(time.Second)
	st.visitor(t, true).open(link.Respond(st.slug)).sees(403, "This survey is closed")
	st.visitor(t, true).open(link.JFE(st.survey.ID)).sees(403, "This survey is closed")
	if n := len(st.responses(t, models.ResponseCompleted)); n != 1 {
		t.Errorf("%d responses", n)
	}
}

func TestASurveyOpensAndClosesByItsDates(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	opens, closes := start.Add(24*time.Hour), start.Add(48*time.Hour)
	if err := st.store.SetSurveyDates(t.Context(), st.actor, st.survey.ID, &opens, &closes); err != nil {
		t.Fatal(err)
	}
	p := st.visitor(t, true).open(link.Respond(st.slug)).sees(403, "This survey is not open yet", "23 Nov 2026, 10:00 (UTC)")
	p.post(link.Respond(st.slug), url.Values{"page": {pageOne}, "QID1": {"9"}}).sees(403, "This survey is not open yet")
	st.clock.Set(opens)
	p.open(link.Respond(st.slug)).sees(200, "Would you recommend us?")
	st.clock.Set(closes)
	p.send("QID1=9").sees(403, "This survey is closed")
	if n := len(st.responses(t, models.ResponseCompleted)); n != 0 {
		t.Errorf("%d responses", n)
	}
}

func TestWhoHasAnsweredHearsSo(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=3").sees(200, "Thank you")
	// The browser forgets within an hour that it has only just answered; the test's jar goes by the machine's clock.
	u := p.page.Url
	for _, c := range p.client.Jar.Cookies(u) {
		if c.Name == "response_finished" {
			p.client.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Path: u.Path, MaxAge: -1}})
		}
	}
	p.open(link.With(link.Respond(st.slug), "done", "1")).sees(200, "You have already answered")
	again, _ := p.page.Find("a.button").Attr("href")
	p.open(again).sees(200, "Would you recommend us?").send("QID1=4").sees(200, "Thank you")
	if n := len(st.responses(t, models.ResponseCompleted)); n != 2 {
		t.Errorf("%d responses", n)
	}
}

func TestTheEndLeadsOn(t *testing.T) {
	t.Parallel()
	def := onePage()
	def.End.Redirect = "https://shop.example.com/thanks?r=${rm://Field/ResponseID}&s=${q://QID1/SelectedChoicesRecode}"
	st := newSite(t, def)
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=3").sees(200, "You are being taken to shop.example.com.")
	want := "https://shop.example.com/thanks?r=" + st.responses(t, models.ResponseCompleted)[0].ID + "&s=3"
	if got := p.header.Get("Refresh"); got != "0; url="+want {
		t.Errorf("the page leads to %q, want %s", got, want)
	}
	if got := p.page.Find("a.button").AttrOr("href", ""); got != want {
		t.Errorf("the link leads to %q", got)
	}
}

func TestACompletedResponseStartsItsWorkflow(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &st.survey.ID, OwnerID: st.actor.UserID, Name: "Tell", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{
		Event:     models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}},
		Condition: &models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "7"},
		Tasks:     []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(`{"method":"GET","url":"https://example.com"}`)}},
	}
	if err := st.store.CreateWorkflow(t.Context(), st.actor, w); err != nil {
		t.Fatal(err)
	}
	if _, err := st.store.PutWorkflowLive(t.Context(), st.actor, w.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := st.store.SetWorkflowEnabled(t.Context(), st.actor, w.ID, true); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=9").sees(200, "Thank you")
	st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=2").sees(200, "Thank you")
	n, err := st.store.WaitingRuns(t.Context(), w.ID)
	if err != nil || n != 1 {
		t.Errorf("%d runs wait (%v), want 1", n, err)
	}
}

func TestPagesAreSmallAndPrivate(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug))
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	csp := p.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "script-src 'self';") {
		t.Errorf("the policy is %q", csp)
	}
	size := p.size
	p.page.Find("link[rel=stylesheet], script").Each(func(_ int, s *goquery.Selection) {
		if !s.Is("link") {
			t.Error("the page has a script")
			return
		}
		size += st.visitor(t, false).open(s.AttrOr("href", "")).size
	})
	t.Logf("page and style sheet: %d bytes", size)
	if size > 60_000 {
		t.Errorf("page and style sheet have %d bytes", size)
	}
	cookie := ""
	for _, c := range p.header["Set-Cookie"] {
		cookie += c
	}
	for _, want := range []string{"Path=" + link.Respond(st.slug) + ";", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
}

func TestFormsThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	p := st.visitor(t, true).open(link.Respond(st.slug))
	p.post(link.Respond(st.slug), url.Values{"QID1": {strings.Repeat("x", 2<<20)}}).sees(413, "too large")
	many := url.Values{}
	for range 6000 {
		many.Add("QID1", "1")
	}
	p.post(link.Respond(st.slug), many).sees(413, "too large")
}

func TestThePageSpeaksItsLanguage(t *testing.T) {
	t.Parallel()
	def := onePage()
	def.Language = "ar"
	st := newSite(t, def)
	html := st.visitor(t, true).open(link.Respond(st.slug)).page.Find("html")
	if html.AttrOr("lang", "") != "ar" || html.AttrOr("dir", "") != "rtl" {
		t.Errorf("got lang %q and dir %q", html.AttrOr("lang", ""), html.AttrOr("dir", ""))
	}
}

func TestEveryQuestionTypeHasItsFields(t *testing.T) {
	t.Parallel()
	for _, kind := range models.QuestionTypes {
		draft := &models.Survey{}
		draft.Draft.V = onePage()
		draft.Draft.V.Blocks[0].Questions = nil
		q, err := survey.AddQuestion(draft, pageOne, kind)
		if err != nil {
			t.Fatal(err)
		}
		q.Text, q.Help, q.Required = "Asked", "Helped", false
		for i := range q.Choices {
			q.Choices[i].Text = "One"
		}
		for i := range q.Rows {
			q.Rows[i].Text = "Two"
		}
		p := newSite(t, draft.Draft.V).visitor(t, true)
		p.open(link.Respond(p.site.slug)).sees(200, "Asked", "Helped")
		first := "#f-QID1[name^=QID1]"
		if kind.HasRows() {
			first = "#f-QID1_1[name=QID1_1]"
		}
		if n := p.page.Find(first).Length(); n != 1 && kind.Answered() {
			t.Errorf("a question of type %s has %d fields for the error summary to lead to", kind, n)
		}
		for _, field := range p.page.Find("form [name^=QID]").EachIter() {
			id := field.AttrOr("id", "")
			if p.page.Find("label[for='"+id+"']").Length() == 0 && field.Closest("label").Length() == 0 {
				t.Errorf("a field of type %s has no label: %s", kind, id)
			}
		}
		p.send("").sees(200, "Thank you")
	}
}
