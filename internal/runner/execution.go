package runner

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// execution is one claimed run being worked on.
type execution struct {
	*Runner
	c       store.Claimed
	slot    bool // it still has its slot
	lost    bool // the process that had it died: that try is still to be recorded
	values  *workflow.Values
	subject *task.Subject    // for tasks that tell the response to others; nil before the first of them
	secrets []models.Secret  // that are in the outputs of tasks so far
	pending []models.Attempt // ended, not yet on disk
	charged int              // of them
	failure *models.RunError // of the first task that failed
	trouble bool             // the last try failed and is made again
	gone    string           // why the workflow is to switch itself off, once the run ends; empty for not
	ended   time.Time        // when the last attempt did, as it is on disk; zero before the first
}

// freeSlot gives the slot back, once. It is called when the last task has ended: writing that down needs none.
func (e *execution) freeSlot() {
	if e.slot {
		e.slot = false
		e.free <- struct{}{}
	}
}

func (e *execution) run(ctx context.Context) {
	switch {
	case e.c.Canceled:
		e.finish(ctx, store.Next{State: store.NextDone, Status: models.RunCanceled})
		return
	case e.c.Off && !e.c.Run.Test:
		e.finish(ctx, store.Next{State: store.NextHold, Hold: models.HoldOff, Reason: e.c.OffWhy})
		return
	case e.c.Starts > store.MaxStarts:
		e.end(ctx, &models.RunError{Key: "run.error.crashed", Args: map[string]any{"Starts": e.c.Starts - 1}})
		return
	}
	program, err := e.programs.of(ctx, e.c.Run.WorkflowID, e.c.Run.WorkflowVersion)
	if err == nil {
		err = e.readEvent(ctx)
	}
	switch {
	case errors.Is(err, workflow.ErrUnknownTask): // a node that knows it will take it
		e.finish(ctx, store.Next{State: store.NextWait, Until: e.Clock.Now().Add(unknownTaskPause)})
	case models.ErrorCode(err) == models.CodeUnavailable || ctx.Err() != nil:
		e.finish(ctx, store.Next{State: store.NextRelease})
	case err != nil:
		e.Log.Error("a run cannot be executed", "run", e.c.Run.ID, "error", err)
		e.end(ctx, definitionError(err))
	default:
		e.tasks(ctx, program)
	}
}

// definitionError says why a definition that was fit to be put live cannot be executed now: what it names may no longer be
// allowed, such as an address after a change of OUTBOUND_ALLOW.
func definitionError(err error) *models.RunError {
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeInvalid && len(e.Fields) > 0 {
		return &models.RunError{Key: e.Fields[0].Key, Args: e.Fields[0].Args, Detail: e.Fields[0].Field}
	}
	return &models.RunError{Key: "run.error.definition"}
}

// unknownTaskPause is how long a run rests whose tasks this program is too old for.
const unknownTaskPause = 30 * time.Second

func (e *execution) readEvent(ctx context.Context) error {
	snapshot, err := workflow.SnapshotOf(&e.c.Event)
	if err != nil {
		return err
	}
	if err := e.unseal(ctx); err != nil {
		return err
	}
	e.values = &workflow.Values{Snapshot: snapshot, Outputs: workflow.DecodeOutputs(e.c.Attempts)}
	if e.c.Event.SurveyID != nil && e.c.Event.SurveyVersion != nil {
		if e.values.Survey, err = e.programs.survey(ctx, *e.c.Event.SurveyID, *e.c.Event.SurveyVersion); err != nil {
			return err
		}
	}
	if e.c.Event.SurveyID != nil && e.SurveyLink != nil {
		e.values.Link = e.SurveyLink(*e.c.Event.SurveyID)
	}
	return nil
}

// tasks executes what is left of the program. The end of a task is on disk before the next one starts.
func (e *execution) tasks(ctx context.Context, p *workflow.Program) {
	e.values.Names, e.values.Fields = p.Names, p.Fields
	progress := progressOf(e.c.Attempts)
	for i := range e.c.Attempts {
		e.noteEnd(&e.c.Attempts[i])
	}
	for i := range p.Tasks {
		step := &p.Tasks[i]
		done := progress[step.Spec.ID]
		if done.final {
			if done.failed {
				e.noteGone(done.err)
			}
			if done.failed && e.failed(done.err, step) {
				break
			}
			if missing := e.reread(p, step, progress); missing != nil {
				e.end(ctx, missing)
				return
			}
			continue
		}
		done.first = e.firstTry(done)
		if e.lost {
			e.recordLost(step, &done)
		}
		src := &pipedtext.Env{Source: e.values, Now: done.first, Seed: e.c.Run.ID + step.Spec.ID}
		if !step.Condition.True(e.values, src) {
			e.record(models.Attempt{TaskID: step.Spec.ID, Number: done.number + 1, Result: models.AttemptSkipped, StartedAt: e.Clock.Now()})
			continue
		}
		if err := e.report(ctx, step); err != nil {
			e.finish(ctx, store.Next{State: store.NextRelease})
			return
		}
		stop, ok := e.task(ctx, step, done, src)
		if !ok {
			return
		}
		if stop {
			break
		}
		if i+1 < len(p.Tasks) && !e.finish(ctx, store.Next{State: store.NextContinue}) {
			return
		}
	}
	e.end(ctx, e.failure)
}

