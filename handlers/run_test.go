package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
	"surveyflow/views/runpages"
)

// tested makes a test run of a live workflow with two tasks and gives the ids.
func (a *app) tested(t *testing.T, b *browser) (workflow, run string, tasks []string) {
	t.Helper()
	survey, response := a.sample(t, b)
	workflow, first := b.workflow(survey, "https://a.example/")
	b.post(link.Tasks(workflow), "revision", b.draftRevision(workflow), "type", "webService", "position", "1").to("")
	second := a.definition(workflow).Tasks[1].ID
	b.post(link.Task(workflow, second), "revision", b.draftRevision(workflow), "summary", "Then <b>this</b>", "config.method", "POST", "config.url", "https://b.example/").to("")
	b.post(link.WorkflowPutLive(workflow), "revision", b.draftRevision(workflow)).to("")
	run = strings.TrimPrefix(b.post(link.WorkflowTest(workflow), "responseId", response).to(""), link.Runs()+"/")
	return workflow, run, []string{first, second}
}

// works claims the one run that is ready, as a worker does.
func (a *app) works(t *testing.T) store.Claimed {
	t.Helper()
	claimed, err := a.store.Claim(t.Context(), store.ClaimOptions{Node: "ND_1", Limit: 1})
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d runs, %v", len(claimed), err)
	}
	return claimed[0]
}

func (a *app) finish(t *testing.T, c store.Claimed, next store.Next, attempts ...models.Attempt) {
	t.Helper()
	if err := a.store.Finish(storetest.Finish(c, next, attempts...)); err != nil {
		t.Fatal(err)
	}
}

// attempt is one try of a task, with everything that a record can hold.
func attempt(run, task string, number int, result models.AttemptResult) models.Attempt {
	exchange := fmt.Sprintf(`{"request":{"method":"POST","url":"https://a.example/x?t=••••","headers":[{"name":"X-A","value":%q}],"body":%q},
		"response":{"status":503,"headers":[{"name":"Content-Type","value":"text/html"}],"body":%q,"truncated":true},
		"timing":{"dns":1200,"connect":3400,"tls":9000,"firstByte":40000,"total":41000},"hops":["https://b.example/"]}`, "v", `{"a":1}`, "<script>alert(1)</script>")
	failed := (&models.RunError{Key: "run.error.status", Args: map[string]any{"Status": 503, "Text": "Service Unavailable"}, Detail: "<script>alert(2)</script>"}).Encode()
	a := models.Attempt{
		RunID: run, TaskID: task, Number: number, Result: result, Charged: true, StartedAt: time.Date(2026, 11, 22, 10, 0, number, 0, time.UTC), DurationUS: 41_000, Exchange: &exchange,
	}
	if result == models.AttemptFailed || result == models.AttemptRetried {
		a.Error = &failed
	}
	return a
}

