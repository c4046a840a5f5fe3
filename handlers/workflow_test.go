package handlers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

const ada, bob = "ada@example.com", "bob@example.com"

// nasty is text that must always stay text.
const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>${q://QID1/x}`

// workflow makes a workflow through the pages and gives its id and the id of its first task.
func (b *browser) workflow(surveyID, url string) (id, taskID string) {
	b.app.t.Helper()
	at := b.post(link.Workflows(), "surveyId", surveyID, "starter", workflowpages.StarterSend, "url", url, "name", "Tell the CRM").to("")
	path, query, _ := strings.Cut(strings.TrimSuffix(at, "&check=1"), "?edit=task-") // without an address it is checked at once
	id = strings.TrimPrefix(path, link.Workflows()+"/")
	if !models.ValidID(models.PrefixWorkflow, id) || !models.ValidID(models.PrefixTask, query) {
		b.app.t.Fatalf("the new workflow is at %s", at)
	}
	return id, query
}

// editor opens a workflow's editor with its panel showing something.
func (b *browser) editor(id, edit string) *page {
	b.app.t.Helper()
	return b.get(frame.EditorPath(id, edit)).is(http.StatusOK)
}

// draftRevision gives the revision that the editor's forms carry now.
func (b *browser) draftRevision(id string) string {
	b.app.t.Helper()
	return b.editor(id, frame.EditSettings).value("revision")
}

// definition gives the draft of a workflow.
func (a *app) definition(id string) models.WorkflowDefinition {
	a.t.Helper()
	w, err := a.store.Workflow(a.t.Context(), a.actor(ada), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return w.Draft.V
}

func (a *app) webService(id string, task int) models.WebServiceConfig {
	a.t.Helper()
	var c models.WebServiceConfig
	if err := json.Unmarshal(a.definition(id).Tasks[task].Config, &c); err != nil {
		a.t.Fatal(err)
	}
	return c
}

func TestFromAnEmptyListToALiveWorkflow(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	b.get(link.Workflows()).is(http.StatusOK).says("main", "No workflows yet").says("main", "Send responses to a URL")
	b.get(link.WorkflowNew()).is(http.StatusOK).says("main", "Make a survey first")
	survey, _ := a.sample(t, b)
	b.get(link.With(link.WorkflowNew(), "survey", survey)).is(http.StatusOK).says("select[name=surveyId]", "How was your visit")

	id, task := b.workflow(survey, "https://crm.example.com/tickets?lang=${e://Field/segment}")
	config := a.webService(id, 0)
	if config.Method != "POST" || len(config.Body.Pairs) < 8 || config.Body.Pairs[2] != (models.PairSpec{
		Key: "Q1", Value: "${q://QID1/ChoiceGroup/SelectedChoices}", DataType: "systemDefault", OnCastFailure: "error",
	}) {
		t.Errorf("the starter makes %+v", config.Body)
	}
	p := b.editor(id, frame.EditTask+task).says("#strip", "Not live yet").says("#flow", "POST to crm.example.com")
	if got := p.value("config.url"); got != config.URL {
		t.Errorf("the form shows the URL %q", got)
	}
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to(link.Workflow(id))
	b.editor(id, "").says("#strip", "On: every event that fits").says("#workflow-status", "On").says("main", "Turn off").says("#flashes", "Version 1 is live")
	b.get(link.Workflows()).says("td", "Tell the CRM")
	b.get(link.SurveyWorkflows(survey)).is(http.StatusOK).says("td", "Tell the CRM")

	b.post(link.WorkflowDisable(id)).to(link.Workflow(id))
	b.editor(id, "").says("#strip", "Off:").says("#workflow-status", "Off")
	b.post(link.WorkflowEnable(id)).to(link.Workflow(id))
	b.post(link.Workflow(id), "name", "Another name").to(link.Workflow(id))
	b.editor(id, "").says("h1", "Another name").says("#workflow-status", "On")
	b.editor(id, frame.EditDelete).says("#panel", "Delete “Another name”?")
	b.post(link.WorkflowDelete(id)).to(link.Workflows())
	b.get(link.Workflow(id)).is(http.StatusNotFound)
}

func TestTheEditorSaysWhatRunsAndWhatWouldChange(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://crm.example.com/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to(link.Workflow(id))

	b.post(link.WorkflowCondition(id), "revision", b.draftRevision(id), "do", "add:c").to(frame.EditorPath(id, frame.EditCondition))
	b.post(link.Tasks(id), "revision", b.draftRevision(id), "type", "webService", "position", "0").to("")
	p := b.editor(id, "").says("#workflow-status", "On, with changes not yet live").says("#strip", "A condition is added").
		says("#strip", "The task “Call a web service” is added").says("#put-live", "Put live").says("#flow", "New").says("#flow", "1 thing to complete")
	if got := p.words("#flow .sf-step:nth-child(1)"); !strings.Contains(got, "A response is completed") {
		t.Errorf("the flow begins with %q", got)
	}
	added := a.definition(id).Tasks[0].ID
	b.post(link.TaskMove(id, added), "revision", b.draftRevision(id), "to", "down").to(frame.EditorPath(id, frame.EditTask+added))
	if tasks := a.definition(id).Tasks; tasks[0].ID != task || tasks[1].ID != added {
		t.Error("the task did not move")
	}
	b.post(link.TaskDelete(id, added), "revision", b.draftRevision(id)).to(link.Workflow(id))
	b.post(link.WorkflowCondition(id), "revision", b.draftRevision(id), "do", "remove:c").to("")
	b.editor(id, "").says("#workflow-status", "On")
	if got := b.editor(id, "").words("#strip"); strings.Contains(got, "draft") {
		t.Errorf("a draft that says what is live still counts as changed: %s", got)
	}

	b.post(link.WorkflowEvent(id), "revision", b.draftRevision(id), "on", "updated").to("")
	b.editor(id, "").says("#strip", "The event that starts it")
	b.post(link.WorkflowDiscard(id)).to(link.Workflow(id))
	if on := a.definition(id).Event.On; len(on) != 1 || on[0] != "created" {
		t.Errorf("after discarding the event is about %v", on)
	}
}

func TestAnUnfinishedTaskIsSavedAndSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "")
	form := []string{
		"revision", b.draftRevision(id), "summary", "Half done", "config.method", "POST", "config.url", "ftp://x.example", "config.timeoutSeconds", "99",
		"config.headers[3].key", "bad name", "config.headers[3].value", "v", "config.body.format", "json", "config.body.mode", "keyValue",
		"config.body.pairs[0].key", "", "config.body.pairs[0].value", "${q://QID99/ChoiceTextEntryValue}", "config.body.pairs[0].dataType", "number",
		"retry", "own", "retry.delays", "5 s, soon", "onFailure", "stop",
	}
	p := b.post(link.Task(id, task), form...).is(http.StatusUnprocessableEntity).says(".error-summary", "Saved as a draft")
	for field, want := range map[string]string{
		"config-url": "http", "config-timeoutSeconds": "30", "config-headers-0-key": "bad name", "config-body-pairs-0-key": "key", "retry-delays": "soon",
	} {
		p.says("#f-"+field+"-error", want)
		if p.Find(".error-summary a[href='#f-"+field+"']").Length() != 1 || p.Find("#f-"+field).Length() != 1 {
			t.Errorf("the summary does not lead to %s", field)
		}
	}
	if p.value("config.url") != "ftp://x.example" || p.value("config.body.pairs[0].value") != "${q://QID99/ChoiceTextEntryValue}" {
		t.Error("the form lost what was typed")
	}
	if spec := a.definition(id).Tasks[0]; spec.Summary != "Half done" || spec.OnFailure != models.FailureStop || a.webService(id, 0).URL != "ftp://x.example" {
		t.Errorf("the draft was not saved: %+v", spec)
	}
	live := b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).is(http.StatusUnprocessableEntity).says(".error-summary", "Task 1:")
	if href := live.Find(".error-summary a").First().AttrOr("href", ""); !strings.HasPrefix(href, frame.EditorPath(id, frame.EditTask+task)) {
		t.Errorf("the first problem leads to %q", href)
	}
	b.get(link.With(frame.EditorPath(id, frame.EditTask+task), "check", "1")).is(http.StatusOK).says("#f-config-url-error", "http")

	// What cannot even be kept as a draft is shown as it was typed.
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "config.timeoutSeconds", "soon", "config.url", "https://kept.example").
		is(http.StatusUnprocessableEntity).says("#f-config-timeoutSeconds-error", "whole number")
}

