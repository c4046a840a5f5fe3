package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

const (
	soakConnections = 32
	// soakEvents is how many events a round may post at most.
	soakEvents = 20_000
	// soakLongest is the latest moment after the first request at which the server is killed.
	soakLongest = 2 * time.Second
	// soakPatience bounds the wait for the last run to end: a lost node's runs are free after 30 s, then its suspects are
	// started one at a time.
	soakPatience = 3 * time.Minute
	// killedTwice is in how many rounds of a hundred the server is killed again while it recovers.
	killedTwice = 25
)

// round is a row of the table: what a round came to.
type round struct {
	accepted  int           // answered with 200
	doubtful  int           // under way when the server died
	stored    int           // of the doubtful, how many are there all the same
	kills     int           // 2 when the server was killed again while it recovered
	recovered time.Duration // from the new start to the end of the last run
	repeated  int           // calls beyond the first for an event
	lost      []string      // promises that were broken
}

// soak kills one instance's server again and again.
type soak struct {
	*instance
	random *rand.Rand
	ledger *ledger
	server *running
	next   int

	mu  sync.Mutex
	ids map[int]string // response ids of accepted events, by number
}

// soakAll kills servers on all databases and prints what came of it. It fails when a promise was broken.
func (b *bench) soakAll(ctx context.Context) error {
	if b.seed == 0 {
		b.seed = rand.Uint64()
	}
	fmt.Fprintf(b.out, "Killing the server under load, %d times on each database (-seed %d)\n", b.soak, b.seed)
	t := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	row(t, "database", "round", "killed", "accepted", "in doubt", "of these stored", "all runs ended after s", "repeated calls", "broken promises")
	broken := 0
	for _, d := range b.dialects {
		n, err := b.soakOne(ctx, d, t)
		broken += n
		if err != nil {
			return errors.Join(t.Flush(), fmt.Errorf("%s: %w", d.label(), err))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%d rounds broke a promise", broken)
	}
	fmt.Fprintln(b.out, "\nEvery accepted response is there, every run reached its end, every call arrived.")
	return nil
}

func (b *bench) soakOne(ctx context.Context, d dialect, t *tabwriter.Writer) (broken int, err error) {
	i, err := b.instance(ctx, b.programs[0], d)
	if err != nil {
		return 0, err
	}
	s := &soak{instance: i, random: rand.New(rand.NewPCG(b.seed, 0)), ledger: newLedger(b.soak * soakEvents), ids: map[int]string{}}
	b.sink.ledger.Store(s.ledger)
	if s.server, err = i.start(ctx, 1); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.server.stop()) }()
	for n := range b.soak {
		r, err := s.round(ctx)
		if err != nil {
			return broken, fmt.Errorf("round %d: %w", n+1, err)
		}
		said := "none"
		if len(r.lost) > 0 {
			said = fmt.Sprint(r.lost)
			broken++
		}
		row(t, d.label(), fmt.Sprint(n+1), fmt.Sprint(r.kills), fmt.Sprint(r.accepted), fmt.Sprint(r.doubtful), fmt.Sprint(r.stored),
			fmt.Sprintf("%.1f", r.recovered.Seconds()), fmt.Sprint(r.repeated), said)
		fmt.Fprintf(b.notes, "%s round %d: %d accepted, ended after %.1f s, broken promises: %s\n", d.label(), n+1, r.accepted, r.recovered.Seconds(), said)
	}
	return broken, nil
}

