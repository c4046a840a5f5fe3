package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

func TestATaskIsDuplicatedMovedRemovedAndPutBack(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, first := b.workflow(survey, "https://a.example/")
	rev := func() string { return b.draftRevision(id) }
	order := func() string {
		var ids []string
		for _, t := range a.definition(id).Tasks {
			ids = append(ids, t.ID)
		}
		return strings.Join(ids, " ")
	}
	b.post(link.TaskCopy(id, first), "revision", rev()).to("")
	second := a.definition(id).Tasks[1].ID
	b.post(link.TaskMove(id, first), "revision", rev(), "to", "1", "edit", "event").to(frame.EditorPath(id, frame.EditEvent))
	if got := order(); got != second+" "+first {
		t.Errorf("after the move the order is %s", got)
	}
	b.post(link.TaskMove(id, first), "revision", rev(), "to", "99").to("")
	b.post(link.TaskMove(id, first), "revision", rev(), "to", "somewhere").is(http.StatusUnprocessableEntity)
	b.post(link.TaskDelete(id, second), "revision", rev()).to("")
	b.editor(id, "").says("#flashes", "was removed").says("#flashes form", "Undo")
	if got := order(); got != first {
		t.Errorf("after removing the order is %s", got)
	}
	b.post(link.TaskRestore(id, second)).to("")
	b.post(link.TaskRestore(id, second)).to("")
	if got := order(); got != second+" "+first {
		t.Errorf("after undoing the order is %s", got)
	}
	b.post(link.TaskRestore(id, "OCAC_0123456789abcde")).is(http.StatusNotFound)
}

func TestATaskHasAConditionOfItsOwn(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	save := func(pairs ...string) *page {
		return b.post(link.Task(id, task), append([]string{
			"revision", b.draftRevision(id), "config.method", "POST", "config.url", "https://a.example/", "condition.shown", "1",
		}, pairs...)...)
	}
	save("do", "add:c").to("")
	save("c.kind", "all", "c.0.field", "${q://QID1/SelectedChoicesRecode}", "c.0.operator", "lessThan", "c.0.right", "3").to("")
	c := a.definition(id).Tasks[0].Condition
	if c == nil || len(c.All) != 1 || c.All[0].Right != "3" {
		t.Fatalf("saved %+v", c)
	}
	b.editor(id, "").says("#flow", "when").says("#flow", "is less than 3")
	b.editor(id, frame.EditTask+task).says("#task-condition option[selected]", "is less than")
	save("c.kind", "all", "c.0.left", "${q://QID99/x}", "c.0.operator", "equalTo", "c.0.right", "3").is(http.StatusUnprocessableEntity)
	save("do", "remove:c").to("")
	if c := a.definition(id).Tasks[0].Condition; c != nil {
		t.Errorf("the condition stays: %+v", c)
	}
}

func TestACurlCommandFillsATask(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	before := a.webService(id, 0)
	b.post(link.TaskCurl(id, task), "revision", b.draftRevision(id), "curl", "curl 'https://x.example").is(http.StatusUnprocessableEntity).
		says("#task-curl", "does not end").says("#task-curl textarea", "curl 'https://x.example")
	if got := a.webService(id, 0); got.URL != before.URL {
		t.Errorf("a broken command changed the task: %+v", got)
	}
	b.post(link.TaskCurl(id, task), "revision", b.draftRevision(id), "curl",
		`curl -k -X PUT https://x.example/t -H 'X-A: 1' --json '{"score":3,"name":"Ada","on":true}'`).to("")
	got := a.webService(id, 0)
	if got.Method != "PUT" || got.URL != "https://x.example/t" || len(got.Headers) != 2 || got.Body == nil || len(got.Body.Pairs) != 3 ||
		got.Body.Pairs[0].DataType != models.DataNumber || got.Body.Pairs[1].Value != "Ada" || got.Body.Pairs[2].DataType != models.DataBoolean {
		t.Errorf("the task is now %+v %+v", got, got.Body)
	}
	b.editor(id, "").says("#flashes", "Left out").says("#flashes", "-k")
}

