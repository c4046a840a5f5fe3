package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp/kb"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/frame"
)

// sink takes messages, and refuses those to /refuse.
type sink struct {
	*httptest.Server
	mu     sync.Mutex
	header http.Header
	body   string
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.header, s.body = r.Header.Clone(), string(body)
		s.mu.Unlock()
		if r.URL.Path == "/refuse" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) last() (http.Header, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header, s.body
}

// press sends the one form of the wizard as a browser without JavaScript would: with all that it holds, and a button.
func (b *browser) press(p *page, do string, typed ...string) *page {
	b.app.t.Helper()
	form := p.Find("main form[method=post]").First()
	var pairs []string
	form.Find("input, textarea").Each(func(_ int, field *goquery.Selection) {
		name, kind := field.AttrOr("name", ""), field.AttrOr("type", "text")
		_, checked := field.Attr("checked")
		for i := 0; i < len(typed); i += 2 {
			if typed[i] == name {
				return
			}
		}
		if name != "" && (kind != "radio" && kind != "checkbox" || checked) {
			pairs = append(pairs, name, field.AttrOr("value", ""))
		}
	})
	return b.post(form.AttrOr("action", ""), append(append(pairs, typed...), "do", do)...)
}

func TestTheWizardMakesALiveWebhookWithoutJavaScript(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	receiver := newSink(t)
	if href := b.get(link.SurveyWorkflows(id)).Find(`a[href="` + link.WebhookNew(id) + `"]`).Length(); href == 0 {
		t.Error("the workflows of the survey do not lead to the wizard")
	}
	p := b.get(link.WebhookNew(id)).is(http.StatusOK).says("main", "Variables")
	b.press(p, "next", "config.variables", "some").is(http.StatusUnprocessableEntity).says(".error-summary", "Choose at least one variable")
	p = b.press(p, "next", "config.variables", "some", "config.named", "QID3", "config.named", "segment").is(http.StatusOK).says("main", "Under which names")
	p = b.press(p, "next", "config.labels", "data").is(http.StatusOK).says("main", "Test connection")
	secret := p.Find("#webhook-secret").AttrOr("value", "")
	p = b.press(p, "next", "config.url", receiver.URL+"/hook").is(http.StatusUnprocessableEntity).says(".error-summary", "Test the connection first")
	p = b.press(p, "test", "config.url", "http://10.0.0.1/").is(http.StatusUnprocessableEntity)
	p = b.press(p, "test", "config.url", receiver.URL+"/refuse").is(http.StatusOK).says("#trial", "did not take the sample").says("main", "Continue anyway")
	p = b.press(p, "test", "config.url", receiver.URL+"/hook?q=${e://Field/segment}").is(http.StatusOK).says("#trial", "took the sample")
	header, body := receiver.last()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := wh.Verify([]byte(body), header); err != nil || !strings.Contains(body, `"type":"survey.response.test"`) || !strings.Contains(body, `"test":true`) {
		t.Errorf("the sample is %s, %v", body, err)
	}
	// Back and forth keeps what was typed.
	p = b.press(p, "back").is(http.StatusOK)
	if p.Find(`[name="config.labels"][checked]`).AttrOr("value", "") != "data" {
		t.Error("the labels are not those that were chosen")
	}
	p = b.press(p, "back").is(http.StatusOK)
	if n := p.Find(`[name="config.named"][checked]`).Length(); n != 2 {
		t.Errorf("%d variables are chosen", n)
	}
	p = b.press(p, "next").is(http.StatusOK)
	p = b.press(p, "next").is(http.StatusOK).says("main", "The connection was tested")
	p = b.press(p, "next").is(http.StatusOK)
	if _, on := p.Find("[name=enabled]").Attr("checked"); !on {
		t.Error("it is not on by default")
	}
	b.press(p, "next", "name", "").is(http.StatusUnprocessableEntity).says(".error-summary", "Enter a name")
	at := b.press(p, "next", "name", "To the CRM").to("")
	w := a.only(t, id)
	if w.Name != "To the CRM" || !w.Enabled || w.Version != 1 || strings.Contains(string(w.Draft.V.Tasks[0].Config), "whsec_") {
		t.Errorf("the workflow is %+v", w)
	}
	page := b.get(at).is(http.StatusOK).says("#flashes", "is on")
	if got := page.Find("#webhook-secret").AttrOr("value", ""); got != secret {
		t.Errorf("the secret is %q; the wizard showed %q", got, secret)
	}
	// A new one takes its place and the form is saved.
	task := w.Draft.V.Tasks[0].ID
	b.post(link.TaskSecretRotate(w.ID, task), "revision", b.draftRevision(w.ID), "config.url", receiver.URL+"/other", "config.variables", "all", "config.labels", "data", "config.choices", "both",
		"config.ratePerSecond", "2.5", "config.concurrency", "4").to("")
	page = b.get(frame.EditorPath(w.ID, frame.EditTask+task)).says("main", "signs as well. That ends")
	if page.Find("#webhook-secret").AttrOr("value", "") == secret || page.value("config.url") != receiver.URL+"/other" || page.value("config.ratePerSecond") != "2.5" {
		t.Error("the secret or the form is the old one")
	}
	viewer := a.person("bob@example.com")
	b.post(link.SurveyShare(id), "person", a.actor("bob@example.com").UserID, "access", "view").to("")
	if text := viewer.get(at).text; strings.Contains(text, "whsec_") {
		t.Error("who may only look sees the secret")
	}
	viewer.get(link.WebhookNew(id)).is(http.StatusForbidden)
}

