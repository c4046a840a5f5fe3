package handlers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/frame"
)

func TestPagesOfWorkflowsInABrowser(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	empty := map[string]string{"workflows-none": link.Workflows(), "runs-none": link.Runs(), "receivers-none": link.Receivers()}
	chromium := browsertest.New(t)
	look := chromium.Open(a.server.URL+link.SignIn(), pageViews[0])
	signInPage(a, look)
	for name, path := range empty {
		look.Goto(a.server.URL + path)
		look.Screenshot(name)
		look.CheckAccessibility()
	}
	pages := a.flowPages(t, b)
	for _, view := range pageViews {
		p := chromium.Open(a.server.URL+link.Workflows(), view) // the pages share their cookies
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

// flowPages makes one of everything and gives the addresses of the pages that show it.
func (a *app) flowPages(t *testing.T, b *browser) map[string]string {
	t.Helper()
	id, run, tasks := a.tested(t, b)
	c := a.works(t)
	failed := attempt(run, tasks[0], 2, models.AttemptFailed)
	a.finish(t, c, store.Next{State: store.NextDone, Status: models.RunFailed, Error: *failed.Error}, attempt(run, tasks[0], 1, models.AttemptRetried), failed)
	waiting := b.post(link.RunReplay(run), "from", "start").to("")
	b.post(link.WorkflowCondition(id), "revision", b.draftRevision(id), "c.kind", "all", "c.0.field", "${q://QID1/SelectedChoicesRecode}", "c.0.operator", "lessThan", "c.0.right", "3",
		"c.1.kind", "any", "c.1.0.field", "${e://Field/segment}", "c.1.0.operator", "equalTo", "c.1.0.right", "gold", "c.1.1.left", "${m://x}", "c.1.1.operator", "notEmpty").to("")
	b.post(link.Tasks(id), "revision", b.draftRevision(id), "type", "webService", "position", "1").to("")
	receiver := b.receiver("name", "Try out the CRM", "delay", "250", "contentType", "application/json", "body", `{"ok":true}`)
	at := time.Now().UTC().Add(-time.Minute).Truncate(time.Microsecond)
	request := ""
	for i := range 3 {
		request = a.arrives(receiver, models.ReceivedRequest{
			Method: []string{"POST", "GET", "DELETE"}[i], Path: "/tickets/" + strings.Repeat("long", 20*i), Body: `{"name":"Ada","list":[1,2,3]}`,
			Size: 29, IP: "192.0.2.1", At: at.Add(time.Duration(i) * time.Second), Headers: models.JSON[[]models.Header]{V: []models.Header{
				{Name: "Content-Type", Value: "application/json"}, {Name: "X-Surveyflow-Run", Value: run}, {Name: "X-Long", Value: strings.Repeat("value", 60)},
			}},
		})
	}
	quiet := b.receiver("name", "Quiet")
	survey := a.definitionSurvey(t, id)
	return map[string]string{
		"workflows": link.Workflows(), "survey-workflows": link.SurveyWorkflows(survey), "workflow-new": link.WorkflowNew(),
		"editor": link.Workflow(id), "editor-task": frame.EditorPath(id, frame.EditTask+tasks[0]), "editor-event": frame.EditorPath(id, frame.EditEvent),
		"editor-condition": frame.EditorPath(id, frame.EditCondition), "editor-add": frame.EditorPath(id, frame.EditAdd+"1"),
		"editor-problems": link.With(frame.EditorPath(id, frame.EditTask+a.definition(id).Tasks[1].ID), "check", "1"),
		"editor-test":     frame.EditorPath(id, frame.EditTest), "editor-delete": frame.EditorPath(id, frame.EditDelete), "editor-settings": frame.EditorPath(id, frame.EditSettings),
		"runs": link.Runs(), "workflow-runs": link.WorkflowRuns(id), "runs-nothing": link.With(link.Runs(), "status", "canceled"), "run-failed": link.Run(run), "run-waiting": waiting,
		"receivers": link.Receivers(), "receiver-new": link.ReceiverNew(), "receiver": link.Receiver(receiver), "receiver-request": link.ReceiverRequest(receiver, request),
		"receiver-quiet": link.Receiver(quiet),
	}
}

func (a *app) definitionSurvey(t *testing.T, workflowID string) string {
	t.Helper()
	w, err := a.store.Workflow(t.Context(), a.actor(ada), workflowID)
	if err != nil {
		t.Fatal(err)
	}
	return *w.SurveyID
}

func TestTheEditorByKeyboard(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://crm.example.com/")
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.Workflow(id))
	browsertest.Eval[any](p, `document.getElementById("step-task-`+task+`").focus()`)
	p.Press(kb.Enter)
	p.Wait("#panel")
	if got := browsertest.Eval[string](p, `document.activeElement.id`); got != "panel-title" {
		t.Errorf("the focus is on %q when the panel opens", got)
	}
	if !strings.HasSuffix(p.URL(), "task-"+task) {
		t.Errorf("the address of an open card is %s", p.URL())
	}

	// A header row, piped text in it, and it is saved without a click.
	browsertest.Eval[any](p, `document.querySelector("[data-add-row=headers]").focus()`)
	p.Press(kb.Enter)
	p.Press("X-Segment" + kb.Tab + "is ")
	browsertest.Eval[any](p, `document.querySelector("#headers .sf-pipe").focus()`)
	p.Press(kb.Enter)
	p.Wait("#piped-search")
	p.Press("segm")
	p.Press(kb.ArrowDown)
	p.Press(kb.Enter)
	p.WaitGone("#piped:popover-open")
	if got := p.Value("#f-config-headers-0-value"); got != "is ${e://Field/segment}" {
		t.Errorf("the value is %q", got)
	}
	saved := `new Promise((done, fail) => { let n = 0; const look = () => document.getElementById("saved").textContent.includes("Saved") ? done(true) : ++n > 200 ? fail("not saved") : setTimeout(look, 50); look(); })`
	browsertest.Eval[bool](p, saved)
	p.Fill("#f-summary", "Tell the CRM")
	p.Press(kb.Tab)
	browsertest.Eval[bool](p, strings.Replace(saved, `document.getElementById("saved").textContent.includes("Saved")`, `document.getElementById("flow").textContent.includes("Tell the CRM")`, 1))
	config := a.webService(id, 0)
	if len(config.Headers) != 1 || config.Headers[0] != (models.HeaderSpec{Key: "X-Segment", Value: "is ${e://Field/segment}"}) {
		t.Errorf("saved %+v", config.Headers)
	}

	// The sent form still fits the draft that was saved in the background.
	browsertest.Eval[any](p, `[...document.querySelectorAll("#panel button")].find((b) => b.textContent.includes("Save draft")).focus()`)
	p.Press(kb.Enter)
	p.Wait("#flashes [data-flash]")
	p.Click("#put-live button")
	p.Wait("#strip time")
	if got := p.Text("#workflow-status"); !strings.Contains(got, "On") {
		t.Errorf("after putting live the workflow is %s", got)
	}
}

func TestTheEditorInTwoTabs(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://crm.example.com/")
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+task))
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "config.method", "POST", "config.url", "https://theirs.example/").to("")
	browsertest.Eval[any](p, `document.getElementById("f-config-url").value = "https://mine.example/"`)
	save := `[...document.querySelectorAll("#panel button")].find((b) => b.textContent.includes("Save draft")).click()`
	browsertest.Eval[any](p, save)
	p.Wait("#panel a[href*='edit=task']")
	if got := p.Value("#f-config-url"); got != "https://mine.example/" || !strings.Contains(p.Text("#panel"), "changed meanwhile") {
		t.Errorf("the second tab shows %q and says %q", got, p.Text("#panel"))
	}
	browsertest.Eval[any](p, save)
	p.Wait("#flashes [data-flash]")
	if got := a.webService(id, 0).URL; got != "https://mine.example/" {
		t.Errorf("saving over it left %q", got)
	}

	// A link that leaves the editor leaves it.
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditEvent))
	p.Click("#panel a[href='" + link.Survey(survey) + "']")
	p.Wait("a[aria-current='page'][href='" + link.SurveyBuild(survey) + "']")
	p.Complaints() // the browser tells of the status 409
}

