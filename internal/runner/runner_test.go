package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// No runner may leave anything running.
func TestMain(m *testing.M) {
	code := m.Run()
	var left error
	for patience := time.Now().Add(time.Minute); code == 0 && time.Now().Before(patience); {
		if left = goleak.Find(); left == nil { // it looks for less than a second: what is closed may take longer to end
			break
		}
	}
	if left != nil {
		fmt.Fprintln(os.Stderr, left)
		code = 1
	}
	os.Exit(code)
}

// bench is an instance with a workflow and a fake clock.
type bench struct {
	*storetest.Instance
	clock    *clock.Fake
	workflow *models.Workflow
	live     *workflow.Compiled
	types    *task.Registry
	nodes    func() int // how many the runner that works knows of
}

func newBench(t *testing.T, tasks ...models.TaskSpec) *bench {
	t.Helper()
	return newBenchOn(t, storetest.NewSQLite(t), tasks...)
}

func newBenchOn(t *testing.T, d storetest.Database, tasks ...models.TaskSpec) *bench {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	b := &bench{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: fake}), fake), clock: fake}
	t.Cleanup(func() { // after the pool has stopped
		if !t.Failed() {
			d.Consistent(t)
		}
	})
	allow, err := outbound.ParseAllow("127.0.0.1,::1")
	b.Check(err)
	client := outbound.New(outbound.Options{Version: "test", Allow: allow})
	t.Cleanup(client.CloseIdle)
	b.types = task.NewRegistry(webservice.New(client), fits{})
	b.workflow = b.Workflow(tasks...)
	b.live = b.compiled(b.workflow)
	return b
}

func (b *bench) compiled(w *models.Workflow) *workflow.Compiled {
	b.Helper()
	b.Check(workflow.Check(b.types, &w.Draft.V, &b.Survey.Draft.V))
	c, err := workflow.Compile(w.ID, w.Version, w.Draft.V)
	b.Check(err)
	return c
}

// work runs a pool until the test ends or stop is called.
func (b *bench) work(o runner.Options) (stop func()) {
	o.Types, o.Clock, o.Log = b.types, b.clock, slog.New(slog.DiscardHandler)
	if o.Store == nil {
		o.Store = b.Store
	}
	if o.Workers == 0 {
		o.Workers = 8
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	r := runner.New(o)
	b.nodes = r.Nodes
	go func() { done <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
			for _, left := range r.Leftovers() {
				b.Error("after the end", left)
			}
		})
	}
	b.Cleanup(stop)
	return stop
}

// complete accepts one completed response and gives the id of its run.
func (b *bench) complete(text string) string {
	b.Helper()
	r := b.Response()
	r.Answers.V = models.Answers{"QID1": {Text: text}}
	event, runs, err := workflow.Plan([]*workflow.Compiled{b.live}, workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: b.Actor.OrgID, SurveyID: b.Survey.ID, Response: r, Definition: &b.Survey.Draft.V, Now: b.clock.Now(),
	})
	b.Check(err)
	b.Check(b.Store.Accept(&store.Acceptance{Response: r, Event: event, Runs: runs, SurveyRev: b.LiveRev()}))
	return runs[0].ID
}

// run waits until the run's displayed status is one of those given.
func (b *bench) run(id string, statuses ...models.RunStatus) *store.RunDetail {
	b.Helper()
	deadline := time.After(storetest.Patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := b.Store.Run(b.Context(), b.Actor, id)
		b.Check(err)
		for _, s := range statuses {
			if d.Display() == s && (s != models.RunScheduled || len(d.Attempts) > 0 || d.Hold != nil) {
				return d
			}
		}
		select {
		case <-deadline:
			b.Fatalf("run %s is %s with %d attempts; want %v", id, d.Display(), len(d.Attempts), statuses)
		case <-tick.C:
		}
	}
}

