package runner_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// receiver is a real server whose answer a test sets.
type receiver struct {
	*httptest.Server
	status atomic.Int32
	after  atomic.Value // Retry-After
	calls  atomic.Int32
	inside atomic.Int32
	most   atomic.Int32
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{}
	r.status.Store(int32(status))
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body) //nolint:errcheck // whatever it was
		r.calls.Add(1)
		in := r.inside.Add(1)
		defer r.inside.Add(-1)
		for most := r.most.Load(); in > most && !r.most.CompareAndSwap(most, in); most = r.most.Load() {
			continue
		}
		if after, ok := r.after.Load().(string); ok && after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(int(r.status.Load()))
	}))
	t.Cleanup(r.Close)
	return r
}

// saw waits until the receiver got so many calls.
func (r *receiver) saw(t *testing.T, calls int) {
	t.Helper()
	storetest.Eventually(t, storetest.Patience, "the calls arrive", func() bool { return int(r.calls.Load()) >= calls })
	if got := int(r.calls.Load()); got != calls {
		t.Errorf("%d calls arrived; want %d", got, calls)
	}
}

func (b *bench) host(address string) *models.Host {
	b.Helper()
	h, err := b.Store.Host(b.Context(), b.Actor.OrgID, address)
	b.Check(err)
	return h
}

// held counts the runs that are held for the receiver.
func (b *bench) held(want int) {
	b.Helper()
	storetest.Eventually(b, storetest.Patience, "the runs are held", func() bool {
		n, err := b.Store.CountHeld(b.Context(), b.Actor)
		b.Check(err)
		return n == want
	})
}

func TestCallsToAReceiverThatIsDownAreHeldUntilAProbeFindsItBack(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		down := newReceiver(t, http.StatusBadGateway)
		b := newBenchOn(t, d, post(down.URL, func(s *models.TaskSpec) { s.Retry = &models.RetrySpec{Delays: []string{"PT1H", "PT1H"}} }))
		b.work(runner.Options{Workers: 1})
		var ids []string
		for range 30 {
			ids = append(ids, b.complete("x"))
		}
		b.held(20)
		down.saw(t, store.BreakAfter)
		opened := b.clock.Now()
		h := b.host(down.URL)
		if h == nil || h.Breaker != models.BreakerOpen || time.UnixMicro(*h.RetryAt).Sub(opened) != 10*time.Second || models.DecodeRunError(h.Error).Key != "run.error.status" {
			t.Fatalf("%+v; want it open for 10 s", h)
		}
		d2 := b.run(ids[29], models.RunScheduled)
		if d2.Run.Attempts != 0 || *d2.Hold != models.HoldHost || len(d2.Attempts) != 0 {
			t.Errorf("a held run was charged: %+v", d2.Run)
		}
		for i, pause := range []time.Duration{10 * time.Second, 20 * time.Second} {
			b.clock.Advance(pause)
			down.saw(t, store.BreakAfter+i+1)
			storetest.Eventually(t, storetest.Patience, "the probe has failed", func() bool {
				h = b.host(down.URL)
				return h.Trips == i+2 && time.UnixMicro(*h.RetryAt).Sub(b.clock.Now()) == 2*pause
			})
		}
		b.held(18)
		down.status.Store(http.StatusOK)
		b.clock.Advance(40 * time.Second)
		storetest.Eventually(t, storetest.Patience, "all that were held are done", func() bool {
			counts, err := b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{})
			return err == nil && counts[models.RunSucceeded] == 18
		})
		storetest.Eventually(t, storetest.Patience, "the receiver is well", func() bool {
			h = b.host(down.URL)
			return h.Breaker == models.BreakerClosed && h.Trips == 0 && h.Failures == 0
		})
		b.clock.Advance(2 * time.Hour) // those that failed come by their own schedule
		for _, id := range ids {
			b.run(id, models.RunSucceeded)
		}
	})
}