func TestAPreviewShowsWhatIsTypedAndWhichPairFails(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	b.header.Set("HX-Request", "true")
	page := b.post(link.TaskPreview(id, task), "responseId", response, "config.method", "POST", "config.url", "https://a.example/?r=${rm://Field/ResponseID}&l=${l://SurveyURL|raw}",
		"config.headers[0].key", "Authorization", "config.headers[0].value", "Bearer s3cr3ts3cr3t",
		"config.body.format", "json", "config.body.mode", "keyValue", "config.body.pairs[0].key", "n", "config.body.pairs[0].value", "no number",
		"config.body.pairs[0].dataType", "number", "config.body.pairs[1].key", "k", "config.body.pairs[1].value", "v").is(http.StatusOK)
	page.says("#preview-request", "https://a.example/?r="+response+"&l="+a.base.JFE(survey)).says("#preview-request", `"k": "v"`).says("[data-preview-error=f-config-body-pairs-0-value-preview]", "no number")
	if strings.Contains(page.Text(), "s3cr3t") {
		t.Error("the preview shows a secret")
	}
	b.post(link.TaskPreview(id, task), "config.method", "POST", "config.url", "").is(http.StatusOK).says("li", "Enter the address")
}

func TestRevisionsAreListedComparedAndRestored(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, task := b.workflow(survey, "https://a.example/")
	b.get(link.WorkflowRevisions(id)).is(http.StatusOK).says("main", "Nothing was put live yet")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to("")
	b.post(link.Task(id, task), "revision", b.draftRevision(id), "summary", "Second", "config.method", "POST", "config.url", "https://b.example/").to("")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to("")
	list := link.WorkflowRevisions(id)
	b.get(list).is(http.StatusOK).says("main", "Version 2").says("main", "The task “Second”").says("main", "The first one")
	b.get(link.With(list, "look", "1", "against", "2")).is(http.StatusOK).says("main", "Version 1 in full").says("main", "To become version 1")
	b.post(link.WorkflowRestore(id, "1"), "revision", b.draftRevision(id)).to("")
	if got := a.webService(id, 0).URL; got != "https://a.example/" {
		t.Errorf("restored %q", got)
	}
	b.post(link.WorkflowRestore(id, "1"), "revision", "1").is(http.StatusConflict)
	b.post(link.WorkflowRestore(id, "-1"), "revision", b.draftRevision(id)).is(http.StatusNotFound)
	other := a.person("eve@example.com")
	for _, path := range []string{list, link.WorkflowSettings(id), link.WorkflowExport(id)} {
		other.get(path).is(http.StatusNotFound)
	}
}

func TestAWorkflowIsCopiedExportedAndImported(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://a.example/${q://QID1/SelectedChoicesRecode}")
	b.get(link.WorkflowSettings(id)).is(http.StatusOK).says("main", "Download as JSON")
	double := b.post(link.WorkflowDuplicate(id)).to("")
	b.get(double).says("h1", "Copy of").says("#strip", "Not live yet")
	file := b.get(link.WorkflowExport(id)).is(http.StatusOK)
	text := file.text
	if !strings.Contains(text, `"surveyflow": "workflow"`) {
		t.Fatalf("the file is %s", text)
	}
	imported := b.post(link.WorkflowImport(), "surveyId", survey, "text", text).to("")
	b.get(imported).is(http.StatusOK).says("#flashes", "was imported")
	b.post(link.WorkflowImport(), "surveyId", survey, "text", "{\n\"event\": oops}").is(http.StatusUnprocessableEntity).says(".error-summary", "Line 2").says("textarea", "oops")
	b.post(link.WorkflowImport(), "surveyId", "SV_0123456789abcde", "text", text).is(http.StatusUnprocessableEntity)
}

func TestPutLiveAsksWhatWaitingRunsGoOnWith(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _, tasks := a.tested(t, b) // one run waits
	b.post(link.Task(id, tasks[0]), "revision", b.draftRevision(id), "summary", "Changed", "config.method", "POST", "config.url", "https://b.example/").to("")
	b.editor(id, frame.EditPutLive).says("#panel", "1 run has not ended yet").says("#panel", "The task “Changed”")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id), "waiting", workflowpages.WaitingMove).to("")
	b.editor(id, "").says("#flashes", "is live")
}
