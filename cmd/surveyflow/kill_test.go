package main

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/pgtest"
	"surveyflow/internal/store/storetest"
)

// killRounds is how often the server is killed: 4, or what KILL_ROUNDS says (make soak).
func killRounds() int {
	if n, err := strconv.Atoi(os.Getenv("KILL_ROUNDS")); err == nil && n > 0 {
		return n
	}
	return 4
}

// Kill -9 at random moments under load: whatever was answered with 200 is there, every run reaches its end, and every
// call arrived at least once; twice only what was in flight.
func TestKillingTheServerLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := newSink(t)
		p := newProcess(t, d, "WORKERS=16")
		survey, token := p.prepare(s.URL)
		p.start()
		l := newLoad(t, p, survey, token, 8)
		inFlight := 0
		for range killRounds() {
			l.more(20 + rand.Int64N(300))
			p.kill()
			inFlight += l.killed()
			p.forget("")
			p.start()
		}
		l.more(50)
		l.settled(s)
		if doubled := s.doubled(); doubled > inFlight {
			t.Errorf("%d calls arrived twice; %d were in flight at the kills", doubled, inFlight)
		}
		t.Logf("%d kills: %d accepted, %d requests broken off, %d in flight at the kills, %d calls arrived twice",
			killRounds(), l.stored.Load(), l.broken.Load(), inFlight, s.doubled())
	})
}

// PostgreSQL goes away under load and comes back: clear 503s meanwhile, nothing accepted is lost, and the server goes on by
// itself.
func TestKillingPostgreSQLIsSurvived(t *testing.T) {
	t.Parallel()
	away := 3 * time.Second
	if os.Getenv("KILL_ROUNDS") != "" {
		away = 10 * time.Second
	}
	cluster := pgtest.Start(t, pgtest.Options{})
	s := newSink(t)
	p := newProcess(t, storetest.Database{Postgres: cluster.Database(t)}, "WORKERS=16")
	survey, token := p.prepare(s.URL)
	p.start()
	l := newLoad(t, p, survey, token, 8)
	for range 2 {
		l.more(200)
		cluster.Stop(t)
		began, refused := time.Now(), l.refused.Load()
		storetest.Eventually(t, patience, "requests are refused", func() bool {
			return time.Since(began) > away && l.refused.Load() > refused+20
		})
		if status := p.ready(); status != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d; want 503", status)
		}
		cluster.Restart(t)
		l.more(200)
		p.change("UPDATE queue SET state_at = 0 WHERE state = 'running'") // what went astray is missed after half a minute
	}
	l.settled(s)
	if l.broken.Load() > 0 {
		t.Errorf("%d requests were not answered; want 503 for each", l.broken.Load())
	}
	t.Logf("%d accepted, %d answered 503, %d calls arrived twice", l.stored.Load(), l.refused.Load(), s.doubled())
}

// SIGTERM under load: what is under way ends, the program ends with status 0, and nothing is lost or done twice.
func TestStoppingUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := newSink(t)
		p := newProcess(t, d, "WORKERS=16")
		survey, token := p.prepare(s.URL)
		p.start()
		l := newLoad(t, p, survey, token, 8)
		for range 2 {
			l.more(150)
			if err := p.terminate(); err != nil {
				t.Errorf("the server ended with %v", err)
			}
			if n := p.count("SELECT COUNT(*) FROM queue WHERE state = 'running' OR starts > 0"); n > 0 {
				t.Errorf("%d runs look as if the server had died of them", n)
			}
			p.start()
		}
		l.more(50)
		l.settled(s)
		if doubled := s.doubled(); doubled > 0 {
			t.Errorf("%d calls arrived twice", doubled)
		}
	})
}

// A service that hangs does not keep the program from stopping: its calls go back, and nobody is charged.
func TestStoppingDoesNotWaitForAServiceThatHangs(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := newSink(t)
		s.hang = make(chan struct{})
		p := newProcess(t, d, "WORKERS=16")
		survey, token := p.prepare(s.URL)
		p.start()
		l := newLoad(t, p, survey, token, 4)
		l.more(60)
		l.stop()
		if err := p.terminate(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if n := p.count("SELECT COUNT(*) FROM queue WHERE state = 'running' OR starts > 0"); n > 0 {
			t.Errorf("%d runs look as if the server had died of them", n)
		}
		if n := p.count("SELECT COUNT(*) FROM attempts"); n > 0 {
			t.Errorf("%d attempts are recorded; want none: it did not wait until the calls ran out of time", n)
		}
		close(s.hang)
		p.start()
		l.settled(s)
	})
}

// A web server and two worker processes on one PostgreSQL: one of the workers dies, the other takes its runs over.
func TestKillingOneOfSeveralNodesLosesNothing(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	s := newSink(t)
	web := newProcess(t, d)
	web.flags = []string{"--no-workers"}
	survey, token := web.prepare(s.URL)
	web.start()
	other := newProcess(t, d, "WORKERS=8")
	other.work()
	l := newLoad(t, web, survey, token, 8)
	for range 2 {
		victim := newProcess(t, d, "WORKERS=8")
		node := victim.work()
		storetest.Eventually(t, patience, "the worker has runs", func() bool {
			return web.count("SELECT COUNT(*) FROM queue WHERE node = '"+node+"'") > 0
		})
		victim.kill()
		victim.forget(node)
		l.more(50)
	}
	l.settled(s)
}

// SIGTERM while PostgreSQL is away: the program ends in time and says what it could not do.
func TestStoppingWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t, pgtest.Options{})
	p := newProcess(t, storetest.Database{Postgres: cluster.Database(t)}, "LOG_LEVEL=info")
	p.start()
	storetest.Eventually(t, patience, "the workers have joined", func() bool { return strings.Contains(p.log.String(), "msg=working") })
	cluster.Stop(t)
	if err := p.terminate(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if said := p.log.String(); !strings.Contains(said, "could not sign off") {
		t.Errorf("the program does not say what it could not do:\n%s", said)
	}
	cluster.Restart(t)
}
