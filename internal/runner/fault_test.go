package runner_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// fits is a type of task that does what a test wants.
type fits struct{}

const taskFits models.TaskType = "fits"

func (fits) Name() models.TaskType { return taskFits }

func (fits) Compile(config json.RawMessage) (task.Task, error) {
	var name string
	if err := json.Unmarshal(config, &name); err != nil {
		return nil, models.Invalid(models.Field("", "error.invalid"))
	}
	act, ok := acts.Load(name)
	if !ok {
		return nil, models.Invalid(models.Field("", "error.invalid"))
	}
	return fit{act.(func(context.Context, task.Input) task.Outcome)}, nil
}

// acts are what tasks of the type fits do, by the names in their configs.
var acts sync.Map

type fit struct {
	act func(context.Context, task.Input) task.Outcome
}

func (fit) Refs() []pipedtext.Ref                                     { return nil }
func (fit) Host() string                                              { return "" }
func (f fit) Run(ctx context.Context, in task.Input) (o task.Outcome) { return f.act(ctx, in) }

// does makes a task that does that.
func does(t *testing.T, act func(context.Context, task.Input) task.Outcome) models.TaskSpec {
	t.Helper()
	name := models.NewID("ACT_")
	acts.Store(name, act)
	t.Cleanup(func() { acts.Delete(name) })
	return models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: taskFits, OnFailure: models.FailureContinue, Config: json.RawMessage(`"` + name + `"`)}
}

func done(context.Context, task.Input) task.Outcome { return task.Outcome{Result: task.Done} }

// raw is a server that answers every connection with these bytes, whatever is asked, and closes it.
func raw(t *testing.T, answer func(w io.Writer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					io.Copy(io.Discard, r.Body) //nolint:errcheck // whatever it was
				}
				answer(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return "http://" + l.Addr().String()
}

// Services that misbehave in every way cost their own runs alone.
func TestAServiceThatMisbehavesCostsItsOwnRun(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(good.Close)
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only then does the server see the client go
		select {
		case <-leave:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(leave) })
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := strings.Repeat("x", 1<<20)
		for range 10 {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(large.Close)
	redirects := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data", http.StatusFound))
	t.Cleanup(redirects.Close)
	once := func(s *models.TaskSpec) { s.Retry = &models.RetrySpec{Delays: []string{}} }
	seconds := func(n int, method string) func(*models.TaskSpec) {
		return func(s *models.TaskSpec) {
			config, err := models.MarshalJSON(models.WebServiceConfig{Method: method, URL: urlOf(s), TimeoutSeconds: n})
			if err != nil {
				t.Fatal(err)
			}
			s.Config = config
		}
	}
	for name, c := range map[string]struct {
		task models.TaskSpec
		key  string
	}{
		"hangs":            {post(hangs.URL, once, seconds(1, "POST")), "outbound.timeout"},
		"refuses":          {post("http://127.0.0.1:1", once), "outbound.connection.refused"},
		"hangs up":         {post(raw(t, func(io.Writer) {}), once), "outbound.connection.closed"},
		"garbage":          {post(raw(t, says("\x00\xff\xfegarbage\r\n\r\n")), once), "outbound.protocol"},
		"breaks off":       {post(raw(t, says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal")), once), "outbound.connection.closed"},
		"headers":          {post(raw(t, endlessHeaders), once), "outbound.protocol"},
		"10 MB":            {post(large.URL, once), "outbound.too_large"},
		"redirected POST":  {post(redirects.URL, once), "outbound.redirect"},
		"redirected GET":   {post(redirects.URL, once, seconds(30, "GET")), "outbound.refused.metadata"},
		"binary with NULs": {post(raw(t, says("HTTP/1.1 500 \xff\xfe\r\nX-Bad: \xff\r\nContent-Length: 4\r\n\r\n\x00\x01\xff\x00")), once), "run.error.status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
				b := newBenchOn(t, d, c.task)
				other := b.compiled(b.Workflow(post(good.URL)))
				b.work(runner.Options{Workers: 2})
				id := b.complete("x")
				b.live = other
				b.run(b.complete("y"), models.RunSucceeded)
				r := b.run(id, models.RunFailed)
				if e := models.DecodeRunError(r.Error); len(r.Attempts) != 1 || e == nil || e.Key != c.key {
					t.Errorf("%d attempts, error %+v; want one and %s", len(r.Attempts), e, c.key)
				}
				for _, a := range r.Attempts {
					if a.Exchange != nil && len(*a.Exchange) > 300<<10 {
						t.Errorf("the record has %d bytes", len(*a.Exchange))
					}
				}
			})
		})
	}
}

func urlOf(s *models.TaskSpec) string {
	var c models.WebServiceConfig
	if err := json.Unmarshal(s.Config, &c); err != nil {
		panic(err)
	}
	return c.URL
}

func says(answer string) func(io.Writer) {
	return func(w io.Writer) { io.WriteString(w, answer) } //nolint:errcheck // the client may have gone
}

func endlessHeaders(w io.Writer) {
	io.WriteString(w, "HTTP/1.1 200 OK\r\n") //nolint:errcheck // the client goes
	for n := range 5000 {
		if _, err := fmt.Fprintf(w, "X-%d: %s\r\n", n, strings.Repeat("y", 500)); err != nil {
			return
		}
	}
}

func TestAPanicIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t, does(t, func(context.Context, task.Input) task.Outcome { panic("at the disco") }), does(t, done))
	b.work(runner.Options{Workers: 1})
	d := b.run(b.complete("x"), models.RunFailed)
	if e := models.DecodeRunError(d.Error); e.Key != "run.error.panic" || len(d.Attempts) != 2 || d.Attempts[1].Result != models.AttemptSucceeded {
		t.Errorf("error %+v, attempts %+v; want a panic and a second task that succeeded", e, d.Attempts)
	}
}

