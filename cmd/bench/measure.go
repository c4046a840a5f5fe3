package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"time"
)

const (
	// warmUp is how many events go through before anything is measured.
	warmUp = 500
	// drainPatience bounds the wait for the last event to arrive and to be in the history.
	drainPatience = 3 * time.Minute
)

// latencies sum up durations in milliseconds.
type latencies struct{ p50, p95, p99 float64 }

func latenciesOf(durations []int64) latencies {
	slices.Sort(durations)
	at := func(q float64) float64 {
		if len(durations) == 0 {
			return 0
		}
		i := int(math.Ceil(q*float64(len(durations)))) - 1
		return float64(durations[max(i, 0)]) / float64(time.Millisecond)
	}
	return latencies{at(0.50), at(0.95), at(0.99)}
}

// figures are what one load came to.
type figures struct {
	accepted, delivered, finished float64   // events a second, from the first request
	accept                        latencies // of a request
	arrival                       latencies // from the answer to the request to the call at the sink
	program, server, generator    float64   // milliseconds of processor time per event; the generator's with the sink's
	peak                          float64   // MB, since the start of the program
	started                       float64   // seconds
	others                        float64   // processors that something else on the machine kept busy
	duplicates                    int
}

// load puts load on a running program and measures it.
type load struct {
	r    *running
	sink *sink
	n    int
	post func(context.Context, *ledger, int, int) error // posts the events of a range
}

func (w *load) run(ctx context.Context) (*figures, error) {
	l := newLedger(w.n)
	w.sink.ledger.Store(l)
	l.expect(w.n)
	before, err := w.r.succeeded(ctx)
	if err != nil {
		return nil, err
	}
	program, server := w.r.cpu()
	busy, own := machineBusy(), cpu(os.Getpid())
	begun := l.now()
	if err := w.post(ctx, l, 0, w.n); err != nil {
		return nil, err
	}
	for _, t := range w.r.targets {
		if t.silent {
			t.base += w.n
		}
	}
	finished, err := await(ctx, l, int64(w.n), func(ctx context.Context) (int64, error) {
		now, err := w.r.succeeded(ctx)
		return now - before, err
	}, drainPatience)
	if err != nil {
		return nil, err
	}
	programAfter, serverAfter := w.r.cpu()
	f := &figures{
		program: perEvent(programAfter-program, w.n), server: perEvent(serverAfter-server, w.n),
		peak: float64(w.r.peak()) / 1e6, started: w.r.started.Seconds(), duplicates: l.duplicates(0, w.n),
	}
	own = cpu(os.Getpid()) - own
	f.generator = perEvent(own, w.n)
	ours := (programAfter - program) + (serverAfter - server) + own
	f.others = max((machineBusy()-busy-ours).Seconds()/time.Duration(finished-begun).Seconds(), 0)
	w.summarize(f, l, begun, finished)
	return f, nil
}

// play puts the load on and gives when each event was sent and arrived.
func (w *load) play(ctx context.Context) (*ledger, error) {
	l := newLedger(w.n)
	w.sink.ledger.Store(l)
	l.expect(w.n)
	if err := w.post(ctx, l, 0, w.n); err != nil {
		return nil, err
	}
	select {
	case <-l.all:
		return l, nil
	case <-time.After(drainPatience):
		return nil, fmt.Errorf("%w: %d missing after %s", errNotAll, l.missing.Load(), drainPatience)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (w *load) summarize(f *figures, l *ledger, begun, finished int64) {
	accept, arrival := make([]int64, w.n), make([]int64, w.n)
	var accepted, delivered int64
	for i := range w.n {
		at := l.arrived[i].Load()
		accept[i] = l.accepted[i] - l.sent[i]
		arrival[i] = max(at-l.accepted[i], 0) // the call can overtake the answer
		accepted, delivered = max(accepted, l.accepted[i]), max(delivered, at)
	}
	rate := func(end int64) float64 { return float64(w.n) / time.Duration(end-begun).Seconds() }
	f.accepted, f.delivered, f.finished = rate(accepted), rate(delivered), rate(finished)
	f.accept, f.arrival = latenciesOf(accept), latenciesOf(arrival)
}

// cost is all the processor time that an event took, in milliseconds.
func (f *figures) cost() float64 { return f.program + f.server + f.generator }

func perEvent(d time.Duration, n int) float64 {
	return float64(d) / float64(time.Millisecond) / float64(n)
}

// burstLoad is n events as fast as they are taken.
func burstLoad(r *running, s *sink, n, connections int) *load {
	return &load{r: r, sink: s, n: n, post: func(ctx context.Context, l *ledger, from, to int) error {
		return burst(ctx, r.targets, l, from, to, connections)
	}}
}

// steadyLoad is so many events a second for a while.
func steadyLoad(r *running, s *sink, rate int, lasting time.Duration, connections int) *load {
	n := int(float64(rate) * lasting.Seconds())
	return &load{r: r, sink: s, n: n, post: func(ctx context.Context, l *ledger, from, to int) error {
		return steady(ctx, r.targets[0], l, from, to, rate, connections)
	}}
}

// measure warms a program up and puts the loads of a plan on it, one after the other.
func (b *bench) measure(ctx context.Context, r *running) (*outcome, error) {
	if _, err := burstLoad(r, b.sink, warmUp, b.connections).run(ctx); err != nil {
		return nil, fmt.Errorf("%s: warm up: %w", r.name, err)
	}
	o := &outcome{steady: map[int]*figures{}}
	var err error
	if b.profile != "" && r.name != "bare" {
		if err := b.startProfile(r); err != nil {
			return nil, err
		}
	}
	if o.burst, err = burstLoad(r, b.sink, b.n, b.connections).run(ctx); err != nil {
		return nil, fmt.Errorf("%s: burst: %w", r.name, err)
	}
	if b.profile != "" && r.name != "bare" {
		if err := b.endProfile(ctx, r); err != nil {
			return nil, err
		}
	}
	for _, rate := range b.rates {
		if o.steady[rate], err = steadyLoad(r, b.sink, rate, b.lasting, b.connections).run(ctx); err != nil {
			return nil, fmt.Errorf("%s: %d a second: %w", r.name, rate, err)
		}
	}
	if err := r.check(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	return o, nil
}