func TestAFormOfAnOlderDraftIsNotSavedAndNotLost(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	old := b.draftRevision(id)
	b.post(link.Task(id, task), "revision", old, "config.method", "POST", "config.url", "https://theirs.example/").to("")
	p := b.post(link.Task(id, task), "revision", old, "config.method", "PUT", "config.url", "https://mine.example/").is(http.StatusConflict).
		says("#panel", "This workflow was changed meanwhile")
	if p.value("config.url") != "https://mine.example/" || a.webService(id, 0).URL != "https://theirs.example/" {
		t.Error("the second form was saved, or what was typed is lost")
	}
	b.post(link.Task(id, task), "revision", p.value("revision"), "config.method", "PUT", "config.url", p.value("config.url")).to("")
	if got := a.webService(id, 0).URL; got != "https://mine.example/" {
		t.Errorf("saving over it left %q", got)
	}
	for _, form := range []*page{
		b.post(link.WorkflowCondition(id), "revision", old, "do", "add:c"),
		b.post(link.WorkflowEvent(id), "revision", old, "on", "updated"),
		b.post(link.Tasks(id), "revision", old, "type", "webService", "position", "0"),
		b.post(link.TaskMove(id, task), "revision", old, "to", "up"),
		b.post(link.TaskDelete(id, task), "revision", old),
		b.post(link.WorkflowPutLive(id), "revision", old),
	} {
		form.is(http.StatusConflict).says("main", "changed meanwhile")
	}
	for _, revision := range []string{"", "0", "-1", "x"} {
		b.post(link.Task(id, task), "revision", revision).is(http.StatusUnprocessableEntity)
	}
}

