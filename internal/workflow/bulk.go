package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	// MaxChosen is how many runs or responses can be chosen one by one; more are chosen by a filter.
	MaxChosen = 10_000
	// MaxPace is the fastest pace that one can ask for, in things per second.
	MaxPace = 1000
	// bulkPart is how many things one step of a job handles at most.
	bulkPart = 100
)

// Selection chooses the runs of a job: by their ids, or all that a filter finds when the job is asked for.
type Selection struct {
	IDs    []string        `json:"ids,omitempty"`
	Filter store.RunFilter `json:"filter,omitzero"`
}

// BulkReplay says how the runs of a selection are repeated.
type BulkReplay struct {
	ReplayOptions
	PerSecond int // pace; 0 for as fast as there is room beside other runs
}

// bulkRuns are the params of jobs about runs.
type bulkRuns struct {
	Selection
	Replay BulkReplay `json:"replay,omitzero"`
}

// ReplayRuns makes a job that repeats all chosen runs that have ended.
func ReplayRuns(ctx context.Context, s *store.Store, a models.Actor, sel Selection, o BulkReplay) (*models.Job, error) {
	if o.PerSecond < 0 || o.PerSecond > MaxPace {
		return nil, models.Invalid(models.Field("perSecond", "job.error.pace", "Max", MaxPace))
	}
	sel.Filter.Ended = true
	return startRuns(ctx, s, a, models.JobReplayRuns, bulkRuns{Selection: sel, Replay: o})
}

// CancelRuns makes a job that cancels all chosen runs that have not ended.
func CancelRuns(ctx context.Context, s *store.Store, a models.Actor, sel Selection) (*models.Job, error) {
	if sel.Filter.Status == "" {
		sel.Filter.Status = models.RunOpen
	}
	return startRuns(ctx, s, a, models.JobCancelRuns, bulkRuns{Selection: sel})
}

// PlayRuns makes a job that lets all chosen runs go on that wait.
func PlayRuns(ctx context.Context, s *store.Store, a models.Actor, sel Selection) (*models.Job, error) {
	if sel.Filter.Status == "" {
		sel.Filter.Status = models.RunScheduled
	}
	return startRuns(ctx, s, a, models.JobPlayRuns, bulkRuns{Selection: sel})
}

func startRuns(ctx context.Context, s *store.Store, a models.Actor, kind models.JobKind, p bulkRuns) (*models.Job, error) {
	j := &models.Job{Kind: kind, Subject: p.Filter.WorkflowID}
	p.Filter.Asked = s.Now()
	if len(p.IDs) > 0 {
		p.IDs, p.Filter = distinct(p.IDs), store.RunFilter{}
		if len(p.IDs) > MaxChosen {
			return nil, models.Invalid(models.Field("runIds", "job.error.too_many", "Max", MaxChosen))
		}
		j.Total = int64(len(p.IDs))
	} else {
		n, err := s.CountRuns(ctx, a, p.Filter)
		if err != nil {
			return nil, err
		}
		j.Total = n
	}
	return startJob(ctx, s, a, j, p)
}

// startJob adds a job that has something to do.
func startJob(ctx context.Context, s *store.Store, a models.Actor, j *models.Job, params any) (*models.Job, error) {
	if j.Total == 0 {
		return nil, models.Conflict("job.error.nothing", nil)
	}
	text, err := models.MarshalJSON(params)
	if err != nil {
		return nil, fmt.Errorf("write params of job: %w", err)
	}
	j.Params = string(text)
	return j, s.CreateJob(ctx, a, j)
}

// distinct drops what is there twice and keeps the order.
func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
}

// bulkStep is one step of a job about runs.
type bulkStep struct {
	tx     *store.Store
	job    *models.Job
	actor  models.Actor
	params bulkRuns
	ids    []string // that this step is about
	last   bool
	runs   []store.ChosenRun // of them, those that the actor may change
}