// A newer program made the workflow: the run waits for a node that knows the task, and nobody is charged.
func TestAnUnknownTaskTypeWaitsUncharged(t *testing.T) {
	t.Parallel()
	b := newBench(t, does(t, done))
	known := b.types
	b.types = task.NewRegistry()
	stop := b.work(runner.Options{})
	id := b.complete("x")
	var d *store.RunDetail
	storetest.Eventually(t, storetest.Patience, "the run waits", func() bool {
		var err error
		d, err = b.Store.Run(t.Context(), b.Actor, id)
		b.Check(err)
		return d.Queue != nil && *d.Queue == models.QueueWaiting
	})
	if len(d.Attempts) != 0 || d.Run.Attempts != 0 {
		t.Errorf("%d attempts, %d charged; want none", len(d.Attempts), d.Run.Attempts)
	}
	stop()
	b.types = known
	b.work(runner.Options{})
	b.clock.Advance(31 * time.Second)
	b.run(id, models.RunSucceeded)
}

// die claims everything as a node that then dies.
func (b *bench) die(suspects bool) {
	b.Helper()
	_, err := b.Store.Claim(b.Context(), store.ClaimOptions{Node: "ND_dead", Limit: 1000, Suspects: suspects})
	b.Check(err)
	_, err = b.Store.TakeOver(b.Context(), "ND_next", b.clock.Now())
	b.Check(err)
}

func TestARunThatThreeProcessesDiedOfIsParked(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, does(t, done))
		deadly, innocent := b.complete("x"), ""
		b.die(false)
		b.die(true)
		innocent = b.complete("y")
		b.die(true)
		b.die(false)
		b.work(runner.Options{})
		r := b.run(deadly, models.RunFailed)
		if e := models.DecodeRunError(r.Error); e.Key != "run.error.crashed" || len(r.Attempts) != 0 {
			t.Errorf("error %+v with %d attempts; want crashed and none", e, len(r.Attempts))
		}
		r = b.run(innocent, models.RunSucceeded)
		if len(r.Attempts) != 2 || r.Attempts[0].Result != models.AttemptLost || r.Run.Attempts != 1 {
			t.Errorf("%d attempts, %d charged; want a lost and a charged one", len(r.Attempts), r.Run.Attempts)
		}
	})
}

// Only one suspect at a time, and the next as soon as it ended: with a poll for each they would take more than the time that is
// allowed here.
func TestSuspectsFollowOneAnother(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	inside, most := 0, 0
	b := newBench(t, does(t, func(context.Context, task.Input) task.Outcome {
		mu.Lock()
		inside++
		most = max(most, inside)
		mu.Unlock()
		defer func() { mu.Lock(); inside--; mu.Unlock() }()
		return task.Outcome{Result: task.Done}
	}))
	var ids []string
	for range 150 {
		ids = append(ids, b.complete("x"))
	}
	b.die(false)
	began := time.Now()
	b.work(runner.Options{Workers: 8})
	for _, id := range ids {
		b.run(id, models.RunSucceeded)
	}
	if took := time.Since(began); most != 1 || took > time.Minute {
		t.Errorf("%d suspects at a time, %s for all; want 1 and less than a minute", most, took)
	}
}

