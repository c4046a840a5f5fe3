package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
)

// answering is a service that gives a ticket.
func answering(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ticket":{"id":12345678901234567890,"state":"open"},"tags":["a","b"]}`))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestOutputs_are_chosen_from_the_answer_without_scripts(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, answering(t))
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.method", "GET", "config.url", answering(t), "shows", "outputs").is(http.StatusOK).
		says("#found-outputs", "$.ticket.id").says("#found-outputs", "12345678901234567890")
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "config.method", "GET", "config.url", answering(t), "shows", "outputs", "do", "output:$.ticket.id").to("")
	spec := a.definition(id).Tasks[0]
	if !strings.Contains(string(spec.Config), `"outputs":[{"name":"id","path":"$.ticket.id"}]`) {
		t.Errorf("config %s", spec.Config)
	}
	b.get(frame.EditorPath(id, frame.EditTask+task)).is(http.StatusOK).says("#outputs .sf-output-result", "12345678901234567890").says("#trial", "Succeeded")
	// A form that does not show outputs leaves them alone.
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "config.method", "GET", "config.url", answering(t)).to("")
	if spec := a.definition(id).Tasks[0]; !strings.Contains(string(spec.Config), `"$.ticket.id"`) {
		t.Errorf("config %s", spec.Config)
	}
	for path, want := range map[string]string{"$.tags[*]": `["a","b"]`, "$.none": "Nothing at this path", "$.[": "cannot be read", "": ""} {
		b.post(link.TaskFind(id, task), "config.outputs[0].path", path).is(http.StatusOK).says("body", want)
	}
}

func TestCode_is_tested_with_sample_inputs_and_its_mistakes_are_named(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	b.post(link.Tasks(id), "revision", b.draftRevision(id), "type", "code", "position", "1").to("")
	task := a.definition(id).Tasks[1].ID
	source := "function codeTask(inputs) {\n  console.log('hello', inputs.n);\n  return { double: inputs.n * 2 };\n}"
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.source", source, "sample", `{"n": 21}`).is(http.StatusOK).
		says("#trial", "hello 21").says("#trial", "42")
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.source", source, "sample", `n = 21`).is(http.StatusUnprocessableEntity)
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.source", "function codeTask() {\n  throw new Error('no');\n}").is(http.StatusOK).says("#trial", "line 2")
	b.post(link.TaskCheck(id, task), "config.source", "function codeTask() {\n  const x = ;\n}").is(http.StatusOK).says("body", "Line 2, column 13")
	b.post(link.TaskCheck(id, task), "config.source", source).is(http.StatusOK).says("body", "can be read")
	stranger := a.person("bob@example.com")
	for _, path := range []string{link.TaskCheck(id, task), link.TaskFind(id, task)} {
		stranger.post(path, "config.source", source, "config.outputs[0].path", "$").is(http.StatusNotFound)
	}
}

func TestOutputs_and_code_in_a_browser(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, answering(t))
	b.post(link.TaskTest(id, task), "revision", b.draftRevision(id), "config.method", "GET", "config.url", answering(t)).is(http.StatusOK)
	b.post(link.Tasks(id), "revision", b.draftRevision(id), "type", "code", "position", "1").to("")
	code := a.definition(id).Tasks[1].ID
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+task))
	p.Click(`[data-take="$.ticket.state"]`)
	p.Wait(`#outputs .sf-output-result code`)
	if got := p.Text(`#outputs .sf-output-result code`); got != `"open"` {
		t.Errorf("the output finds %s", got)
	}
	p.CheckAccessibility()
	p.CheckFits()
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditTask+code))
	p.Wait(".sf-code")
	browsertest.Eval[any](p, `document.querySelector(".sf-code").codeView.focus()`)
	p.Press("// 1\n")
	p.Wait("#code-check .text-ok")
	p.Press("let 1;")
	p.Wait("#code-check [data-code-problem]")
	p.Press(kb.Escape)
	p.Press(kb.Tab)
	if browsertest.Eval[bool](p, `document.activeElement.classList.contains("sf-code")`) {
		t.Error("Esc and Tab do not leave the editor")
	}
	p.CheckAccessibility()
	dark := chromium.Open(a.server.URL+frame.EditorPath(id, frame.EditTask+code), browsertest.View{Width: 375, Height: 812, Dark: true})
	dark.Wait(".sf-code")
	dark.CheckAccessibility()
	dark.CheckFits()
	for _, page := range []*browsertest.Page{p, dark} {
		for _, complaint := range page.Complaints() {
			t.Error(complaint)
		}
	}
	if spec := a.definition(id).Tasks[1]; spec.Type != models.TaskCode {
		t.Errorf("task %+v", spec)
	}
}