func TestTheEditorSavesInTheBackground(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	revision := b.draftRevision(id)
	b.header.Set("HX-Request", "true")
	p := b.post(link.Task(id, task), "revision", revision, "autosave", "1", "config.method", "POST", "config.url", "", "summary", "Typing").is(http.StatusOK)
	if p.Find("html").Length() == 1 && strings.Contains(p.text, "<!doctype") {
		t.Error("saving in the background answers a whole page")
	}
	if got := p.Find("input[name=revision]").AttrOr("value", ""); got == revision || got == "" {
		t.Errorf("the page would go on with revision %q", got)
	}
	p.says("#step-task-"+task+"-body", "Typing").says("#step-task-"+task+"-body", "to complete").says("#saved", "Saved")
	wrong := b.post(link.Task(id, task), "revision", p.Find("input[name=revision]").AttrOr("value", ""), "autosave", "1", "config.timeoutSeconds", "soon").is(http.StatusOK)
	wrong.says("#flashes", "Not saved yet")
	b.post(link.WorkflowEvent(id), "revision", p.Find("input[name=revision]").AttrOr("value", ""), "autosave", "1").is(http.StatusOK).says("#flashes", "Choose at least one")
	stale := b.post(link.Task(id, task), "revision", revision, "autosave", "1", "config.url", "x").is(http.StatusConflict)
	if !strings.Contains(stale.header.Get("X-Error"), "changed") {
		t.Errorf("an older draft in the background says %q", stale.header.Get("X-Error"))
	}
	b.header.Del("HX-Request") // as a page sends it that is being left
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "autosave", "1", "config.url", "https://last.example/").is(http.StatusNoContent)
	if got := a.webService(id, 0).URL; got != "https://last.example/" {
		t.Errorf("what was typed last is lost: %q", got)
	}
}