func post(url string, change ...func(*models.TaskSpec)) models.TaskSpec {
	config, err := models.MarshalJSON(models.WebServiceConfig{Method: "POST", URL: url, TimeoutSeconds: 30, Body: &models.BodySpec{
		Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{{Key: "what", Value: "${q://QID1/ChoiceTextEntryValue}"}},
	}})
	if err != nil {
		panic(err)
	}
	spec := models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, OnFailure: models.FailureContinue, Config: config}
	for _, c := range change {
		c(&spec)
	}
	return spec
}

func TestACompletedResponseReachesTheService(t *testing.T) {
	t.Parallel()
	type call struct{ body, key, run string }
	calls := make(chan call, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- call{string(body), r.Header.Get("Idempotency-Key"), r.Header.Get("X-Surveyflow-Run")}
		fmt.Fprint(w, `{"ok":true}`)
	}))
	t.Cleanup(service.Close)
	task := post(service.URL + "/hook")
	b := newBench(t, task)
	b.work(runner.Options{})
	id := b.complete(`He said "hi" & left`)
	d := b.run(id, models.RunSucceeded)
	got := <-calls
	if got.body != `{"what":"He said \"hi\" & left"}` || got.run != id || got.key != id+"."+task.ID {
		t.Errorf("the service got %+v", got)
	}
	if len(d.Attempts) != 1 || d.Attempts[0].Result != models.AttemptSucceeded || d.Run.Attempts != 1 {
		t.Errorf("attempts = %+v; want one that succeeded", d.Attempts)
	}
	var x models.Exchange
	b.Check(json.Unmarshal([]byte(*d.Attempts[0].Exchange), &x))
	if x.Response.Status != 200 || x.Response.Body != `{"ok":true}` || x.Request.Body != got.body {
		t.Errorf("exchange = %+v", x)
	}
	counts, err := b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{From: b.clock.Now().Add(-time.Hour), WorkflowID: b.workflow.ID})
	if err != nil || counts[models.RunSucceeded] != 1 || len(counts) != 1 {
		t.Errorf("counts = %v, %v; want one succeeded", counts, err)
	}
}

func TestAFailingServiceIsTriedAgainByTheSchedule(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	bodies := make(chan string, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(service.Close)
	b := newBench(t, post(service.URL, func(s *models.TaskSpec) { s.Retry = &models.RetrySpec{Delays: []string{"PT5S", "PT1M"}} }))
	b.work(runner.Options{})
	id := b.complete("again")
	d := b.run(id, models.RunScheduled)
	if due := time.UnixMicro(*d.DueAt).Sub(b.clock.Now()); due < 5*time.Second || due > 5500*time.Millisecond {
		t.Errorf("the second try is due in %s; want 5 s and up to a tenth", due)
	}
	b.clock.Advance(6 * time.Second)
	storetest.Eventually(t, storetest.Patience, "the second try has failed", func() bool {
		d, err := b.Store.Run(t.Context(), b.Actor, id)
		b.Check(err)
		return len(d.Attempts) == 2 && d.DueAt != nil
	})
	b.clock.Advance(67 * time.Second)
	d = b.run(id, models.RunSucceeded)
	var results []string
	for _, a := range d.Attempts {
		results = append(results, fmt.Sprint(a.Number, a.Result))
	}
	if got := strings.Join(results, " "); got != "1retried 2retried 3succeeded" {
		t.Errorf("attempts = %s", got)
	}
	if first, second, third := <-bodies, <-bodies, <-bodies; first != second || first != third {
		t.Error("the tries sent different bodies")
	}
}

func TestFinalFailuresAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(service.Close)
	for path, key := range map[string]string{"/redirect": "outbound.redirect", "/gone": "run.error.status"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, post(service.URL+path))
			b.work(runner.Options{})
			d := b.run(b.complete("x"), models.RunFailed)
			if e := models.DecodeRunError(d.Error); len(d.Attempts) != 1 || e == nil || e.Key != key {
				t.Errorf("%d attempts, error %+v; want one and %s", len(d.Attempts), e, key)
			}
		})
	}
}

