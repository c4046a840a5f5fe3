package apiv3

import (
	"strings"
	"testing"
	"time"

	"surveyflow/models"
)

// contractWorkflow is a workflow as the contract shows it (§6), as far as the product has its parts.
const contractWorkflow = `{"name":"Tell the CRM","surveyId":"SURVEY","enabled":true,
 "event":{"type":"surveyResponse","on":["created"],"includeIncomplete":false,"includeImported":false},
 "condition":{"all":[{"left":"${q://QID1/SelectedChoicesRecode}","operator":"lessThan","right":"3"},
   {"any":[{"left":"${e://Field/segment}","operator":"equalTo","right":"gold"},{"left":"${m://Email}","operator":"notEmpty"}]}]},
 "tasks":[
  {"type":"webService","summary":"Create ticket","onFailure":"stop",
   "config":{"method":"POST","url":"https://crm.example.com/tickets?lang=${e://Field/Q_Language}","headers":[{"key":"X-Source","value":"survey"}],
     "body":{"format":"json","mode":"keyValue","pairs":[{"key":"score","value":"${q://QID1/SelectedChoicesRecode}","dataType":"number","onCastFailure":"error"}]},
     "outputs":[{"name":"ticketId","path":"$.ticket.id"}],"timeoutSeconds":10}},
  {"type":"webService","config":{"url":"https://crm.example.com/done"},"retry":{"delays":["PT5S"]}}],
 "notifications":{"enabled":true,"recipients":["owner@example.com"]}}`

func TestAWorkflowIsLiveAtOnceAndComesBackAsItIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	made := b.post(b.ada, "/workflows", strings.Replace(contractWorkflow, "SURVEY", s.id, 1)).golden("workflow")
	got := b.get(b.ada, "/workflows/"+made.text("id"))
	if string(got.Result) != string(made.Result) {
		t.Errorf("it came back as %s, not %s", got.Result, made.Result)
	}
	b.get(b.ada, "/workflows?surveyId="+s.id).golden("workflows")
	// What GET gave, PUT takes, and only the revision changes.
	again := b.do(b.ada, "PUT", "/workflows/"+made.text("id"), string(got.Result)).ok()
	if want := strings.Replace(string(got.Result), `"revision":1`, `"revision":2`, 1); string(again.Result) != want {
		t.Errorf("after a round trip it is %s, not %s", again.Result, want)
	}
}

func TestAWorkflowsDefaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.post(b.ada, "/workflows", `{"name":"Small","surveyId":null,"condition":null,"event":{"type":"surveyResponse"},"tasks":[{"type":"webService","config":{"url":"https://x.example.com"}}]}`)
	r.golden("workflow_defaults")
}

func TestWhoIsToldOfFailuresHasAnAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	r := b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"notifications":{"enabled":true,"recipients":["ops@example.com","nobody"]}}`)
	if r.status != 400 || len(r.Meta.Error.Fields) != 1 || r.Meta.Error.Fields[0].Field != "notifications.recipients[1]" {
		t.Errorf("%d %+v", r.status, r.Meta.Error)
	}
	many := strings.Repeat(`"ops@example.com",`, models.MaxNotified) + `"ops@example.com"`
	if r := b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"notifications":{"enabled":true,"recipients":[`+many+`]}}`); r.status != 400 {
		t.Errorf("too many addresses: %d", r.status)
	}
}

func TestWritesOfPartsKeepTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, `,"condition":{"left":"${q://QID6/SelectedChoicesRecode}","operator":"greaterThan","right":"8"}`).into(&w)
	var changed workflowBody
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"name":"New name","enabled":false}`).ok().into(&changed)
	if changed.Name != "New name" || changed.Enabled || changed.Condition == nil || len(changed.Tasks) != 1 || changed.Tasks[0].ID != w.Tasks[0].ID || changed.Revision != 2 {
		t.Errorf("it became %+v", changed)
	}
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"condition":null}`).ok().into(&changed)
	if changed.Condition != nil || changed.Enabled {
		t.Errorf("it became %+v", changed)
	}
}