func TestConditionsAreEditedWithoutScripts(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://a.example/")
	b.editor(id, frame.EditAdd+"0").says("#panel", "Only if")
	b.post(link.WorkflowCondition(id), "revision", b.draftRevision(id), "do", "add:c").to("")
	p := b.editor(id, frame.EditCondition)
	fields := []string{
		"revision", p.value("revision"), "c.kind", "all", "c.0.field", "${q://QID1/SelectedChoicesRecode}", "c.0.operator", "lessThan", "c.0.right", "3",
		"do", "group:c",
	}
	b.post(link.WorkflowCondition(id), fields...).to("")
	p = b.editor(id, frame.EditCondition).says("#flow", "How did you like the exhibition? · value is less than 3")
	if p.Find("datalist#choices-QID1-recode option[value='5']").Length() != 1 {
		t.Error("the values of the question's choices are not offered")
	}
	b.post(link.WorkflowCondition(id), "revision", p.value("revision"), "c.kind", "all", "c.0.field", "${q://QID1/SelectedChoicesRecode}", "c.0.operator", "lessThan", "c.0.right", "3",
		"c.1.kind", "any", "c.1.0.left", "${e://Field/a}"+nasty, "c.1.0.operator", "matchesRegex", "c.1.0.right", "[").
		is(http.StatusUnprocessableEntity).says("#f-c-1-0-right-error", "regular expression")
	want := models.Condition{All: []models.Condition{
		{Left: "${q://QID1/SelectedChoicesRecode}", Operator: "lessThan", Right: "3"},
		{Any: []models.Condition{{Left: "${e://Field/a}" + nasty, Operator: "matchesRegex", Right: "["}}},
	}}
	if got, _ := json.Marshal(a.definition(id).Condition); string(got) != string(must(json.Marshal(want))) {
		t.Errorf("saved %s", got)
	}
	p = b.editor(id, frame.EditCondition)
	if got := p.value("c.1.0.left"); got != "${e://Field/a}"+nasty {
		t.Errorf("the form shows %q", got)
	}
	noScripts(t, p)
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// noScripts checks that nothing that somebody typed became a part of the page.
func noScripts(t *testing.T, p *page) {
	t.Helper()
	if n := p.Find("script:not([src]), [onerror], img").Length(); n > 0 {
		t.Errorf("%s: %d scripts or images came out of a text", p.asked, n)
	}
}

func TestEverythingThatIsTypedStaysText(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	b.post(link.Workflow(id), "name", nasty).to("")
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "summary", nasty, "config.method", nasty, "config.url", nasty, "config.body.format", "json",
		"config.body.mode", "keyValue", "config.body.pairs[0].key", nasty, "config.body.pairs[0].value", nasty, "config.body.pairs[0].dataType", nasty,
		"config.headers[0].key", nasty, "config.headers[0].value", nasty, "retry", "own", "retry.delays", nasty, "responseId", response)
	for _, edit := range []string{"", frame.EditTask + task, frame.EditEvent, frame.EditSettings, frame.EditTest, frame.EditDelete, frame.EditAdd + "1", nasty} {
		noScripts(t, b.editor(id, edit))
	}
	p := b.editor(id, frame.EditTask+task)
	for name, want := range map[string]string{
		"summary": nasty, "config.url": nasty, "config.body.pairs[0].key": nasty, "config.headers[0].value": nasty, "retry.delays": nasty,
	} {
		if got := p.value(name); got != want {
			t.Errorf("%s shows %q", name, got)
		}
	}
	noScripts(t, b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).is(http.StatusUnprocessableEntity))
	for _, path := range []string{link.Workflows(), link.SurveyWorkflows(survey), link.WorkflowRuns(id), link.With(link.Workflows(), "q", nasty), link.With(link.Runs(), "q", nasty)} {
		noScripts(t, b.get(path).is(http.StatusOK))
	}
}

func TestATaskIsTriedForReal(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	var got string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(nasty))
	}))
	t.Cleanup(service.Close)
	id, task := b.workflow(survey, "https://a.example/")
	form := []string{
		"revision", b.draftRevision(id), "config.method", "POST", "config.url", service.URL + "/tickets", "config.body.format", "json", "config.body.mode", "keyValue",
		"config.body.pairs[0].key", "work", "config.body.pairs[0].value", "${q://QID4/ChoiceTextEntryValue}", "responseId", response,
	}
	p := b.post(link.TaskTest(id, task), form...).is(http.StatusOK).says("#trial", "Failed").says("#trial", "418").says("#trial", "Request").says("#trial", "Time of the call")
	if got != `{"work":"The blue one"}` {
		t.Errorf("the service got %q", got)
	}
	form[1], form[len(form)-1] = b.draftRevision(id), ""
	b.post(link.TaskTest(id, task), form...).is(http.StatusOK)
	if got != `{"work":"Sample answer"}` {
		t.Errorf("with sample values the service got %q", got)
	}
	noScripts(t, p)
	if p.Find("#trial code").Length() < 2 || !strings.Contains(p.words("#trial"), "<script>alert(1)</script>") {
		t.Error("the response's body is not shown as text")
	}
	if a.webService(id, 0).URL != service.URL+"/tickets" {
		t.Error("trying a task did not save its form")
	}
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.method", "POST", "config.url", "").is(http.StatusUnprocessableEntity).
		says("#trial", "cannot be tried yet").says("#f-config-url-error", "Enter the address")
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.method", "POST", "config.url", "https://x.example/", "responseId", "R_0123456789abcde").
		is(http.StatusUnprocessableEntity).says("#panel", "not there any more")
}