// beginStep reads the params and the next runs. What is not there, or not for the actor, is reported.
func beginStep(ctx context.Context, tx *store.Store, j *models.Job) (*bulkStep, error) {
	b := &bulkStep{tx: tx, job: j}
	if err := json.Unmarshal([]byte(j.Params), &b.params); err != nil {
		return nil, fmt.Errorf("read params of job: %w", err)
	}
	var err error
	if b.actor, err = tx.JobActor(ctx, j); err != nil {
		return nil, err
	}
	if err := b.next(ctx); err != nil || len(b.ids) == 0 {
		return b, err
	}
	found, err := tx.ChosenRuns(ctx, b.actor, b.ids)
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(found))
	for _, r := range found {
		there[r.ID] = true
		if !r.Access.Allows(models.AccessEdit) {
			j.Fail(r.ID, models.RunError{Key: "access.error.view"})
			continue
		}
		b.runs = append(b.runs, r)
	}
	for _, id := range b.ids {
		if !there[id] {
			j.Fail(id, models.RunError{Key: "job.error.run_gone"})
		}
	}
	return b, nil
}

// next finds the runs of this step and moves the cursor behind them.
func (b *bulkStep) next(ctx context.Context) (err error) {
	n := bulkPart
	if pace := b.params.Replay.PerSecond; pace > 0 {
		n = min(n, pace)
	}
	if len(b.params.IDs) > 0 {
		from, _ := strconv.Atoi(b.job.Cursor) // empty at the beginning
		to := min(from+n, len(b.params.IDs))
		b.ids, b.last = b.params.IDs[min(from, to):to], to == len(b.params.IDs)
		b.job.Cursor = strconv.Itoa(to)
		return nil
	}
	f := b.params.Filter
	f.Before, f.Limit = b.job.Cursor, n
	b.ids, err = b.tx.RunIDs(ctx, b.actor, f)
	b.last = len(b.ids) < n
	if len(b.ids) > 0 {
		b.job.Cursor = b.ids[len(b.ids)-1]
	}
	return err
}

// end says what follows the step.
func (b *bulkStep) end() store.JobNext {
	n := store.JobNext{Done: b.last}
	if pace := b.params.Replay.PerSecond; pace > 0 {
		n.Pause = time.Duration(len(b.ids)) * time.Second / time.Duration(pace)
	}
	return n
}

// ReplayStep is the step of models.JobReplayRuns.
func ReplayStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	b, err := beginStep(ctx, tx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	r := replayer{tx: tx, now: tx.Now(), options: b.params.Replay.ReplayOptions}
	if r.options.FromFailed {
		if r.attempts, err = tx.AttemptsOf(ctx, b.ids); err != nil {
			return store.JobNext{}, err
		}
	}
	for i := range b.runs {
		err := r.replay(ctx, &b.runs[i])
		if e, refused := refusal(err); refused {
			j.Fail(b.runs[i].ID, e)
			continue
		}
		if err != nil {
			return store.JobNext{}, err
		}
		j.Done++
	}
	return b.end(), tx.AddRuns(ctx, nil, r.runs, r.carried)
}

// CancelStep is the step of models.JobCancelRuns.
func CancelStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	b, err := beginStep(ctx, tx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	for _, r := range b.runs {
		asked, ended, err := tx.CancelRuns(ctx, []string{r.ID})
		if err != nil {
			return store.JobNext{}, err
		}
		switch {
		case asked == 0:
			j.Fail(r.ID, models.RunError{Key: "run.error.ended"})
			continue
		case ended == 0:
			j.Note("stopping")
		}
		j.Done++
	}
	return b.end(), nil
}

// PlayStep is the step of models.JobPlayRuns.
func PlayStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	b, err := beginStep(ctx, tx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	workflows := make(map[string]string, len(b.runs))
	for _, r := range b.runs {
		workflows[r.ID] = r.WorkflowID
	}
	played, err := tx.PlayRuns(ctx, workflows)
	if err != nil {
		return store.JobNext{}, err
	}
	for _, r := range b.runs {
		if slices.Contains(played, r.ID) {
			j.Done++
		} else {
			j.Fail(r.ID, models.RunError{Key: "run.error.not_waiting"})
		}
	}
	return b.end(), nil
}
