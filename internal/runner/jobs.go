package runner

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	jobsEvery  = 500 * time.Millisecond // how often a node looks for jobs
	jobsAtOnce = 2                      // jobs of a node side by side: they are long, and runs go first
	jobTries   = 6                      // of one step that fails for a reason of ours
	jobUnknown = time.Minute            // until a job is looked at again whose kind this program does not know
)

// jobs works on jobs until ctx ends; workCtx breaks off the step under way then that takes too long.
func (r *Runner) jobs(ctx, workCtx context.Context) {
	for {
		c, err := r.Store.ClaimJob(ctx, r.node)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("claiming a job failed; trying again", "error", err)
		}
		if c != nil {
			r.claims.add(c.Claim)
			r.workOnJob(ctx, workCtx, c)
			r.claims.remove(c.Claim)
		}
		if c == nil && !r.pause(ctx, jobsEvery) || ctx.Err() != nil {
			return
		}
	}
}

// workOnJob takes step after step until the job pauses or has ended. Between two steps it may go back to the others.
func (r *Runner) workOnJob(ctx, workCtx context.Context, c *store.ClaimedJob) {
	step := r.Jobs[c.Kind]
	switch {
	case step == nil:
		r.Log.Warn("a job's kind is not known to this program", "job", c.ID, "kind", c.Kind)
		r.endJob(c, r.Store.ReleaseJob(workCtx, c, jobUnknown))
		return
	case c.Starts > store.MaxStarts:
		r.endJob(c, r.Store.FailJob(workCtx, c, &models.RunError{Key: "job.error.crashed"}))
		return
	}
	failures := 0
	for ctx.Err() == nil {
		state, err := r.stepJob(workCtx, c, step)
		if err == nil {
			failures = 0
			if state != store.JobGoesOn {
				r.Log.Info("job", "job", c.ID, "kind", c.Kind, "ended", state == store.JobEnded)
				return
			}
			continue
		}
		r.Log.Warn("a step of a job failed", "job", c.ID, "kind", c.Kind, "error", err)
		if models.ErrorCode(err) != models.CodeUnavailable {
			failures++
		}
		if failures == jobTries {
			r.endJob(c, r.Store.FailJob(workCtx, c, &models.RunError{Key: "job.error.internal"}))
			return
		}
		r.pause(ctx, min(time.Duration(1<<failures)*250*time.Millisecond, 10*time.Second))
	}
	r.endJob(c, r.Store.ReleaseJob(workCtx, c, 0))
}

// stepJob takes one step. A step that panics is undone and is an error: it must not take the process and its runs along.
func (r *Runner) stepJob(ctx context.Context, c *store.ClaimedJob, step store.JobStep) (state store.JobState, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("step job: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.Store.StepJob(ctx, c, step)
}

// endJob notes when a job could not be put down: its claim goes stale then and comes back by itself.
func (r *Runner) endJob(c *store.ClaimedJob, err error) {
	if err != nil {
		r.Log.Warn("a job could not be put down; it comes back by itself", "job", c.ID, "error", err)
	}
}