// only gives the one workflow of a survey.
func (a *app) only(t *testing.T, surveyID string) models.Workflow {
	t.Helper()
	all, _, err := a.store.Workflows(t.Context(), a.actor("ada@example.com"), store.WorkflowFilter{SurveyID: surveyID})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("the survey has %d workflows", len(all))
	}
	return all[0]
}

func TestAWebhookWhoseConnectionFailsIsMadeOff(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	receiver := newSink(t)
	p := b.get(link.WebhookNew(id))
	p = b.press(p, "next")
	p = b.press(p, "next")
	p = b.press(p, "test", "config.url", receiver.URL+"/refuse").says("#trial", "did not take")
	p = b.press(p, "anyway").is(http.StatusOK).says("main", "stays off")
	at := b.press(p, "next", "enabled", "on", "tested", "x").to("")
	if w := a.only(t, id); w.Enabled || w.Version != 1 {
		t.Errorf("the workflow is on: %v, version %d", w.Enabled, w.Version)
	}
	b.get(at).says("#flashes", "made and off")
}

func TestTheWizardByKeyboardInABrowser(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	receiver := newSink(t)
	chromium := browsertest.New(t)
	for n, view := range pageViews[:2] {
		p := chromium.Open(a.server.URL+link.SignIn(), view)
		if n == 0 {
			signInPage(a, p)
		}
		look := func(name string) {
			t.Helper()
			p.Screenshot("wizard-" + name)
			p.CheckAccessibility()
			p.CheckFits()
		}
		p.Goto(a.server.URL + link.WebhookNew(id))
		look("1")
		browsertest.Eval[any](p, `document.querySelector("[name='config.variables']:checked").focus()`)
		p.Press(kb.ArrowDown)
		look("1-some")
		browsertest.Eval[any](p, `document.querySelector("[name='config.named']").focus()`)
		p.Press(" ")
		p.Follow("form [value=next].btn")
		look("2")
		p.Follow("form [value=next].btn")
		browsertest.Eval[any](p, `document.querySelector("[name='config.url']").focus()`)
		p.Press(receiver.URL + "/refuse")
		p.Follow("form [value=test].btn")
		look("3-refused")
		if at := browsertest.Eval[string](p, `document.activeElement.id`); at != "trial-title" {
			t.Errorf("after the test the focus is on %q", at)
		}
		browsertest.Eval[any](p, `document.querySelector("[name='config.url']").select()`)
		p.Press(receiver.URL + "/hook")
		p.Follow("form [value=test].btn")
		look("3-good")
		p.Follow("form [value=next].btn")
		look("4")
		p.Follow("form [value=next].btn")
		look("made")
		if text := p.Text("main"); !strings.Contains(text, "Signing secret") || !strings.Contains(text, "is on.") {
			t.Errorf("the editor says %.300q", text)
		}
		for _, complaint := range p.Complaints() {
			t.Errorf("%s: %s", view, complaint)
		}
	}
}
