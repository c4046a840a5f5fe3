package runner

import (
	"context"
	"slices"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	hostsEvery  = time.Second // how often a node tells the others of receivers, and hears of them
	hostsRepair = 5           // every so manieth time it looks for held runs that nobody would release
	hostsHeld   = 500         // of so many receivers at most
	maxHost     = 300         // characters: what is longer is no name
)

// receiverOf names whose limits a task is under: scheme, host and port of the call or, when not even the data tells them, the
// workflow.
func receiverOf(workflowID string, step *workflow.Step, src pipedtext.Source) string {
	if host := step.Task.Host(); host != "" {
		return host
	}
	if t, ok := step.Task.(task.Addressed); ok {
		if host := t.Receiver(src); host != "" && len(host) <= maxHost {
			return host
		}
	}
	return "workflow:" + workflowID
}

func limitsOf(step *workflow.Step) task.Limits {
	if t, ok := step.Task.(task.Limited); ok {
		return t.Limits()
	}
	return task.Limits{}
}

// admission says whether a run may call a receiver now.
type admission struct {
	in    bool
	probe bool       // it finds out for all whether the receiver is back
	next  store.Next // what the run does when it may not
}

// admit lets a run call a receiver, or tells what it does instead: it is held while the receiver is failing or has no
// place, and waits for its turn where there is a rate. Nothing of that is charged.
func (e *execution) admit(ctx context.Context, host string, limits task.Limits) admission {
	entry := e.gate.enter(ctx, host, limits.Concurrency)
	if entry == entryOpen {
		a, open := e.admitProbe(ctx, host)
		if open {
			return a
		}
		entry = e.gate.enter(ctx, host, limits.Concurrency)
	}
	switch {
	case entry == entryIn && limits.RatePerSecond > 0:
		return e.admitPaced(ctx, host, limits)
	case entry == entryIn:
		return admission{in: true}
	case ctx.Err() != nil: // the program stops
		return admission{next: store.Next{State: store.NextRelease}}
	}
	deadline := holdDeadline
	if entry == entryOpen {
		deadline = failingDeadline
	}
	return admission{next: e.held(host, deadline)}
}

func (e *execution) held(host string, deadline time.Duration) store.Next {
	return store.Next{State: store.NextHold, Hold: models.HoldHost, Host: host, Until: e.Clock.Now().Add(deadline)}
}

// admitProbe is admit at a receiver that is failing: when its time has come, one run of all nodes may try. It tells whether
// the receiver is failing after all: another node may have found out that it is back.
func (e *execution) admitProbe(ctx context.Context, host string) (a admission, open bool) {
	org, now := e.c.Run.OrgID, e.Clock.Now()
	if e.gate.stale(host) {
		since := e.gate.moment()
		h, err := e.Store.Host(ctx, org, host)
		if err == nil {
			e.gate.learn(host, h, since)
		}
	}
	open, due := e.gate.failing(host)
	if !open {
		return a, false
	}
	if now.Before(due) {
		return admission{next: e.held(host, failingDeadline)}, true
	}
	h, err := e.Store.WinProbe(ctx, org, host, longestCall)
	switch {
	case err != nil: // the database is away
		return admission{next: store.Next{State: store.NextRelease}}, true
	case h != nil:
		e.gate.adopt(host, h)
		e.gate.enterForProbe(host)
		return admission{in: true, probe: true}, true
	}
	since := e.gate.moment()
	if h, err = e.Store.Host(ctx, org, host); err == nil {
		e.gate.learn(host, h, since)
	}
	open, _ = e.gate.failing(host)
	return admission{next: e.held(host, failingDeadline)}, open
}

// admitPaced is admit at a place that was taken already, where there is a rate.
func (e *execution) admitPaced(ctx context.Context, host string, limits task.Limits) admission {
	interval := time.Duration(float64(time.Second) / limits.RatePerSecond)
	ok, free, err := e.Store.TakeRate(ctx, e.c.Run.OrgID, host, interval)
	if err == nil && ok {
		e.gate.paced(host, func(p *pace) { p.went(e.c.Run.ID) })
		return admission{in: true}
	}
	next := store.Next{State: store.NextRelease}
	if err == nil {
		e.gate.paced(host, func(p *pace) {
			next = store.Next{State: store.NextWait, Until: p.slot(e.c.Run.ID, free, interval)}
		})
	}
	e.gate.leave(host)
	return admission{next: next}
}