// task tries one task once. It returns false when the run is not to go on now: it waits, is held, or was given back.
func (e *execution) task(ctx context.Context, step *workflow.Step, done progress, src pipedtext.Source) (stop, goOn bool) {
	host := receiverOf(e.c.Run.WorkflowID, step, src)
	admitted := e.admit(ctx, host, limitsOf(step))
	if !admitted.in {
		if admitted.next.State == store.NextHold {
			e.stats.Held.Add(1)
		}
		e.finish(ctx, admitted.next)
		if admitted.next.State == store.NextHold {
			e.gate.holds(host)
		}
		return false, false
	}
	owner, err := e.owner(ctx, step)
	if err != nil { // the database is away
		e.gate.leave(host)
		e.finish(ctx, store.Next{State: store.NextRelease})
		return false, false
	}
	first := done.first
	if e.anonymous() {
		first = time.Time{}
	}
	out, a := task.Exec(ctx, e.Clock, e.Log, step.Task, task.Input{
		Values: src, Actor: owner, RunID: e.c.Run.ID, TaskID: step.Spec.ID, Depth: e.c.Event.Depth, First: first, Woken: done.number > 0, Played: done.played, Now: e.Clock.Now(), Named: step.Named,
		Secrets: e.secrets, WorkflowID: e.c.Run.WorkflowID, Subject: e.subject, Test: e.c.Run.Test,
	})
	e.called(ctx, host, admitted.probe, out)
	a.Number = done.number + 1
	if a.Number == 1 {
		a.StartedAt = done.first // a retry reads from here what the time was
	}
	v := judge(out, done.charged+1, step.Delays, e.Clock.Now())
	a.Result = v.result
	if out.Result != task.Interrupted {
		e.record(a)
	}
	e.logAttempt(ctx, step, &a, out)
	if v.next.State != store.NextContinue {
		if v.result == models.AttemptRetried && a.Charged {
			e.stats.Retried.Add(1)
			e.trouble = true
		}
		e.freeSlot()
		e.finish(ctx, v.next)
		return false, false
	}
	if a.Result == models.AttemptFailed {
		if out.Result == task.Gone {
			e.noteGone(&models.RunError{Key: task.ErrorGone})
		}
		return e.failed(out.Error, step), true
	}
	if out.Outputs != nil {
		if e.values.Outputs == nil {
			e.values.Outputs = map[string]map[string]json.RawMessage{}
		}
		e.values.Outputs[step.Spec.ID] = out.Outputs
	}
	if a.Full != nil {
		e.secrets = append(e.secrets, a.Full.Secrets...)
	}
	return false, true
}

// owner gives the workflow's owner as it is now, to a task that uses credentials: it may use theirs, and the shared ones.
func (e *execution) owner(ctx context.Context, step *workflow.Step) (models.Actor, error) {
	a := models.Actor{OrgID: e.c.Run.OrgID, Via: models.ViaSystem}
	if _, ok := step.Task.(task.Acting); ok {
		return e.acting(ctx)
	}
	if t, ok := step.Task.(task.Secured); !ok || len(t.Credentials()) == 0 {
		return a, nil
	}
	var err error
	a.UserID, err = e.Store.WorkflowOwner(ctx, e.c.Run.WorkflowID)
	return a, err
}

// acting gives the workflow's owner as somebody who signed in; nobody when they may not any more.
func (e *execution) acting(ctx context.Context) (models.Actor, error) {
	id, err := e.Store.WorkflowOwner(ctx, e.c.Run.WorkflowID)
	if err != nil {
		return models.Actor{}, err
	}
	u, err := e.Store.User(ctx, models.SystemActor(e.c.Run.OrgID), id)
	if err != nil || u.DisabledAt != nil {
		return models.Actor{}, err
	}
	return u.Actor(models.ViaWeb), nil
}

// firstTry is when the task was first tried: dates in piped text stay those of the first try, so that a retry sends
// the same body (design, durability rule 6). A first try whose process died, or that the stopping program broke off, has left
// no row: its time is one that the next try finds again, when the task before it ended or the run was claimed.
func (e *execution) firstTry(p progress) time.Time {
	first := p.first
	if first.IsZero() {
		first = e.c.Started
		if e.ended.After(first) {
			first = e.ended
		}
	}
	if e.anonymous() { // as its attempts keep it
		first = first.Truncate(24 * time.Hour)
	}
	return first
}