func TestATestRunsTheLiveVersion(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	id, _ := b.workflow(survey, "https://a.example/")
	b.post(link.WorkflowTest(id), "responseId", response).is(http.StatusConflict)
	drafted := b.post(link.WorkflowTest(id), "responseId", response, "what", workflowpages.TestDraft).to("")
	b.get(drafted).is(http.StatusOK).says("#run", "Test").says("#run", "A draft that was tested")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to("")
	b.editor(id, frame.EditTest).says("#panel option", response)
	b.post(link.WorkflowTest(id), "responseId", "R_0123456789abcde").is(http.StatusUnprocessableEntity).says("#panel", "not there any more")
	at := b.post(link.WorkflowTest(id), "responseId", response).to("")
	b.get(at).is(http.StatusOK).says("#run", "Test").says("#run", "Scheduled").says("#run", "Survey response")
}

func TestAnEventNeedsSomethingToWaitFor(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://a.example/")
	b.post(link.WorkflowEvent(id), "revision", b.draftRevision(id), "includeImported", "on").is(http.StatusUnprocessableEntity).says("#panel", "Choose at least one")
	b.post(link.WorkflowEvent(id), "revision", b.draftRevision(id), "on", "updated", "on", "created", "includeIncomplete", "on").to("")
	e := a.definition(id).Event
	if strings.Join(e.On, " ") != "created updated" || !e.IncludeIncomplete || e.IncludeImported {
		t.Errorf("saved %+v", e)
	}
	b.editor(id, "").says("#flow", "completed or changed").says("#flow", "also incomplete ones")
}

func TestNewWorkflowsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	p := b.post(link.Workflows(), "surveyId", "SV_nothing", "starter", workflowpages.StarterSend, "url", nasty, "name", nasty).is(http.StatusUnprocessableEntity).
		says("#f-surveyId-error", "Choose one of your surveys")
	if p.value("name") != nasty || p.value("url") != nasty {
		t.Error("the form lost what was typed")
	}
	noScripts(t, p)
	b.post(link.Workflows(), "surveyId", survey, "name", strings.Repeat("x", 201)).is(http.StatusUnprocessableEntity).says("#f-name-error", "200 characters")
	at := b.post(link.Workflows(), "surveyId", survey, "starter", workflowpages.StarterEmpty).to("")
	b.get(at).says("h1", "Untitled workflow").says("#flow", "Add the first task")
	id := strings.TrimPrefix(at, link.Workflows()+"/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).is(http.StatusUnprocessableEntity).says(".error-summary", "at least one task")
	b.post(link.Workflow(id), "name", "").is(http.StatusUnprocessableEntity).says("#f-name-error", "name")
}

func TestWorkflowsAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("admin@example.com")
	owner, other := a.person(ada), a.person(bob)
	survey, response := a.sample(t, owner)
	id, task := owner.workflow(survey, "https://a.example/")
	owner.post(link.WorkflowPutLive(id), "revision", owner.draftRevision(id)).to("")
	run := strings.TrimPrefix(owner.post(link.WorkflowTest(id), "responseId", response).to(""), link.Runs()+"/")
	revision := owner.draftRevision(id)
	for _, path := range []string{link.Workflow(id), link.WorkflowRuns(id), link.Run(run), link.SurveyWorkflows(survey)} {
		other.get(path).is(http.StatusNotFound)
	}
	for _, path := range []string{
		link.Workflow(id), link.WorkflowEvent(id), link.WorkflowCondition(id), link.Tasks(id), link.Task(id, task), link.TaskMove(id, task), link.TaskDelete(id, task),
		link.TaskTest(id, task), link.WorkflowPutLive(id), link.WorkflowDiscard(id), link.WorkflowEnable(id), link.WorkflowDisable(id), link.WorkflowTest(id),
		link.WorkflowDelete(id), link.RunReplay(run), link.RunCancel(run), link.RunPlay(run),
	} {
		other.post(path, "revision", revision, "name", "Mine", "type", "webService", "on", "created", "responseId", response).is(http.StatusNotFound)
	}
	if got := other.get(link.Workflows()).words("main"); strings.Contains(got, "Tell the CRM") {
		t.Error("somebody else's workflow is listed")
	}
	if got := other.get(link.Runs()).words("main"); strings.Contains(got, "Tell the CRM") {
		t.Error("somebody else's run is listed")
	}
	other.post(link.Workflows(), "surveyId", survey, "starter", "send").is(http.StatusUnprocessableEntity)
	signedOut := a.browser()
	for _, path := range []string{link.Workflows(), link.Workflow(id), link.Runs(), link.Run(run), link.Receivers()} {
		if to := signedOut.get(path).to(""); !strings.HasPrefix(to, link.SignIn()) {
			t.Errorf("%s leads who is not signed in to %s", path, to)
		}
	}
}