// called takes in what a call said of its receiver, and writes down for all nodes what follows.
func (e *execution) called(ctx context.Context, host string, probe bool, out task.Outcome) { //nolint:revive // the flag is a fact about the call
	n := e.gate.called(host, call{org: e.c.Run.OrgID, state: stateOf(out), probe: probe, why: out.Error}, e.Clock.Now())
	if n == newsNone {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	org := e.c.Run.OrgID
	var h *models.Host
	var err error
	switch n {
	case newsFailed:
		h, err = e.saveFailures(ctx, org, host, out.After)
		e.Log.Warn("a receiver is failing: its calls are held", "receiver", host)
	case newsProbe:
		e.gate.saved(host)
		h, err = e.Store.ProbeFailed(ctx, org, host, e.gate.why(host))
	case newsWell:
		h, err = e.Store.HostWell(ctx, org, host)
		e.Log.Info("a receiver is back: its calls are made again", "receiver", host)
	case newsSteady:
		h, err = e.Store.HostSteady(ctx, org, host)
	}
	if err != nil { // this node acts on what it saw; the next call tells the others
		e.Log.Warn("the state of a receiver could not be written", "receiver", host, "error", err)
		return
	}
	if h != nil {
		e.gate.adopt(host, h)
	}
}

// saveFailures writes down the failures that no row says yet.
func (r *Runner) saveFailures(ctx context.Context, org, host string, asked time.Duration) (*models.Host, error) {
	n, anew := r.gate.saved(host)
	return r.Store.HostFailed(ctx, org, host, store.HostFailures{N: n, Anew: anew, Error: r.gate.why(host), Asked: asked})
}

// watchHosts looks after the receivers now and then.
func (r *Runner) watchHosts(ctx context.Context) {
	for n := 1; r.pause(ctx, hostsEvery); n++ {
		r.lookAfterHosts(ctx, n%hostsRepair == 0)
	}
}

// lookAfterHosts shares what is known of receivers with the other nodes, sends probes, and releases what nobody else would.
func (r *Runner) lookAfterHosts(ctx context.Context, repair bool) { //nolint:revive // the thorough round
	if err := r.syncHosts(ctx, repair); err != nil && ctx.Err() == nil {
		r.Log.Warn("looking after receivers failed; trying again", "error", err)
	}
}

func (r *Runner) syncHosts(ctx context.Context, repair bool) error { //nolint:revive // the thorough round
	if err := r.Store.SyncHealth(ctx); err != nil {
		return err
	}
	several, err := r.shareHosts(ctx)
	if err != nil {
		return err
	}
	for host, org := range r.gate.unsaved() {
		h, err := r.saveFailures(ctx, org, host, 0)
		if err != nil {
			return err
		}
		r.gate.adopt(host, h)
	}
	since := r.gate.moment()
	rows, err := r.Store.TroubledHosts(ctx)
	if err != nil {
		return err
	}
	r.gate.learnAll(rows, since)
	for _, host := range r.gate.probes(r.Clock.Now()) {
		if _, err := r.Store.ReleaseHost(ctx, host, 1); err != nil {
			return err
		}
	}
	if !repair && !several { // one node knows of its own
		return nil
	}
	r.gate.tidy(r.Clock.Now())
	held, err := r.Store.HeldHosts(ctx, hostsHeld)
	for _, host := range held {
		r.gate.remind(host)
	}
	return err
}

// shareHosts takes this node's share of the places at every receiver. It tells whether several nodes work.
func (r *Runner) shareHosts(ctx context.Context) (several bool, err error) {
	ids, err := r.Store.NodeIDs(ctx, r.Clock.Now().Add(-lostAfter))
	if err != nil {
		return false, err
	}
	turn, found := slices.BinarySearch(ids, r.node)
	if !found { // the others wait for a sign of this one
		ids = append(ids, r.node)
	}
	return r.gate.sharedBy(len(ids), turn), nil
}
