package script

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	// grace is how long after its limit a child may take to say so itself before it is killed.
	grace = 100 * time.Millisecond
	// checkLimit bounds reading a source, which takes milliseconds; on a busy machine its child may have to start first.
	checkLimit = 10 * time.Second
	// maxRuns and maxBusy are after how many scripts, and how much time with them, a child is replaced.
	maxRuns = 1000
	maxBusy = 30 * time.Second
	// keptChecks bounds the sources that are known to be right or wrong.
	keptChecks = 500
)

// errTime is why a child is killed that did not keep the limit.
var errTime = errors.New("script: out of time")

// ErrUnavailable says that no child could be started: nothing is wrong with the script.
var ErrUnavailable = errors.New("script: no sandbox can be started")

// Options say how a [Pool] works.
type Options struct {
	Size  int           // children; 0 means one for each processor, at least 2
	Limit time.Duration // of a script; 0 means [TimeLimit]
	Log   *slog.Logger
}

// Pool runs scripts in children. It starts them when they are needed, and keeps them for the next script.
// It is safe for concurrent use.
type Pool struct {
	Options
	slots    chan *process // as many as may run; nil where none was started
	spawn    chan chan<- spawned
	closed   chan struct{}
	closing  sync.Once
	done     sync.WaitGroup
	mu       sync.Mutex
	verdicts map[string]*Failure // of sources that were checked
}

type spawned struct {
	process *process
	err     error
}

// NewPool makes a pool. Close it at the end.
func NewPool(o Options) *Pool {
	o.Size = cmp.Or(o.Size, max(runtime.GOMAXPROCS(0), 2))
	o.Limit = cmp.Or(o.Limit, TimeLimit)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pool{
		Options: o, slots: make(chan *process, o.Size), spawn: make(chan chan<- spawned), closed: make(chan struct{}),
		verdicts: map[string]*Failure{},
	}
	for range o.Size {
		p.slots <- nil
	}
	p.done.Go(p.spawner)
	return p
}

// spawner starts all children on one thread: on Linux a child ends with the thread that started it (see attributes).
func (p *Pool) spawner() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case <-p.closed:
			return
		case answer := <-p.spawn:
			child, err := start()
			answer <- spawned{child, err}
		}
	}
}

// Close stops all children. Scripts that still run are given up.
func (p *Pool) Close() {
	p.closing.Do(func() { close(p.closed) })
	for range p.Size {
		if child := <-p.slots; child != nil {
			child.stop()
		}
	}
	p.done.Wait()
}

// Run runs a script. It fails with [ErrUnavailable], with ctx's error when that ended, and never because of the script:
// what is wrong with it is the result's Failure.
func (p *Pool) Run(ctx context.Context, s Script) (Result, error) {
	switch {
	case len(s.Source) > MaxSource:
		return Result{Failure: &Failure{Kind: Syntax, Message: fmt.Sprintf("the source is longer than %d bytes", MaxSource)}}, nil
	case len(s.Inputs) > MaxInputs:
		return Result{Failure: &Failure{Kind: TooLarge, Message: "inputs"}}, nil
	}
	return p.do(ctx, request{Source: s.Source, Inputs: s.Inputs, Limit: p.Limit})
}

// Check reads a source without running it, and gives what is wrong with it; nil for nothing. It fails as [Pool.Run] does.
func (p *Pool) Check(ctx context.Context, source string) (*Failure, error) {
	if len(source) > MaxSource {
		return &Failure{Kind: Syntax, Message: fmt.Sprintf("the source is longer than %d bytes", MaxSource)}, nil
	}
	p.mu.Lock()
	failure, known := p.verdicts[source]
	p.mu.Unlock()
	if known {
		return failure, nil
	}
	result, err := p.do(ctx, request{Check: true, Source: source, Limit: checkLimit})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.verdicts) >= keptChecks {
		clear(p.verdicts)
	}
	p.verdicts[strings.Clone(source)] = result.Failure
	return result.Failure, nil
}

// do waits for a child and gives it a request.
func (p *Pool) do(ctx context.Context, r request) (Result, error) {
	var child *process
	select {
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-p.closed:
		return Result{}, ErrUnavailable
	case child = <-p.slots:
	}
	result, child, err := p.with(ctx, child, r)
	p.slots <- child
	return result, err
}

// with gives a request to a child, or to a new one where there is none or the old one died while it was idle.
func (p *Pool) with(ctx context.Context, child *process, r request) (Result, *process, error) {
	if child == nil {
		var err error
		if child, err = p.start(); err != nil {
			return Result{}, nil, err
		}
	}
	var console strings.Builder
	var result Result
	began := time.Now() //nolint:forbidigo // a duration, measured with the monotonic clock
	stop := p.killAfter(ctx, child, r.Limit+grace)
	last, err := child.ask(r, func(m message) {
		console.WriteString(m.Print)
		result.Cut = result.Cut || m.Cut
	})
	why := stop()
	result.Took = time.Since(began)
	result.Console = console.String()
	if err == nil {
		result.Outputs, result.Failure = last.Outputs, last.Failure
		if result.Outputs == nil && result.Failure == nil {
			result.Outputs = map[string]json.RawMessage{}
		}
		return result, p.keep(child, result), nil
	}
	child.stop()
	switch {
	case errors.Is(why, errTime):
		result.Failure = &Failure{Kind: Timeout}
	case why != nil:
		return Result{}, nil, why
	case child.runs > 0 && errors.Is(err, errGone):
		return p.with(ctx, nil, r)
	default:
		result.Failure = child.death()
		if result.Failure.Kind == Crash {
			p.Log.Error("a sandbox crashed", "error", err, "said", child.stderr.String())
		}
	}
	return result, nil, nil
}

// keep gives the child back for the next script, or nothing when it has done enough, or may still be busy with this one.
func (p *Pool) keep(child *process, r Result) *process {
	child.runs++
	child.busy += r.Took
	spoilt := r.Failure != nil && (r.Failure.Kind == Timeout || r.Failure.Kind == Memory || r.Failure.Kind == Recursion)
	if !spoilt && child.runs < maxRuns && child.busy < maxBusy {
		return child
	}
	child.stop()
	return nil
}

func (p *Pool) start() (*process, error) {
	answer := make(chan spawned, 1)
	select {
	case <-p.closed:
		return nil, ErrUnavailable
	case p.spawn <- answer:
	}
	s := <-answer
	if s.err != nil {
		p.Log.Error("no sandbox can be started", "error", s.err)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, s.err)
	}
	return s.process, nil
}

// killAfter kills a child when its time is over or ctx or the pool ends. The returned function stops that and tells why it was
// killed: errTime, ctx's error, or nil when it was not.
func (p *Pool) killAfter(ctx context.Context, child *process, after time.Duration) (stop func() error) {
	done := make(chan struct{})
	why := make(chan error, 1)
	go func() {
		timer := time.NewTimer(after)
		defer timer.Stop()
		var err error
		select {
		case <-done:
			why <- nil
			return
		case <-timer.C:
			err = errTime
		case <-ctx.Done():
			err = ctx.Err()
		case <-p.closed:
			err = ErrUnavailable
		}
		_ = child.cmd.Process.Kill()
		why <- err
	}()
	return func() error { close(done); return <-why }
}