func TestAWriteReplacesTheDraftOfTheEditorToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	actor := b.users["ada"].Actor(models.ViaWeb)
	row, err := b.store.Workflow(t.Context(), actor, w.ID)
	b.check(err)
	row.Draft.V.Tasks[0].Summary = "typed in the editor"
	_, err = b.store.SaveWorkflowDraft(t.Context(), actor, row, 0)
	b.check(err)
	if got := b.get(b.ada, "/workflows/"+w.ID); strings.Contains(string(got.Result), "typed") {
		t.Errorf("what is not live is shown: %s", got.Result)
	}
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"name":"Renamed"}`).ok()
	row, err = b.store.Workflow(t.Context(), actor, w.ID)
	b.check(err)
	if row.Draft.V.Tasks[0].Summary != "Create ticket" || row.Changed() {
		t.Errorf("the draft is %+v", row.Draft.V)
	}
}

func TestAWriteOfAnOlderRevisionSaysWhoChangedWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	b.clock.Advance(time.Minute)
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"revision":1,"notifications":{"enabled":true,"recipients":[]}}`).ok()
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"revision":2,"tasks":[{"type":"webService","config":{"url":"https://y.example.com"}}]}`).ok()
	r := b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"revision":1,"name":"mine"}`).
		fails(409, "409 - Conflict", "SF_CONFLICT", "ada changed the workflow meanwhile: revision 3, of 2026-11-22T12:01:00Z, changed task OCAC_")
	if !strings.Contains(r.Meta.Error.Message, "task "+w.Tasks[0].ID+" (removed)") || !strings.Contains(r.Meta.Error.Message, "notifications") {
		t.Errorf("the message is %s", r.Meta.Error.Message)
	}
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"revision":9}`).invalid("revision")
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"name":"without a revision"}`).ok()
}

func TestWrongWorkflowsAreToldByPath(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	task := `{"type":"webService","config":{"url":"https://x.example.com"}}`
	for _, c := range []struct{ more, field string }{
		{`"name":"","tasks":[` + task + `]`, "name"},
		{`"tasks":[]`, "tasks"},
		{`"tasks":[` + task + `,{"type":"fax","config":{}}]`, "tasks[1].type"},
		{`"tasks":[{"type":"webService","config":{}}]`, "tasks[0].config.url"},
		{`"tasks":[{"type":"webService","config":{"url":"https://x.example.com","method":"BREW"}}]`, "tasks[0].config.method"},
		{`"tasks":[{"type":"webService","onFailure":"panic","config":{"url":"https://x.example.com"}}]`, "tasks[0].onFailure"},
		{`"tasks":[` + task + `],"condition":{"all":[{"left":"a","operator":"like","right":"b"}]}`, "condition.all[0].operator"},
		{`"tasks":[` + task + `],"condition":{"left":"${q://QID77/QuestionText}","operator":"empty"}`, "condition"},
		{`"tasks":[` + task + `],"event":{"type":"fullMoon"}`, "event.type"},
		{`"tasks":[` + task + `],"event":{"type":"surveyResponse","on":["deleted"]}`, "event.on"},
		{`"tasks":7`, "tasks"},
		{`"tasks":[{"type":"webService","config":{"url":"https://x.example.com","bogusMember":1}}]`, "tasks[0].config.bogusMember"},
		{`"tasks":[` + task + `,{"type":"webService","config":{"url":"https://x.example.com","headers":[{"key":"a","value":"b"},{"key":"c","valeu":"d"}]}}]`, "tasks[1].config.headers[1].valeu"},
		{`"tasks":[{"type":"webService","config":{"url":"https://x.example.com","body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"b","datatyp":"number"}]}}}]`, "tasks[0].config.body.pairs[0].datatyp"},
		{`"tasks":[{"type":"addContact","config":{"mailingListId":"CG_123456789012345","tags":["a"],"fields":{"email":"a@example.com","anything":"x"}}}]`, "tasks[0].config.tags"},
		{`"tasks":[` + task + `],"enabled":"yes"`, "enabled"},
		{`"tasks":[` + task + `],"surveyId":"SV_123"`, "surveyId"},
	} {
		body := `{"name":"x","surveyId":"` + s.id + `","event":{"type":"surveyResponse"},` + c.more + `}`
		b.do(b.ada, "POST", "/workflows", body).invalid(c.field)
	}
	if got := b.get(b.ada, "/workflows"); string(got.Result) != `{"elements":[],"nextPage":null}` {
		t.Errorf("a refused workflow was kept: %s", got.Result)
	}
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"surveyId":null}`).invalid("surveyId")
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"tasks":[{"type":"webService","config":{"url":"https://x.example.com","bogusMember":1}}]}`).invalid("tasks[0].config.bogusMember")
	for more, want := range map[string]string{
		`"enabled":"yes"`:                  "enabled has to be true or false, not string.",
		`"revision":"1"`:                   "revision has to be a whole number, not string.",
		`"revision":1.5`:                   "revision has to be a whole number, not number.",
		`"tasks":7`:                        "tasks has to be an array, not number.",
		`"tasks":[{"type":7}]`:             "tasks.type has to be a string, not number.",
		`"notifications":{"recipients":7}`: "notifications.recipients has to be an array, not number.",
	} {
		if r := b.do(b.ada, "PUT", "/workflows/"+w.ID, `{`+more+`}`); !strings.Contains(string(r.body), want) {
			t.Errorf("%s is told as %s", more, r.body)
		}
	}
	b.do(b.ada, "PUT", "/workflows/"+w.ID, `{"tasks":[]}`).invalid("tasks")
}

func TestTurningAWorkflowOffHoldsItsRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/disable", "").ok().into(&w)
	if w.Enabled {
		t.Errorf("it is %+v", w)
	}
	b.get(b.ada, "/runs?status=scheduled").golden("runs_held")
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	if got := b.runIDs(""); len(got) != 1 {
		t.Errorf("%d runs; a workflow that is off starts none", len(got))
	}
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/enable", "").ok().into(&w)
	b.finishRun(models.RunSucceeded)
	if !w.Enabled || len(b.runIDs("?status=succeeded")) != 1 {
		t.Errorf("it is %+v", w)
	}
}

func TestADeletedWorkflowSaysHowManyRunsItCanceled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	if r := b.do(b.ada, "DELETE", "/workflows/"+w.ID, "").ok(); r.Meta.Notice != "2 scheduled runs were canceled." || r.Result != nil {
		t.Errorf("answer %s", r.body)
	}
	b.do(b.ada, "GET", "/workflows/"+w.ID, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Workflow not found.")
	if len(b.runIDs("?status=canceled")) != 2 {
		t.Error("the runs are not there as canceled")
	}
}

func TestARunIsTestedListedAndShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.post(b.ada, "/workflows", strings.Replace(contractWorkflow, "SURVEY", s.id, 1)).into(&w)
	response := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
	b.post(b.ada, "/workflows/"+w.ID+"/test", `{"responseId":"`+response+`"}`).golden("run_tested")
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/test", `{}`).invalid("responseId")
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/test", `{"event":{"a":1}}`).invalid("event")
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/test", `{"responseId":"R_1"}`).fails(404, "404 - Not Found", "SF_NOT_FOUND", "Response not found.")
	b.clock.Advance(time.Second)
	id := b.finishRun(models.RunFailed)
	b.get(b.ada, "/runs/"+id).golden("run_failed")
	b.get(b.ada, "/workflows/"+w.ID+"/runs").golden("runs")
}

