package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// kind is what is posted.
type kind string

// The kinds of loads.
const (
	responses kind = "responses" // to the API
	events    kind = "events"    // JSON events of one workflow
	calls     kind = "calls"     // of a collector's webhook, each of which invites another person
)

// target is where responses, events or calls are posted to.
type target struct {
	address string // host:port
	path    string
	token   string
	body    []byte // with a number after each marker in it
	silent  bool   // nothing arrives at the sink: what was accepted has arrived
	base    int    // how many numbers earlier loads took of a silent one, which are not to be called again
}

// request is a whole HTTP request whose number can be changed in place.
type request struct {
	bytes  []byte
	at     []int // of the number
	silent bool
	base   int
}

func (t *target) request() *request {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-API-TOKEN: %s\r\nContent-Length: %d\r\n\r\n",
		t.path, t.address, t.token, len(t.body))
	r := &request{bytes: append([]byte(head), t.body...)}
	for i := range t.body {
		if bytes.HasPrefix(t.body[i:], []byte(marker)) {
			r.at = append(r.at, len(head)+i+len(marker))
		}
	}
	return r
}

func (r *request) number(n int) []byte {
	for i := markerDigits - 1; i >= 0; i-- {
		for _, at := range r.at {
			r.bytes[at+i] = byte('0' + n%10)
		}
		n /= 10
	}
	return r.bytes
}

// burst posts the events [from, to) over so many connections, each as fast as it is answered.
func burst(ctx context.Context, targets []*target, l *ledger, from, to, connections int) error {
	var next atomic.Int64
	next.Store(int64(from))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for i := range connections {
		t := targets[i%len(targets)]
		workers.Go(func() {
			c, err := dial(t.address)
			if err != nil {
				cancel(err)
				return
			}
			defer func() { _ = c.Close() }()
			r := t.request()
			r.silent, r.base = t.silent, t.base
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= to {
					return
				}
				if err := one(c, r, l, n, l.now()); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// one posts one event.
func one(c *keepAlive, r *request, l *ledger, n int, begun int64) error {
	l.sent[n] = begun
	status, body, err := c.post(r.number(r.base + n))
	if err != nil {
		return fmt.Errorf("post a response: %w", err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("a response was answered %d: %s", status, body)
	}
	l.accepted[n] = l.now()
	if r.silent {
		l.arrive(n)
	}
	return nil
}

// steady posts the events [from, to) at an even rate, whether or not earlier ones are answered. A request that has to wait
// for a free connection counts from when it was due.
func steady(ctx context.Context, t *target, l *ledger, from, to, rate, connections int) error {
	idle := make(chan *keepAlive, connections)
	requests := make(map[*keepAlive]*request, connections)
	for range connections {
		c, err := dial(t.address)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		requests[c] = t.request()
		requests[c].silent, requests[c].base = t.silent, t.base
		idle <- c
	}
	failed := make(chan error, to-from)
	var under sync.WaitGroup
	defer under.Wait()
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for n := from; n < to; n++ {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-failed:
			return err
		case <-tick.C:
		}
		begun := l.now()
		c := <-idle
		under.Go(func() {
			if err := one(c, requests[c], l, n, begun); err != nil {
				failed <- err
			}
			idle <- c
		})
	}
	under.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// errNotAll says that events did not arrive in time.
var errNotAll = errors.New("not every event arrived")

// await waits until every expected event has arrived at the sink and then until the history shows so many more as succeeded.
// It returns the time, in nanoseconds since the ledger's epoch, when it first did.
func await(ctx context.Context, l *ledger, n int64, succeeded func(context.Context) (int64, error), patience time.Duration) (int64, error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-l.all:
	case <-limit.C:
		done, err := succeeded(ctx)
		return 0, errors.Join(fmt.Errorf("%w: %d missing after %s, history shows %d", errNotAll, l.missing.Load(), patience, done), err)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		done, err := succeeded(ctx)
		if err != nil {
			return 0, err
		}
		if done >= n {
			return l.now(), nil
		}
		select {
		case <-look.C:
		case <-limit.C:
			return 0, fmt.Errorf("the history shows %d of %d as succeeded after %s", done, n, patience)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}