func TestLeavingTheEditorLosesNothing(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://crm.example.com/")
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+task))
	p.Fill("#f-summary", "Typed and left for another card")
	p.Click("#step-event")
	p.Wait("#panel input[name=includeImported]")
	if got := a.definition(id).Tasks[0].Summary; got != "Typed and left for another card" {
		t.Errorf("the name is %q after another card was opened", got)
	}
	p.Click("#panel input[name=includeImported]")
	browsertest.Eval[any](p, `[...document.querySelectorAll("#panel button")].find((b) => b.textContent.includes("Save draft")).click()`)
	p.Wait("#flashes [data-flash]")
	if got := p.Text("#flashes"); !strings.Contains(got, "saved") {
		t.Errorf("the next card says %q", got)
	}
	if !a.definition(id).Event.IncludeImported {
		t.Error("the next card was not saved")
	}

	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+task))
	p.Fill("#f-summary", "Typed and put live at once")
	p.Click("#put-live button")
	p.Wait("#strip time")
	w, err := a.store.Workflow(t.Context(), a.actor(ada), id)
	if err != nil || w.Changed() || w.Draft.V.Tasks[0].Summary != "Typed and put live at once" {
		t.Errorf("live is not what was typed: changed %v, %+v, %v", w.Changed(), w.Draft.V.Tasks[0], err)
	}

	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+task))
	p.Fill("#f-summary", "Typed and left the page")
	p.Goto(a.server.URL + link.Runs())
	eventually(t, "what was typed last is saved", func() bool {
		return a.definition(id).Tasks[0].Summary == "Typed and left the page"
	})
}

func TestAReceiversPageFillsByItself(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	id := b.receiver()
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.Receiver(id))
	a.arrives(id, models.ReceivedRequest{Method: "POST", Path: "/first", Body: "hello", At: time.Now().UTC()})
	p.Wait("#request-title")
	if got := p.Text("#request-body"); got != "hello" {
		t.Errorf("the first request shows %q", got)
	}
	browsertest.Eval[any](p, `document.querySelector(".sf-list-link").focus()`)
	focused := browsertest.Eval[string](p, `document.activeElement.id`)
	a.arrives(id, models.ReceivedRequest{Method: "PUT", Path: "/second", At: time.Now().UTC().Add(time.Second)})
	p.Wait("#requests li:nth-child(2)")
	if got := browsertest.Eval[string](p, `document.activeElement.id`); got != focused {
		t.Errorf("the focus went from %q to %q when the list was refreshed", focused, got)
	}
}