// A first try that was cut short and the one after it send the same date.
func TestATryAfterADeathSendsTheSameBody(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.URL.Path + string(body)
		if r.URL.Path == "/second" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(service.Close)
	dated := func(path string) models.TaskSpec {
		config, err := models.MarshalJSON(models.WebServiceConfig{Method: "POST", URL: service.URL + path, Body: &models.BodySpec{
			Format: models.BodyPlainText, Mode: models.BodyFreeText, Text: " ${date://CurrentDate/H:i:s} ${rand://int/1:1000000}",
		}})
		if err != nil {
			t.Fatal(err)
		}
		return models.TaskSpec{Type: models.TaskWebService, Config: config, Retry: &models.RetrySpec{Delays: []string{"PT1H"}}}
	}
	b := newBench(t, dated("/first"), dated("/second"))
	id := b.complete("x")
	b.die(false) // the first claim sets the time
	b.clock.Advance(time.Hour)
	stop := b.work(runner.Options{})
	r := b.run(id, models.RunScheduled)
	stop()
	first, second := <-bodies, <-bodies
	if !strings.Contains(first, "10:00:00") {
		t.Errorf("after the death %q was sent; want the time of the first claim", first)
	}
	if r.Attempts[0].Result != models.AttemptLost {
		t.Errorf("attempts = %+v; want a lost one first", r.Attempts)
	}
	b.clock.Advance(2 * time.Hour)
	b.work(runner.Options{})
	b.run(id, models.RunFailed)
	if again := <-bodies; again != second {
		t.Errorf("the second try sent %q, the first %q", again, second)
	}
}

// The workflow is turned off while the first of its tasks runs: the second waits until it is on.
func TestARunIsHeldAtTheTaskBoundaryWhenItsWorkflowIsOff(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}), make(chan struct{})
	b := newBench(t, does(t, func(context.Context, task.Input) task.Outcome {
		close(arrived)
		<-leave
		return task.Outcome{Result: task.Done}
	}), does(t, done))
	b.work(runner.Options{})
	id := b.complete("x")
	<-arrived
	b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.workflow.ID, false))
	close(leave)
	d := b.run(id, models.RunScheduled)
	if d.Hold == nil || *d.Hold != models.HoldOff || len(d.Attempts) != 1 {
		t.Errorf("held by %v after %d attempts; want off and 1", d.Hold, len(d.Attempts))
	}
	b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.workflow.ID, true))
	if d = b.run(id, models.RunSucceeded); len(d.Attempts) != 2 {
		t.Errorf("%d attempts; want 2", len(d.Attempts))
	}
}

// Stopping with runs in every state: what runs goes back, what waits stays as it is, and nothing is charged.
func TestStoppingLeavesRunsInEveryState(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		arrived := make(chan struct{}, 100)
		b := newBenchOn(t, d, does(t, func(ctx context.Context, _ task.Input) task.Outcome {
			arrived <- struct{}{}
			<-ctx.Done()
			return task.Outcome{Result: task.Interrupted}
		}))
		waits := b.compiled(b.Workflow(does(t, func(_ context.Context, in task.Input) task.Outcome {
			return task.Outcome{Result: task.Wait, Until: in.Now.Add(time.Hour)}
		})))
		ends := b.compiled(b.Workflow(does(t, done)))
		stop := b.work(runner.Options{Workers: 4, Grace: 50 * time.Millisecond})
		hangs := b.live
		b.live = waits
		waiting := b.complete("x")
		b.run(waiting, models.RunScheduled)
		b.live = ends
		ended := b.complete("x")
		b.run(ended, models.RunSucceeded)
		b.live = hangs
		var stuck []string
		for range 9 {
			stuck = append(stuck, b.complete("x"))
		}
		for range 4 {
			<-arrived
		}
		stop()
		for _, id := range stuck {
			r, err := b.Store.Run(t.Context(), b.Actor, id)
			b.Check(err)
			if *r.Queue != models.QueueReady || len(r.Attempts) != 0 {
				t.Errorf("a run that was under way is %s with %d attempts; want ready and none", *r.Queue, len(r.Attempts))
			}
		}
		r, err := b.Store.Run(t.Context(), b.Actor, waiting)
		b.Check(err)
		if *r.Queue != models.QueueWaiting || r.DueAt == nil {
			t.Errorf("the waiting run is %s", *r.Queue)
		}
		var left int
		b.Check(d.SQL(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM queue WHERE starts > 0 OR node IS NOT NULL").Scan(&left))
		if left != 0 {
			t.Errorf("%d runs look as if the process had died", left)
		}
		b.Check(d.SQL(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM nodes").Scan(&left))
		if left != 0 {
			t.Errorf("%d nodes are left", left)
		}
	})
}

// More calls than a receiver may get at once, and it answers all at the same moment: nobody waits for the deadline.
func TestHeldRunsGoOnAsSoonAsThereIsRoom(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		leave := make(chan struct{})
		b := newBenchOn(t, d, does(t, func(context.Context, task.Input) task.Outcome {
			<-leave
			return task.Outcome{Result: task.Done}
		}))
		b.work(runner.Options{Workers: 64})
		var ids []string
		for range 80 {
			ids = append(ids, b.complete("x"))
		}
		storetest.Eventually(t, storetest.Patience, "some are held", func() bool {
			depths, err := b.Store.QueueDepths(t.Context())
			b.Check(err)
			return depths[models.QueueHeld] > 10
		})
		close(leave)
		for _, id := range ids {
			b.run(id, models.RunSucceeded) // the clock stands still: the deadline never comes
		}
	})
}

