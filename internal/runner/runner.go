// Package runner is the execution side of workflows: it claims runs, executes their tasks one after the other, records every
// attempt, and looks after the queue. The web side reaches it only through rows and the store's wake-up.
package runner

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/mail"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

const (
	// claimLimit is how many runs one claim takes at most: smaller ones cost throughput, larger ones only wait longer.
	claimLimit = 100
	// pollEvery is the safety net below the wake-ups.
	pollEvery = 500 * time.Millisecond
	// DefaultGrace is how long work under way may take to end when the program stops.
	DefaultGrace = 10 * time.Second
	// leavePatience is how long a database that does not answer keeps the program from ending after that.
	leavePatience = 10 * time.Second
)

// Options say what a runner works with.
type Options struct {
	Store      *store.Store
	Types      *task.Registry
	Clock      clock.Clock
	Log        *slog.Logger
	Workers    int                              // runs executed side by side; at least 1
	Grace      time.Duration                    // 0 means DefaultGrace
	Retention  time.Duration                    // how long ended runs are kept, unless the organisation says otherwise; 0 keeps them
	SurveyLink func(surveyID string) string     // for ${l://SurveyURL}; may be nil
	Mail       *mail.Sender                     // sends the mails that wait; nil where there is no mail server
	Outbox     *mail.Outbox                     // tells people of failed runs; nil tells nobody
	Sealer     *secret.Sealer                   // seals outputs that repeat a secret; without it later tasks may get them masked
	Jobs       map[models.JobKind]store.JobStep // the kinds of jobs that this program does
}

// Runner works on runs. Make it with [New]; it does nothing before [Runner.Run].
type Runner struct {
	Options
	node     string
	programs *programs
	gate     *gate
	free     chan struct{} // one token per free slot
	work     sync.WaitGroup
	claims   claims
	suspect  atomic.Bool   // a suspect is under way
	cleared  chan struct{} // a suspect has ended: the next may follow
	backlog  atomic.Bool   // runs wait to be claimed
	stopping atomic.Bool
	joining  sync.Mutex // held while runs that were taken over directly begin
	promote  chan struct{}
	news     chan struct{} // there may be something to tell of a workflow's health

	mailsPause time.Duration

	stats Stats
}

// Stats counts what a runner did since its start.
type Stats struct {
	Claimed, Succeeded, Failed, Canceled, Retried, Held, Interrupted atomic.Int64
	InFlight                                                         atomic.Int64
}

// New makes a runner.
func New(o Options) *Runner {
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	r := &Runner{
		Options: o, node: models.NewID(models.PrefixNode), programs: newPrograms(o.Store, o.Types), gate: newGate(),
		free: make(chan struct{}, max(o.Workers, 1)), promote: make(chan struct{}, 1),
		cleared: make(chan struct{}, 1), news: make(chan struct{}, 1), mailsPause: mailsPause,
	}
	for range cap(r.free) {
		r.free <- struct{}{}
	}
	return r
}

// Stats gives the counters; they may be read at any time.
func (r *Runner) Stats() *Stats { return &r.stats }

// Run works until ctx ends and then stops in order: it claims no more, lets work under way end for the time of grace,
// cancels the rest and gives that back uncharged.
func (r *Runner) Run(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if err := r.join(ctx, host); err != nil {
		return fmt.Errorf("start working: %w", err)
	}
	r.lookAfterHosts(ctx, true) // before the first call: a receiver that others saw failing is not called
	r.Log.Info("working", "node", r.node, "workers", cap(r.free))
	workCtx, cancelWork := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelWork()

	var upkeep sync.WaitGroup
	upkeepCtx, stopUpkeep := context.WithCancel(workCtx)
	upkeep.Go(func() { r.beat(upkeepCtx, host) }) // beats until the last run has ended
	upkeep.Go(func() { r.releaseHeld(upkeepCtx) })
	upkeep.Go(func() { r.watchHosts(ctx) })
	if r.Outbox != nil {
		upkeep.Go(func() { r.tellNews(upkeepCtx) })
	}
	upkeep.Go(func() { r.promoteDue(ctx) })
	upkeep.Go(func() { r.purge(ctx) })
	if r.Mail != nil {
		r.work.Go(func() { r.mails(ctx, workCtx) })
	}

	for range jobsAtOnce {
		r.work.Go(func() { r.jobs(ctx, workCtx) })
	}

	r.Store.Attach(r.node, &direct{r, workCtx})
	r.claimLoop(ctx, workCtx)
	r.Store.Attach(r.node, nil)
	r.joining.Lock()
	r.stopping.Store(true)
	r.joining.Unlock()

	ended := make(chan struct{})
	go func() { r.work.Wait(); close(ended) }()
	grace := time.NewTimer(r.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		r.Log.Warn("work under way did not end in time and goes back", "runs", r.stats.InFlight.Load())
		cancelWork()
		<-ended
	}
	stopUpkeep()
	upkeep.Wait()
	leaveCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leavePatience)
	defer cancel()
	if r.Outbox != nil {
		if err := r.tellAll(leaveCtx); err != nil {
			r.Log.Warn("people could not be told how workflows do; whoever works next will", "error", err)
		}
	}
	if err := r.Store.Leave(leaveCtx, r.node); err != nil { // nothing is lost by it, and the program ends all the same
		r.Log.Warn("the node could not sign off; the others will miss it in half a minute", "error", err)
	}
	return nil
}