func TestTheTasksAfterAFailureRunUnlessItStops(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		reached.Add(1)
	}))
	t.Cleanup(service.Close)
	for onFailure, want := range map[models.OnFailure]int{models.FailureContinue: 2, models.FailureStop: 1} {
		b := newBench(t, post(service.URL+"/bad", func(s *models.TaskSpec) { s.OnFailure = onFailure }), post(service.URL+"/good"))
		b.work(runner.Options{})
		if d := b.run(b.complete("x"), models.RunFailed); len(d.Attempts) != want {
			t.Errorf("with %s: %d attempts; want %d", onFailure, len(d.Attempts), want)
		}
	}
	if reached.Load() != 1 {
		t.Errorf("the second task ran %d times; want once", reached.Load())
	}
}

func TestRunsOfAWorkflowThatIsOffAreHeldUntilItIsOn(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(service.Close)
	b := newBench(t, post(service.URL))
	id := b.complete("x")
	b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.workflow.ID, false))
	b.work(runner.Options{})
	if d := b.run(id, models.RunScheduled); *d.Hold != models.HoldOff {
		t.Errorf("held by %v; want off", *d.Hold)
	}
	b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.workflow.ID, true))
	b.run(id, models.RunSucceeded)
}

func TestASlowReceiverDoesNotDelayOthers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(quick.Close)
	b := newBench(t, does(t, func(context.Context, task.Input) task.Outcome { // no call, which would end by its own limit of time
		<-release
		return task.Outcome{Result: task.Done}
	}))
	other := b.compiled(b.Workflow(post(quick.URL)))
	b.work(runner.Options{Workers: 64})
	var stuck []string
	for range 100 { // more than there are workers
		stuck = append(stuck, b.complete("x"))
	}
	b.live = other
	b.run(b.complete("y"), models.RunSucceeded)
	close(release)
	for _, id := range stuck {
		b.run(id, models.RunSucceeded)
	}
}

func TestStoppingGivesWorkUnderWayBackUncharged(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client go
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(service.Close)
	b := newBench(t, post(service.URL))
	stop := b.work(runner.Options{Grace: time.Millisecond})
	id := b.complete("x")
	<-arrived
	stop()
	d, err := b.Store.Run(t.Context(), b.Actor, id)
	b.Check(err)
	if d.Display() != models.RunScheduled || len(d.Attempts) != 0 || *d.Queue != models.QueueReady {
		t.Errorf("the run is %s/%s with %d attempts; want scheduled, ready and none", d.Display(), *d.Queue, len(d.Attempts))
	}
}

func TestAReplayFromTheFailedTaskTakesOverWhatSucceeded(t *testing.T) {
	t.Parallel()
	var healthy atomic.Bool
	var first atomic.Int32
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			first.Add(1)
		} else if !healthy.Load() {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(service.Close)
	done := post(service.URL + "/first")
	b := newBench(t, done, post(service.URL+"/second"))
	b.work(runner.Options{})
	id := b.complete("x")
	b.run(id, models.RunFailed)
	healthy.Store(true)
	again, err := workflow.Replay(t.Context(), b.Store, b.Actor, id, workflow.ReplayOptions{FromFailed: true})
	b.Check(err)
	d := b.run(again.ID, models.RunSucceeded)
	carried := slices.ContainsFunc(d.Attempts, func(a models.Attempt) bool { return a.TaskID == done.ID && a.Result == models.AttemptCarried })
	if *d.ReplayOf != id || first.Load() != 1 || !carried {
		t.Errorf("replay of %v, first task called %d times, attempts %+v", *d.ReplayOf, first.Load(), d.Attempts)
	}
}

func TestCancelEndsAScheduledRun(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(service.Close)
	b := newBench(t, post(service.URL))
	b.work(runner.Options{})
	id := b.complete("x")
	b.run(id, models.RunScheduled)
	b.Check(b.Store.CancelRun(t.Context(), b.Actor, id))
	b.run(id, models.RunCanceled)
	if err := b.Store.CancelRun(t.Context(), b.Actor, id); models.ErrorCode(err) != models.CodeConflict {
		t.Errorf("a second cancel gives %v; want a conflict", err)
	}
}