func TestAPageOfARunTellsWhatHappened(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, run, tasks := a.tested(t, b)
	p := b.get(link.Run(run)).is(http.StatusOK).says("#run", "Scheduled").says("#run", "Play now").says("#run", "Cancel").says("#run", "Waits for the tasks before it")
	poll := p.Find("#run").AttrOr("hx-get", "")
	b.header.Set("HX-Request", "true")
	b.get(poll).is(http.StatusNoContent)

	c := a.works(t)
	b.get(poll).is(http.StatusOK).says("#run", "Running")
	retried := attempt(run, tasks[0], 1, models.AttemptRetried)
	a.finish(t, c, store.Next{State: store.NextWait, Until: time.Now().Add(time.Hour).UTC()}, retried)
	b.get(poll).is(http.StatusOK).says("#run", "The next attempt starts").says("#run", "The service answered 503 Service Unavailable")
	b.header.Del("HX-Request")

	b.post(link.RunPlay(run)).to(link.Run(run))
	c = a.works(t)
	b.post(link.RunPlay(run)).to(link.Run(run))
	b.get(link.Run(run)).says("#flashes", "does not wait")
	failed := attempt(run, tasks[0], 2, models.AttemptFailed)
	a.finish(t, c, store.Next{State: store.NextDone, Status: models.RunFailed, Error: *failed.Error}, failed)
	b.header.Set("HX-Request", "true")
	if to := b.get(poll).is(http.StatusOK).header.Get("HX-Redirect"); to != link.Run(run) {
		t.Errorf("an ended run's page is led to %q", to)
	}
	b.header.Del("HX-Request")

	p = b.get(link.Run(run)).is(http.StatusOK).says("#run", "Failed").says("#run", "2 attempts").says("#run", "Name lookup 1.2 ms").says("#run", "Waiting for the answer 26 ms").
		says("#run", "Redirected to https://b.example/").says("#run", "Only the beginning of the body was kept").says("#event-values", "Which work stayed in your mind?").
		says("#event-values", "The blue one").says("#run", "Then <b>this</b>").says("#run", "1, the one that is live").says("main", "Replay")
	noScripts(t, p)
	if p.Find("#run").AttrOr("hx-get", "") != "" {
		t.Error("an ended run still refreshes itself")
	}
	if got := p.Find("#curl-" + tasks[0] + "-2").Text(); !strings.Contains(got, "--data-raw '{\"a\":1}'") {
		t.Errorf("as curl: %s", got)
	}
	if p.Find("[style]").Length() > 0 {
		t.Error("the page has style attributes, which the policy refuses")
	}
	b.get(link.Workflows()).says("td", "Failed")
	b.editor(id, "").says("#flow", "Failed")

	at := b.post(link.RunReplay(run), "from", "start", "revision", "current").to("")
	b.get(at).is(http.StatusOK).says("#run", run).says("#flashes", "The replay has started")
	b.get(link.Run(run)).says("#run", "Replayed by")
	b.post(link.RunReplay(strings.TrimPrefix(at, link.Runs()+"/"))).is(http.StatusConflict)
	b.post(link.RunCancel(strings.TrimPrefix(at, link.Runs()+"/"))).to(at)
	b.get(at).says("#run", "Canceled")
	b.post(link.RunCancel(run)).to(link.Run(run))
	b.get(link.Run(run)).says("#flashes", "has ended already")
}

func TestARunOfADeletedWorkflowStaysReadable(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, run, tasks := a.tested(t, b)
	c := a.works(t)
	a.finish(t, c, store.Next{State: store.NextDone, Status: models.RunSucceeded}, attempt(run, tasks[0], 1, models.AttemptSucceeded), attempt(run, tasks[1], 1, models.AttemptSkipped))
	b.post(link.WorkflowDelete(id)).to("")
	b.get(link.Runs()).says("td", "Tell the CRM (deleted)")
	p := b.get(link.Run(run)).is(http.StatusOK).says("#run", "Succeeded").says("#run", "Skipped, because its condition was not met")
	if p.Find("#replay").Length() > 0 {
		t.Error("a run of a workflow that is gone can be replayed")
	}
	b.post(link.RunReplay(run)).is(http.StatusConflict)
}

