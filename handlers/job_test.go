package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// jobs works on all jobs until none is left.
func (a *app) jobs(t *testing.T) {
	t.Helper()
	for {
		c, err := a.store.ClaimJob(t.Context(), "ND_jobs")
		if err != nil {
			t.Fatal(err)
		}
		if c == nil {
			return
		}
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			if state, err = a.store.StepJob(t.Context(), c, workflow.JobSteps[c.Kind]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestChosenRunsAreReplayedAsAJobThatItsPageFollows(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, run, tasks := a.tested(t, b)
	failed := attempt(run, tasks[0], 1, models.AttemptFailed)
	a.finish(t, a.works(t), store.Next{State: store.NextDone, Status: models.RunFailed, Error: *failed.Error}, failed)

	p := b.get(link.Runs()).is(http.StatusOK)
	if got := p.Find(`input[name=run][form=bulk]`).AttrOr("value", ""); got != run {
		t.Errorf("the list offers %q to be chosen, want %q", got, run)
	}
	if got := p.Find(`form#bulk`).AttrOr("action", ""); got != link.RunsBulk() {
		t.Errorf("the chosen ones go to %q", got)
	}
	chosen := link.With(link.RunsBulk(), "do", "replay", "run", run)
	b.get(chosen).is(http.StatusOK).says("h1", "Replay 1 run").says("main", "You chose 1 run")
	b.post(chosen, "from", "start", "revision", "current", "pace", "fast").is(http.StatusUnprocessableEntity).says("#f-pace-error, .text-bad, [role=alert]", "per second")
	at := b.post(chosen, "from", "failedTask", "revision", "original", "pace", "").to("")
	if !strings.HasPrefix(at, link.Jobs()+"/") {
		t.Fatalf("a replay leads to %s", at)
	}
	p = b.get(at).is(http.StatusOK).says("h1", "Replay 1 run").says("#job", "0 of 1").says("#job button", "Stop")
	poll := p.Find("#job").AttrOr("hx-get", "")
	b.header.Set("HX-Request", "true")
	b.get(poll).is(http.StatusNoContent)
	b.header.Del("HX-Request")
	a.jobs(t)
	b.get(at).says("#job", "1 of 1").says("#job", "1 was handled")
	b.get(link.Jobs()).is(http.StatusOK).says("td", "Replay 1 run").says("td", "Done")
	b.post(at + "/cancel").to(at)
	b.get(at).says("#flashes", "has ended already")
	b.get(link.Runs()).says("td", "Replay")

	all := link.With(link.RunsBulk(), "do", "cancel", "all", "1", "workflow", id)
	b.get(all).is(http.StatusOK).says("h1", "Cancel 1 run").says("main", "1 run matches now")
	at = b.post(all).to("")
	a.jobs(t)
	b.get(at).says("#job", "1 was handled")
	b.get(all).to(link.WorkflowRuns(id))
	b.get(link.With(link.RunsBulk(), "do", "play", "all", "1")).to(link.Runs())
	b.get(link.With(link.RunsBulk(), "do", nasty, "run", nasty)).to(link.Runs())
	noScripts(t, b.get(link.With(link.RunsBulk(), "do", "replay", "run", nasty)).is(http.StatusOK))
	at = b.post(link.With(link.RunsBulk(), "do", "replay", "run", nasty)).to("")
	a.jobs(t)
	noScripts(t, b.get(at).says("#job", "1 could not be handled").says("td", "not there any more"))

	other := a.person("eve@example.com")
	other.get(at).is(http.StatusNotFound)
	other.get(link.Jobs()).is(http.StatusOK).says("main", "No jobs yet")
}

func TestAWorkflowIsStartedForResponsesFromTheirList(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	b.get(link.SurveyStart(survey)).is(http.StatusOK).says("main", "No workflow can start")
	id, _ := b.workflow(survey, "https://a.example/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to("")
	p := b.get(link.Responses(survey)).is(http.StatusOK)
	if p.Find(`input[name=response][form=bulk][value="`+response+`"]`).Length() != 1 {
		t.Error("the response cannot be chosen")
	}
	chosen := link.With(link.SurveyStart(survey), "response", response)
	b.get(chosen).is(http.StatusOK).says("main", "For the 1 response that you chose")
	at := b.post(chosen, "workflow", id, "pace", "").to("")
	a.jobs(t)
	b.get(at).says("h1", "Run for 1 existing response").says("#job", "1 was handled")
	b.get(link.WorkflowRuns(id)).says("td", "Scheduled")
	b.post(link.SurveyStart(survey), "workflow", id, "state", "completed", "from", "2000-01-01", "to", "2000-01-31").is(http.StatusConflict).says("main", "nothing")
	b.post(link.SurveyStart(survey), "workflow", id, "from", "yesterday").is(http.StatusUnprocessableEntity)
	b.post(link.SurveyStart(survey), "workflow", "WF_0123456789abcde").is(http.StatusNotFound)
}