func TestARunIsReplayedCanceledAndPlayed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.newWorkflow(b.ada, s.id, "")
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	first := b.runIDs("")[0]
	b.do(b.ada, "POST", "/runs/"+first+"/replay", "").fails(409, "409 - Conflict", "SF_CONFLICT", "")
	b.do(b.ada, "POST", "/runs/"+first+"/play", "").fails(409, "409 - Conflict", "SF_CONFLICT", "")
	b.finishRun(models.RunSucceeded)
	b.do(b.ada, "POST", "/runs/"+first+"/cancel", "").fails(409, "409 - Conflict", "SF_CONFLICT", "")
	b.clock.Advance(time.Second)
	for _, body := range []string{"", "{}", `{"from":"failedTask","revision":"original"}`} {
		var again runDetail
		b.do(b.ada, "POST", "/runs/"+first+"/replay", body).ok().into(&again)
		if again.ReplayOf == nil || *again.ReplayOf != first || again.ID == first || again.Status != models.RunScheduled {
			t.Errorf("the replay is %+v", again)
		}
		if body != "" && strings.Contains(body, "failed") && again.Tasks[0].Status != taskSucceeded {
			t.Errorf("what had succeeded is %s", again.Tasks[0].Status)
		}
		b.do(b.ada, "POST", "/runs/"+again.ID+"/cancel", "").ok().into(&again)
		if again.Status != models.RunCanceled || again.FinishedAt == nil {
			t.Errorf("it is %+v", again)
		}
	}
	b.do(b.ada, "POST", "/runs/"+first+"/replay", `{"from":"middle"}`).invalid("from")
	b.do(b.ada, "POST", "/runs/"+first+"/replay", `{"revision":7}`).invalid("revision")
	b.do(b.ada, "GET", "/runs/RN_1", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Run not found.")
}

func TestRunsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	var all []string
	for range 5 {
		b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
		all = append([]string{b.runIDs("?pageSize=1")[0]}, all...)
		b.clock.Advance(time.Minute)
	}
	b.finishRun(models.RunSucceeded)
	for query, want := range map[string]int{
		"": 5, "?status=succeeded": 1, "?status=scheduled": 4, "?status=running": 0, "?from=2026-11-22T12:02:00Z": 3, "?to=2026-11-22T12:02:00%2B00:00": 2,
		"?from=2026-11-23": 0, "?workflowId=" + w.ID: 5, "?workflowId=WF_1": 0, "?q=ada": 0,
	} {
		if got := b.runIDs(query); len(got) != want {
			t.Errorf("%q: %d runs, want %d", query, len(got), want)
		}
	}
	var page struct {
		Elements []runRow
		NextPage *string
	}
	path, seen := "/runs?pageSize=2&status=scheduled", 0
	for path != "" {
		b.get(b.ada, path).into(&page)
		seen += len(page.Elements)
		path = ""
		if page.NextPage != nil {
			path = strings.TrimPrefix(*page.NextPage, "https://survey.example.com/API/v3")
			if !strings.Contains(path, "status=scheduled") {
				t.Errorf("the next page forgot the filter: %s", path)
			}
		}
		page.NextPage = nil
	}
	if seen != 4 {
		t.Errorf("%d runs were seen on all pages", seen)
	}
}

func TestTasksThatDidNotRunSayWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		run     models.RunStatus
		reached bool
		want    taskStatus
	}{
		{models.RunScheduled, false, taskScheduled},
		{models.RunRunning, false, taskRunning},
		{models.RunRunning, true, taskPending},
		{models.RunFailed, false, taskSkipped},
		{models.RunCanceled, true, taskCanceled},
	} {
		if got := unended(c.run, c.reached); got != c.want {
			t.Errorf("%s, %t: %s, want %s", c.run, c.reached, got, c.want)
		}
	}
}

func TestAWorkflowIsTestedOnAnEventThatDidNotHappen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	response := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
	test := "/workflows/" + w.ID + "/test"
	b.do(b.ada, "POST", test, `{"event":{"type":"schedule"}}`).invalid("event.type")
	b.do(b.ada, "POST", test, `{"event":{"values":{"QID1":99}}}`).invalid("event.values.QID1")
	b.do(b.ada, "POST", test, `{"responseId":"`+response+`","event":{"values":{}}}`).invalid("event")
	run := b.do(b.ada, "POST", test, `{"event":{"type":"surveyResponse","values":{"QID1":1}}}`).ok()
	if !strings.Contains(string(run.Result), `"test":true`) || !strings.Contains(string(run.Result), `"responseId":null`) {
		t.Errorf("the run is %s", run.Result)
	}
}