func TestTheSchedule(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		const host = "https://crm.example.com"
		for n := 1; n <= store.BreakAfter; n++ {
			h, err := b.Store.HostFailed(t.Context(), b.Actor.OrgID, host, store.HostFailures{N: 1, Error: `{"key":"outbound.timeout"}`})
			b.Check(err)
			if open := h.Breaker == models.BreakerOpen; open != (n == store.BreakAfter) {
				t.Fatalf("open is %v after %d failures", open, n)
			}
		}
		for _, pause := range []time.Duration{10, 20, 40, 80, 160, 300, 300, 300} {
			pause *= time.Second
			b.clock.Advance(pause - time.Microsecond)
			if h, err := b.Store.WinProbe(t.Context(), b.Actor.OrgID, host, time.Minute); h != nil || err != nil {
				t.Fatalf("a probe before its time, after %s: %v", pause, err)
			}
			b.clock.Advance(time.Microsecond)
			var won atomic.Int32
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if h, err := b.Store.WinProbe(t.Context(), b.Actor.OrgID, host, time.Minute); err == nil && h != nil {
						won.Add(1)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d probe; want one", won.Load())
			}
			_, err := b.Store.ProbeFailed(t.Context(), b.Actor.OrgID, host, "")
			b.Check(err)
		}
	})
}

func TestFailuresThatAreNotTheReceiversDoNotHoldOthers(t *testing.T) {
	t.Parallel()
	wrong := newReceiver(t, http.StatusNotFound)
	b := newBench(t, post(wrong.URL))
	b.work(runner.Options{})
	const runs = store.BreakAfter + 5 // fewer than what switches the workflow off
	for range runs {
		b.complete("x")
	}
	storetest.Eventually(t, storetest.Patience, "all have failed", func() bool {
		counts, err := b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{})
		return err == nil && counts[models.RunFailed] == runs
	})
	if h := b.host(wrong.URL); h != nil && h.Breaker == models.BreakerOpen {
		t.Errorf("%+v", h)
	}
}

func TestAReceiverThatFlapsIsNotHeld(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	flaps := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%4 != 0 { // three fail, one does not
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(flaps.Close)
	b := newBench(t, post(flaps.URL))
	b.work(runner.Options{Workers: 1})
	for range 40 {
		b.complete("x")
	}
	storetest.Eventually(t, storetest.Patience, "all were called", func() bool { return n.Load() == 40 })
	if h := b.host(flaps.URL); h != nil && h.Breaker == models.BreakerOpen {
		t.Errorf("%+v", h)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		busy := newReceiver(t, status)
		busy.after.Store("120")
		b := newBench(t, post(busy.URL))
		b.work(runner.Options{})
		id := b.complete("x")
		due := time.UnixMicro(*b.run(id, models.RunScheduled).DueAt)
		if pause := due.Sub(b.clock.Now()); pause < 2*time.Minute || pause > 2*time.Minute+12*time.Second {
			t.Errorf("after %d the next try is in %s; want 2 min", status, pause)
		}
	}
}

func TestAReceiverGetsNoMoreCallsAtTheSameTimeThanItsOwnerWants(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := newGathering(t, release)
	b := newBench(t, limited(slow.URL, models.WebServiceConfig{Concurrency: 2}))
	b.work(runner.Options{Workers: 8})
	var ids []string
	for range 6 {
		ids = append(ids, b.complete("x"))
	}
	b.held(4)
	slow.holds(t, 2)
	close(release)
	for _, id := range ids {
		b.run(id, models.RunSucceeded)
	}
	if most := slow.most.Load(); most != 2 {
		t.Errorf("%d calls at the same time; want 2", most)
	}
}

// gathering is a receiver that keeps its calls until it may let them go, and counts them.
type gathering struct {
	*httptest.Server
	inside, most atomic.Int32
}

func newGathering(t *testing.T, release <-chan struct{}) *gathering {
	g := &gathering{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		in := g.inside.Add(1)
		defer g.inside.Add(-1)
		for most := g.most.Load(); in > most && !g.most.CompareAndSwap(most, in); most = g.most.Load() {
			continue
		}
		<-release
	}))
	t.Cleanup(g.Close)
	return g
}

// holds waits until so many calls have come.
func (g *gathering) holds(t *testing.T, calls int32) {
	t.Helper()
	storetest.Eventually(t, storetest.Patience, "the calls have come", func() bool { return g.inside.Load() >= calls })
}

func limited(url string, c models.WebServiceConfig) models.TaskSpec {
	c.Method, c.URL, c.TimeoutSeconds = "POST", url, 30
	config, err := models.MarshalJSON(c)
	if err != nil {
		panic(err)
	}
	return post(url, func(s *models.TaskSpec) { s.Config = config })
}

