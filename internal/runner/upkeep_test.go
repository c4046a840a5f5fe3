package runner

import (
	"log/slog"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// The database was away to all nodes for longer than a dead one is waited for: the first that is back must not take the
// others for dead.
func TestNodesThatWereCutOffTogetherKeepTheirRuns(t *testing.T) {
	t.Parallel()
	d, c := storetest.NewPostgres(t), clock.NewFake(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	node := func() *Runner {
		return New(Options{Store: d.Open(t, storetest.Options{Clock: c}), Types: task.NewRegistry(), Clock: c, Log: slog.New(slog.DiscardHandler), Workers: 1})
	}
	here, there := node(), node()
	i := storetest.NewInstance(t, here.Store, c)
	i.Check(here.join(t.Context(), "here"))
	i.Check(there.join(t.Context(), "there"))
	id := i.Accept(i.Workflow(), 1)[0]
	claimed, err := there.Store.Claim(t.Context(), store.ClaimOptions{Node: there.node, Limit: 1})
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	running := func(want models.RunStatus) {
		t.Helper()
		if r, err := here.Store.Run(t.Context(), i.Actor, id); err != nil || r.Display() != want {
			t.Errorf("the run is %s, %v; want %s", r.Display(), err, want)
		}
	}
	c.Advance(40 * time.Second)
	i.Check(here.beatOnce(t.Context(), "here", true))
	running(models.RunRunning)
	c.Advance(beatEvery)
	i.Check(there.beatOnce(t.Context(), "there", true))
	i.Check(here.beatOnce(t.Context(), "here", false))
	running(models.RunRunning)

	c.Advance(lostAfter + time.Second) // now only this node is seen
	i.Check(here.beatOnce(t.Context(), "here", false))
	running(models.RunScheduled)
}

// A row that was read before a call found the receiver back must not hold its calls again.
func TestWhatWasReadBeforeIsNoNews(t *testing.T) {
	t.Parallel()
	const host = "https://back"
	g, now := newGate(), time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	due := now.UnixMicro()
	open := models.Host{OrgID: "acme", Host: host, Breaker: models.BreakerOpen, Failures: store.BreakAfter, Trips: 1, RetryAt: &due}
	closed := models.Host{OrgID: "acme", Host: host, Breaker: models.BreakerClosed, Failures: store.BreakAfter - store.BackAtOnce, Trips: 1}
	g.learn(host, &open, g.moment())
	if failing, _ := g.failing(host); !failing {
		t.Fatal("what another node wrote is not taken over")
	}
	since := g.moment()
	g.enterForProbe(host)
	if n := g.called(host, call{org: "acme", state: calledWell, probe: true}, now); n != newsWell {
		t.Fatalf("news %d", n)
	}
	g.adopt(host, &closed)
	g.learnAll([]models.Host{open}, since)
	if failing, _ := g.failing(host); failing {
		t.Error("an older row holds the calls again")
	}
	for range steadyAfter {
		if g.enter(t.Context(), host, 0) != entryIn {
			t.Fatal("there is no place")
		}
		g.called(host, call{org: "acme", state: calledWell}, now)
	}
	g.saved(host)
	g.tidy(now)
	if g.emptied(host, 0); len(g.hosts) != 0 {
		t.Fatalf("%d receivers are remembered; want none", len(g.hosts))
	}
	g.learn(host, &open, since) // nor when it is forgotten meanwhile
	if failing, _ := g.failing(host); failing {
		t.Error("an older row holds the calls of a receiver that was forgotten")
	}
	g.learn(host, &open, g.moment())
	if failing, _ := g.failing(host); !failing {
		t.Error("a newer row is not taken over")
	}
}

func TestAPlaceThatBecomesFreeBeforeTheHoldIsOfferedAgain(t *testing.T) {
	t.Parallel()
	g := newGate()
	const host = "https://slow"
	for range hostCap {
		if g.enter(t.Context(), host, 0) != entryIn {
			t.Fatal("there is no place for as many as the cap")
		}
	}
	if g.enter(t.Context(), host, 0) != entryFull {
		t.Fatal("there is a place for one more")
	}
	for range hostCap {
		g.leave(host)
	}
	for len(g.held) > 0 { // the places are offered while the hold is still on its way to the disk
		<-g.held
	}
	_, held := g.room(host)
	g.emptied(host, held)
	g.holds(host)
	room, held := g.room(host)
	if len(g.held) != 1 || room != hostCap {
		t.Errorf("%d offers, room for %d; want the held run to be released", len(g.held), room)
	}
	g.holds(host) // another, while the first is being released
	g.emptied(host, held)
	room, held = g.room(host)
	if room != hostCap {
		t.Errorf("room for %d; want the second held run to be released, too", room)
	}
	g.emptied(host, held)
	if len(g.hosts) != 0 {
		t.Errorf("%d receivers are remembered; want none", len(g.hosts))
	}
}