// The database refuses what an attempt holds: the run ends all the same, and those beside it are not touched.
func TestAStepThatCannotBeRecordedFailsItsRun(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	b := newBenchOn(t, d, does(t, func(context.Context, task.Input) task.Outcome {
		return task.Outcome{Result: task.Done, Exchange: &models.Exchange{}, Outputs: map[string]json.RawMessage{"x": json.RawMessage("\"\xff\"")}}
	}))
	other := b.compiled(b.Workflow(does(t, done)))
	b.work(runner.Options{})
	id := b.complete("x")
	b.live = other
	b.run(b.complete("y"), models.RunSucceeded)
	r := b.run(id, models.RunFailed, models.RunSucceeded)
	if r.Status == models.RunFailed && models.DecodeRunError(r.Error).Key != "run.error.unrecorded" {
		t.Errorf("the run failed with %s", r.Error)
	}
}

// Connections break while runs are under way: every one ends, and is recorded once.
func TestRunsSurviveBrokenConnections(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	proxy, through := storetest.NewProxy(t, d)
	var mu sync.Mutex
	called := map[string]int{}
	act := func(_ context.Context, in task.Input) task.Outcome {
		mu.Lock()
		defer mu.Unlock()
		called[in.Key()]++
		return task.Outcome{Result: task.Done}
	}
	b := newBenchOn(t, d, does(t, act), does(t, act))
	shaky := through.Open(t, storetest.Options{Clock: b.clock})
	b.work(runner.Options{Store: shaky})
	var ids []string
	for round := range 6 {
		for range 10 {
			ids = append(ids, b.complete("x"))
		}
		direct := b.Completed(b.workflow) // taken over as it is accepted, or told that it is not sure
		switch round % 3 {
		case 0:
			proxy.LoseCommit()
		case 1:
			proxy.Cut()
			proxy.Mend()
		}
		switch err := shaky.Accept(direct); {
		case err == nil:
			ids = append(ids, direct.Runs[0].ID)
		case models.ErrorCode(err) != models.CodeUnavailable:
			t.Error(err)
		}
	}
	for _, id := range ids {
		storetest.Eventually(t, storetest.Patience, "the run ends", func() bool {
			b.clock.Advance(time.Second) // what went astray is missed after 30 s
			r, err := b.Store.Run(t.Context(), b.Actor, id)
			b.Check(err)
			tried := slices.DeleteFunc(r.Attempts, func(a models.Attempt) bool { return a.Result == models.AttemptLost })
			return r.Status == models.RunSucceeded && len(tried) == 2
		})
	}
	storetest.Eventually(t, storetest.Patience, "the queue is empty", func() bool {
		b.clock.Advance(time.Second)
		depths, err := b.Store.QueueDepths(t.Context())
		b.Check(err)
		return len(depths) == 0
	})
	mu.Lock()
	defer mu.Unlock()
	for key, times := range called {
		if times > 3 {
			t.Errorf("%s was called %d times", key, times)
		}
	}
}