// join makes the node known and takes over what lost nodes left.
func (r *Runner) join(ctx context.Context, host string) error {
	if err := r.Store.Heartbeat(ctx, r.node, host); err != nil {
		return err
	}
	freed, err := r.Store.TakeOver(ctx, r.node, r.Clock.Now().Add(-lostAfter))
	if freed > 0 {
		r.Log.Info("took over runs of lost nodes", "runs", freed)
	}
	if err != nil {
		return err
	}
	_, err = r.shareHosts(ctx) // before the first call
	return err
}

// claimLoop claims as many runs as there are free slots, whenever there may be some.
func (r *Runner) claimLoop(ctx, workCtx context.Context) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	more := true // right after the start there may be work
	for {
		if !more {
			select {
			case <-ctx.Done():
				return
			case <-r.Store.Wake():
				r.backlog.Store(true)
			case <-r.cleared:
			case <-poll.C:
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-r.free:
		}
		if r.claimSuspect(ctx, workCtx) {
			more = true
			continue
		}
		n, asked, err := r.claimReady(ctx, workCtx)
		for range asked - n {
			r.free <- struct{}{}
		}
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("claiming runs failed; trying again", "error", err)
		}
		more = n > 0 && n == asked // fewer: there are no more now, and the next will wake us
		r.backlog.Store(more)
	}
}

// claimSuspect takes one run that was running when its node died, unless one is under way: if it kills this process too,
// nothing else is to blame. It tells whether it did, and used a slot.
func (r *Runner) claimSuspect(ctx, workCtx context.Context) bool {
	if r.suspect.Load() || !r.claims.suspectsDue() {
		return false
	}
	runs, err := r.Store.Claim(ctx, store.ClaimOptions{Node: r.node, Limit: 1, Suspects: true})
	if err != nil || len(runs) == 0 {
		r.claims.noSuspects()
		return false
	}
	r.suspect.Store(true)
	r.start(workCtx, runs[0], true)
	return true
}

// claimReady claims for one slot that the caller has taken and for all that are free in the moment of the claim, up to a claim's
// size and half of all: the other half is for runs that are taken over as they are accepted. It gives how many runs and slots it got.
func (r *Runner) claimReady(ctx, workCtx context.Context) (n, slots int, err error) {
	slots = 1
	more := func() int {
		for slots < min(claimLimit, (cap(r.free)+1)/2) {
			select {
			case <-r.free:
				slots++
			default:
				return slots - 1
			}
		}
		return slots - 1
	}
	runs, err := r.Store.Claim(ctx, store.ClaimOptions{Node: r.node, Limit: 1, More: more})
	for _, c := range runs {
		r.start(workCtx, c, false)
	}
	return len(runs), slots, err
}

func (r *Runner) start(ctx context.Context, c store.Claimed, suspect bool) {
	r.stats.Claimed.Add(1)
	r.stats.InFlight.Add(1)
	r.claims.add(c.Claim)
	r.work.Go(func() {
		defer r.stats.InFlight.Add(-1)
		defer r.claims.remove(c.Claim)
		if suspect {
			defer r.clear()
		}
		e := execution{Runner: r, c: c, slot: true, lost: c.Starts > 1}
		defer e.freeSlot()
		e.run(ctx)
	})
}

// clear notes that a suspect has ended without taking the process down, so that the next follows at once.
func (r *Runner) clear() {
	r.claims.moreSuspects()
	r.suspect.Store(false)
	select {
	case r.cleared <- struct{}{}:
	default:
	}
}