// noteEnd keeps when the last attempt ended.
func (e *execution) noteEnd(a *models.Attempt) {
	if end := a.StartedAt.Add(time.Duration(a.DurationUS) * time.Microsecond); end.After(e.ended) {
		e.ended = end
	}
}

// noteGone notes that the receiver wants nothing more, if that is why a task failed: the workflow switches itself off with the
// end of the run.
func (e *execution) noteGone(err *models.RunError) {
	if err != nil && err.Key == task.ErrorGone {
		e.gone = (&models.RunError{Key: "workflow.off.gone"}).Encode()
	}
}

// failed notes a task's failure and tells whether the run stops here.
func (e *execution) failed(err *models.RunError, step *workflow.Step) bool {
	if e.failure == nil {
		if err == nil {
			err = &models.RunError{Key: "run.error.unknown"}
		}
		e.failure = err
	}
	return step.Spec.OnFailure == models.FailureStop
}

func (e *execution) record(a models.Attempt) {
	a.RunID = e.c.Run.ID
	if e.anonymous() {
		a.StartedAt = a.StartedAt.Truncate(24 * time.Hour)
	}
	e.pending = append(e.pending, a)
	e.noteEnd(&a)
	if a.Charged {
		e.charged++
	}
}

// anonymous tells whether the run's times must not say when somebody answered (contract §7, Anonymity).
func (e *execution) anonymous() bool {
	return e.values != nil && e.values.Survey != nil && e.values.Survey.Anonymous
}

// recordLost writes down that the process died during a try of this task. It counts for nobody.
func (e *execution) recordLost(step *workflow.Step, p *progress) {
	p.number++
	e.lost = false
	e.record(models.Attempt{TaskID: step.Spec.ID, Number: p.number, Result: models.AttemptLost, StartedAt: p.first})
}

// end finishes the run: succeeded without an error, failed with one.
func (e *execution) end(ctx context.Context, failure *models.RunError) {
	e.freeSlot()
	next := store.Next{State: store.NextDone, Status: models.RunSucceeded}
	if failure != nil {
		next.Status, next.Error = models.RunFailed, failure.Encode()
	}
	e.finish(ctx, next)
}

// finish writes down what became of the run, again and again while the database is away. It returns false when the run is
// not to go on: it is no longer ours, or was canceled.
func (e *execution) finish(ctx context.Context, next store.Next) bool {
	f := &store.Finish{
		RunID: e.c.Run.ID, WorkflowID: e.c.Run.WorkflowID, OrgID: e.c.Run.OrgID, Test: e.c.Run.Test, CreatedAt: e.c.Run.CreatedAt,
		Claim: e.c.Claim, Attempts: e.pending, Charged: e.charged, Next: next, DayOnly: e.anonymous(), Trouble: e.trouble, SwitchOff: e.gone,
	}
	if !e.write(ctx, f) {
		return false
	}
	e.pending, e.charged = nil, 0
	if f.Fenced {
		e.Log.Warn("a run was taken over by another node", "run", e.c.Run.ID)
		return false
	}
	e.logEnd(ctx, f)
	switch {
	case f.Canceling && next.State == store.NextContinue:
		return e.finish(ctx, store.Next{State: store.NextDone, Status: models.RunCanceled}) && false
	case f.Off && !e.c.Run.Test:
		e.freeSlot()
		return e.finish(ctx, store.Next{State: store.NextHold, Hold: models.HoldOff}) && false
	case f.Next.State == store.NextWait:
		e.wakeAt(next.Until)
	case f.Next.Status == models.RunFailed:
		e.wakeTeller()
	}
	return next.State == store.NextContinue
}

// write hands the step to the store until it takes it. What the database refuses for another reason than being away, such as a
// row that is too large, is written as a failed run without its attempts: a run must end.
func (e *execution) write(ctx context.Context, f *store.Finish) bool {
	pause := 50 * time.Millisecond
	for {
		err := e.seal(ctx, f.Attempts)
		if err == nil {
			err = e.Store.Finish(f)
		}
		if err == nil {
			return true
		}
		if models.ErrorCode(err) != models.CodeUnavailable && f.Attempts != nil {
			e.Log.Error("a run's step cannot be recorded", "run", e.c.Run.ID, "error", err)
			f.Attempts, f.Charged = nil, 0
			f.Next = store.Next{State: store.NextDone, Status: models.RunFailed, Error: (&models.RunError{Key: "run.error.unrecorded"}).Encode()}
			continue
		}
		e.Log.Warn("recording a run failed; trying again", "run", e.c.Run.ID, "error", err)
		select {
		case <-ctx.Done(): // the program stops: another start takes the run over
			return false
		case <-time.After(pause):
			pause = min(2*pause, 2*time.Second)
		}
	}
}