func TestCallsWaitForTheirTurnWhereThereIsARate(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		paced := newReceiver(t, http.StatusOK)
		b := newBenchOn(t, d, limited(paced.URL, models.WebServiceConfig{RatePerSecond: 0.1}))
		b.work(runner.Options{})
		begun := b.clock.Now()
		var ids []string
		for range 4 {
			ids = append(ids, b.complete("x"))
		}
		slots := map[time.Duration]bool{}
		for _, id := range ids {
			var r *store.RunDetail
			storetest.Eventually(t, storetest.Patience, "it is called or waits", func() bool {
				var err error
				r, err = b.Store.Run(t.Context(), b.Actor, id)
				b.Check(err)
				return r.Display() == models.RunSucceeded || r.DueAt != nil
			})
			if r.DueAt != nil {
				slots[time.UnixMicro(*r.DueAt).Sub(begun)] = true
			}
			if r.Display() == models.RunScheduled && (r.Run.Attempts != 0 || len(r.Attempts) != 0) {
				t.Errorf("waiting for its turn was charged: %+v", r.Run)
			}
		}
		if len(slots) != 3 || !slots[10*time.Second] || !slots[20*time.Second] || !slots[30*time.Second] {
			t.Errorf("they wait %v; want one every 10 s", slots)
		}
		for i := range 3 {
			paced.saw(t, i+1)
			b.clock.Advance(10 * time.Second)
		}
		paced.saw(t, 4)
		for _, id := range ids {
			b.run(id, models.RunSucceeded)
		}
	})
}

// Two nodes of one installation know of one another's failures, send one probe, and keep one rate together.
func TestNodesShareBreakerAndRate(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	down := newReceiver(t, http.StatusInternalServerError)
	paced := newReceiver(t, http.StatusOK)
	b := newBenchOn(t, d, post(down.URL))
	other := *b
	other.Instance = new(storetest.Instance)
	*other.Instance = *b.Instance
	other.Store = d.Open(t, storetest.Options{Clock: b.clock})
	stop := b.work(runner.Options{Workers: 1})
	for range store.BreakAfter {
		b.complete("x")
	}
	storetest.Eventually(t, storetest.Patience, "it is open", func() bool { h := b.host(down.URL); return h != nil && h.Breaker == models.BreakerOpen })
	stop()
	other.work(runner.Options{Workers: 4})
	id := b.complete("x")
	if r := b.run(id, models.RunScheduled); r.Hold == nil || *r.Hold != models.HoldHost {
		t.Errorf("the other node did not hold the run: %+v", r.RunRow)
	}
	down.saw(t, store.BreakAfter)

	b.work(runner.Options{Workers: 4})
	b.clock.Advance(10 * time.Second)
	storetest.Eventually(t, storetest.Patience, "a probe has failed", func() bool { return b.host(down.URL).Trips == 2 })

	b.workflow = b.Workflow(limited(paced.URL, models.WebServiceConfig{RatePerSecond: 1}))
	b.live = b.compiled(b.workflow)
	var ids []string
	for range 6 {
		ids = append(ids, b.complete("y"))
	}
	for second := 1; second <= 6; second++ {
		storetest.Eventually(t, storetest.Patience, "the next call arrives", func() bool { return int(paced.calls.Load()) >= second })
		if got := int(paced.calls.Load()); got > second {
			t.Fatalf("%d calls in %d s", got, second)
		}
		b.clock.Advance(time.Second)
	}
	for _, id := range ids {
		b.run(id, models.RunSucceeded)
	}
}

// Two nodes keep one limit of calls at the same time together, also one that is smaller than their number; and the limit is
// used up, whichever node claims a run.
func TestNodesShareTheLimitOfCallsAtTheSameTime(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 3} {
		d := storetest.NewPostgres(t)
		release := make(chan struct{})
		slow := newGathering(t, release)
		b := newBenchOn(t, d, limited(slow.URL, models.WebServiceConfig{Concurrency: limit}))
		other := *b
		other.Instance = new(storetest.Instance)
		*other.Instance = *b.Instance
		other.Store = d.Open(t, storetest.Options{Clock: b.clock})
		b.work(runner.Options{Workers: 8})
		other.work(runner.Options{Workers: 8})
		// Each takes its share within a second of the other's coming.
		storetest.Eventually(t, storetest.Patience, "both know of each other", func() bool { return b.nodes() == 2 && other.nodes() == 2 })
		var ids []string
		for range 12 {
			ids = append(ids, b.complete("x"))
		}
		b.held(12 - limit)
		slow.holds(t, int32(limit))
		close(release)
		for _, id := range ids {
			b.run(id, models.RunSucceeded)
		}
		if most := int(slow.most.Load()); most != limit {
			t.Errorf("%d calls at the same time; want %d", most, limit)
		}
	}
}