func TestTheListOfRunsIsFilteredByItsAddress(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	b.get(link.Runs()).is(http.StatusOK).says("main", "No runs yet")
	id, run, tasks := a.tested(t, b)
	b.get(link.Runs()).is(http.StatusOK).says("td", "Scheduled").says("[aria-current]", "All 1").says("nav", "Scheduled 1").says("td", "Test")
	p := b.get(link.WorkflowRuns(id)).is(http.StatusOK).says("h1", "Tell the CRM")
	if got := p.Find("#runs").AttrOr("hx-trigger", ""); got != "every 2s" {
		t.Errorf("while something runs the list refreshes %q", got)
	}
	poll := p.Find("#runs").AttrOr("hx-get", "")
	b.header.Set("HX-Request", "true")
	b.get(poll).is(http.StatusNoContent)
	c := a.works(t)
	failed := attempt(run, tasks[0], 1, models.AttemptFailed)
	a.finish(t, c, store.Next{State: store.NextDone, Status: models.RunFailed, Error: *failed.Error}, failed)
	p = b.get(poll).is(http.StatusOK).says("#runs", "Failed").says("#runs", "The service answered 503")
	if got := p.Find("#runs").AttrOr("hx-trigger", ""); got != "every 10s" {
		t.Errorf("with nothing running the list refreshes %q", got)
	}
	b.header.Del("HX-Request")

	for path, want := range map[string]string{
		link.With(link.Runs(), "status", "failed"):                                   "503",
		link.With(link.Runs(), "status", "succeeded"):                                "No runs match",
		link.With(link.Runs(), "period", "24h", "workflow", id, "status", "failed"):  "503",
		link.With(link.Runs(), "workflow", "WF_0123456789abcde"):                     "No runs match",
		link.With(link.Runs(), "q", "nobody"):                                        "No runs match",
		link.With(link.Runs(), "status", nasty, "period", nasty, "after", "garbage"): "",
	} {
		noScripts(t, b.get(path).is(http.StatusOK).says("#runs", want))
	}
	for path, wrong := range map[string]string{
		link.With(link.Runs(), "period", "days", "from", "yesterday"):                         "#f-from-error",
		link.With(link.Runs(), "period", "days", "from", "2026-01-02", "to", "2026-01-01"):    "#f-to-error",
		link.With(link.Runs(), "period", "days", "to", "99999-01-01", "from", "2026-02-31"):   "#f-from-error",
		link.With(link.WorkflowRuns(id), "period", "days", "to", "0000-00-00", "q", "nobody"): "#f-to-error",
	} {
		b.get(path).is(http.StatusUnprocessableEntity).says(wrong, "")
	}
	b.get(link.With(link.Runs(), "period", "days", "from", "2000-01-01", "to", "2000-01-31")).is(http.StatusOK).says("#runs", "No runs match").
		says(`#runs a[href="/runs"]`, "Made: 1 Jan 2000 to 31 Jan 2000")
	b.get(link.With(link.Runs(), "survey", a.definitionSurvey(t, id), "status", "failed")).is(http.StatusOK).says("#runs", "503").
		says(`#runs a[href="`+link.With(link.Runs(), "status", "failed")+`"]`, "Survey: ")
	b.get(link.With(link.Runs(), "survey", "SV_0123456789abcde")).is(http.StatusOK).says("#runs", "No runs match").says("nav", "All 0")
	b.get(link.With(link.Runs(), "q", "ab")).is(http.StatusUnprocessableEntity).says("#f-q-error", "at least 3 characters")
	b.get(link.WorkflowRuns("WF_0123456789abcde")).is(http.StatusNotFound)
	b.get(link.Run("RN_0123456789abcde")).is(http.StatusNotFound)
}

func TestRunsArePagedByTheirIds(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, response := a.sample(t, b)
	id, _ := b.workflow(survey, "https://a.example/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to("")
	const n = store.DefaultPage + 3
	for range n {
		b.post(link.WorkflowTest(id), "responseId", response).to("")
	}
	seen := map[string]bool{}
	path := link.WorkflowRuns(id)
	pages := 0
	for path != "" {
		p := b.get(path).is(http.StatusOK)
		pages++
		for _, row := range p.Find("a.sf-row-link").EachIter() {
			seen[row.AttrOr("href", "")] = true
		}
		if pages > 1 && p.Find("#runs").AttrOr("hx-get", "") != "" {
			t.Error("an older page refreshes itself")
		}
		path = p.Find("a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != n || pages != 2 {
		t.Errorf("%d runs on %d pages, want %d on 2", len(seen), pages, n)
	}
}

func TestNamesGetTheirCapitalsBack(t *testing.T) {
	t.Parallel()
	for low, want := range map[string]string{"ada lovelace": "Ada Lovelace", "jean-luc o'neill": "Jean-Luc O'Neill", "": "", "émile ø": "Émile Ø"} {
		if got := runpages.PersonName(low); got != want {
			t.Errorf("%q becomes %q, want %q", low, got, want)
		}
	}
}
