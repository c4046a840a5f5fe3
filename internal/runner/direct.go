package runner

import (
	"context"

	"surveyflow/internal/store"
)

// direct takes runs over as this process accepts them (store.Direct).
type direct struct {
	*Runner
	workCtx context.Context //nolint:containedctx // the context of work outlives every call
}

// Reserve takes free slots. While runs wait to be claimed it leaves a quarter of all slots to them, so that new runs
// cannot keep the old ones waiting.
func (d *direct) Reserve(n int) int {
	if d.stopping.Load() {
		return 0
	}
	if d.backlog.Load() {
		n = min(n, len(d.free)-cap(d.free)/4)
	}
	taken := 0
	for taken < n {
		select {
		case <-d.free:
			taken++
		default:
			return taken
		}
	}
	return taken
}

// Release gives slots back.
func (d *direct) Release(n int) {
	for range n {
		d.free <- struct{}{}
	}
}

// Start works on the runs. Those that come when the pool has stopped go back.
func (d *direct) Start(runs []store.Claimed) {
	d.joining.Lock()
	defer d.joining.Unlock()
	for _, c := range runs {
		if d.stopping.Load() {
			go d.giveBack(c)
			continue
		}
		d.start(d.workCtx, c, false)
	}
}

func (d *direct) giveBack(c store.Claimed) {
	f := &store.Finish{RunID: c.Run.ID, WorkflowID: c.Run.WorkflowID, CreatedAt: c.Run.CreatedAt, Claim: c.Claim, Next: store.Next{State: store.NextRelease}}
	if err := d.Store.Finish(f); err != nil {
		d.Log.Warn("a run that came while stopping stays with this node until it is missed", "run", c.Run.ID, "error", err)
	}
}