// round puts load on the server, kills it at a random moment, starts it again and waits for everything to end.
func (s *soak) round(ctx context.Context) (*round, error) {
	r := &round{kills: 1}
	from := s.next
	to, err := s.killUnderLoad(ctx, from)
	if err != nil {
		return nil, err
	}
	s.next = to
	if s.random.IntN(100) < killedTwice {
		r.kills++
		if err := s.restart(ctx); err != nil {
			return nil, err
		}
		if err := s.pause(ctx, time.Second); err != nil {
			return nil, err
		}
		if err := s.kill(); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	if err := s.restart(ctx); err != nil {
		return nil, err
	}
	if err := s.awaitEnd(ctx); err != nil {
		r.lost = append(r.lost, err.Error())
	}
	r.recovered = time.Since(begun)
	return r, s.judge(ctx, r, from, to)
}

// killUnderLoad posts events from a number on until the server dies under them; it returns the number after the last.
func (s *soak) killUnderLoad(ctx context.Context, from int) (int, error) {
	var next atomic.Int64
	next.Store(int64(from))
	refused := make(chan error, soakConnections)
	begun := make(chan struct{}, soakConnections)
	var workers sync.WaitGroup
	for range soakConnections {
		workers.Go(func() {
			if err := s.post(&next, from+soakEvents, begun); err != nil {
				refused <- err
			}
		})
	}
	<-begun
	err := s.pause(ctx, soakLongest)
	err = errors.Join(err, s.kill())
	workers.Wait()
	select {
	case refusal := <-refused:
		err = errors.Join(err, refusal)
	default:
	}
	return min(int(next.Load()), from+soakEvents), err
}

// post posts events over one connection until that breaks, which it may, or something else is answered than 200.
func (s *soak) post(next *atomic.Int64, to int, begun chan<- struct{}) error {
	t := s.server.targets[0]
	c, err := dial(t.address)
	begun <- struct{}{}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	request := t.request()
	for {
		n := int(next.Add(1)) - 1
		if n >= to {
			return nil
		}
		status, body, err := c.post(request.number(n))
		if err != nil { // the server died
			return nil //nolint:nilerr // which is what we are here for
		}
		if status != http.StatusOK {
			return fmt.Errorf("a response was answered %d: %s", status, body)
		}
		var made struct {
			Result struct {
				ResponseID string `json:"responseId"`
			} `json:"result"`
		}
		if err := json.Unmarshal(body, &made); err != nil {
			return fmt.Errorf("read %s: %w", body, err)
		}
		s.mu.Lock()
		s.ids[n] = made.Result.ResponseID
		s.mu.Unlock()
	}
}

// pause waits for a random time.
func (s *soak) pause(ctx context.Context, longest time.Duration) error {
	timer := time.NewTimer(time.Duration(s.random.Int64N(int64(longest))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *soak) kill() error { return s.server.procs[0].kill() }

func (s *soak) restart(ctx context.Context) error {
	if err := s.server.db.Close(); err != nil {
		return err
	}
	started, err := s.start(ctx, 1)
	if err != nil {
		return err
	}
	s.server = started
	return nil
}

// awaitEnd waits until no run is unfinished.
func (s *soak) awaitEnd(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, soakPatience)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		left, err := number(ctx, s.server.db, "SELECT COUNT(*) FROM queue")
		if err == nil && left == 0 {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%d runs are unfinished after %s", left, soakPatience), err)
		}
	}
}

// judge holds a round's events to the promises.
func (s *soak) judge(ctx context.Context, r *round, from, to int) error {
	there, err := s.stored(ctx)
	if err != nil {
		return err
	}
	missing, uncalled := 0, 0
	for n := from; n < to; n++ {
		id, accepted := s.ids[n]
		if accepted {
			r.accepted++
		} else {
			r.doubtful++
		}
		found, stored := there[n]
		switch {
		case accepted && found != id:
			missing++
		case stored && !accepted:
			r.stored++
		}
		if stored && s.ledger.calls[n].Load() == 0 {
			uncalled++
		}
	}
	r.repeated = s.ledger.duplicates(from, to)
	for what, n := range map[string]int{"accepted responses missing": missing, "events without a call": uncalled} {
		if n > 0 {
			r.lost = append(r.lost, fmt.Sprintf("%s: %d", what, n))
		}
	}
	if err := s.check(ctx, s.server); err != nil {
		r.lost = append(r.lost, err.Error())
	}
	return nil
}

// stored gives the ids of all responses by the number of their event.
func (s *soak) stored(ctx context.Context) (map[int]string, error) {
	rows, err := s.server.db.QueryContext(ctx, "SELECT id, answers FROM responses")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	there := map[int]string{}
	for rows.Next() {
		var id string
		var answers []byte
		if err := rows.Scan(&id, &answers); err != nil {
			return nil, err
		}
		if n, ok := eventNumber(answers); ok {
			there[n] = id
		}
	}
	return there, rows.Err()
}
