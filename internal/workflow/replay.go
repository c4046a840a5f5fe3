package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// ReplayOptions say how a run is repeated.
type ReplayOptions struct {
	FromFailed bool // from the first task that failed, taking over what succeeded before it; else from the start
	Original   bool // with the revision that the run had; else with the one that is live now
}

// Replay makes a new run for the event of an old one. It fails with models.CodeConflict while the old one is not ended.
func Replay(ctx context.Context, s *store.Store, c clock.Clock, a models.Actor, runID string, o ReplayOptions) (*models.Run, error) {
	old, err := s.Run(ctx, a, runID)
	if err != nil {
		return nil, err
	}
	if old.Status == models.RunOpen {
		return nil, models.Conflict("run.error.not_ended", nil)
	}
	version, def := old.WorkflowVersion, &old.Definition
	if !o.Original {
		w, err := s.Workflow(ctx, a, old.WorkflowID)
		if err != nil {
			return nil, models.Conflict("run.error.workflow_gone", nil)
		}
		v, err := s.WorkflowVersion(ctx, w.ID, w.Version)
		if err != nil {
			return nil, err
		}
		version, def = v.Version, &v.Definition.V
	}
	now := c.Now()
	run := models.Run{
		ID: models.NewOrderedID(models.PrefixRun, now), OrgID: old.OrgID, WorkflowID: old.WorkflowID, WorkflowVersion: version,
		EventID: old.EventID, ReplayOf: &old.ID, Test: old.Test, Status: models.RunOpen,
		PersonName: old.PersonName, PersonEmail: old.PersonEmail, CreatedAt: now,
	}
	accept := &store.Acceptance{Runs: []models.Run{run}}
	if o.FromFailed {
		accept.Carried = carried(run.ID, def, old.Attempts, now)
	}
	if err := s.Accept(accept); err != nil {
		return nil, err
	}
	return &run, nil
}

// carried takes over the tasks that succeeded, or were skipped, before the first one that failed.
func carried(runID string, def *models.WorkflowDefinition, attempts []models.Attempt, now time.Time) []models.Attempt {
	var taken []models.Attempt
	for _, t := range def.Tasks {
		i := slices.IndexFunc(attempts, func(a models.Attempt) bool {
			return a.TaskID == t.ID && (a.Result == models.AttemptSucceeded || a.Result == models.AttemptSkipped || a.Result == models.AttemptCarried)
		})
		if i < 0 {
			break
		}
		a := attempts[i]
		a.RunID, a.Number, a.Result, a.Charged, a.StartedAt = runID, 1, models.AttemptCarried, false, now
		taken = append(taken, a)
	}
	return taken
}

// TestRun runs the live version of a workflow on a response that is there, as a run marked test.
// It does not matter whether the workflow is on, nor what its condition says.
func TestRun(ctx context.Context, s *store.Store, c clock.Clock, a models.Actor, workflowID, responseID string) (*models.Run, error) {
	w, err := s.Workflow(ctx, a, workflowID)
	if err != nil {
		return nil, err
	}
	if w.Version == 0 {
		return nil, models.Conflict("workflow.error.never_live", nil)
	}
	fact, err := factOf(ctx, s, c, a, w, responseID)
	if err != nil {
		return nil, err
	}
	snapshot := fact.snapshot()
	event, err := fact.event(&snapshot)
	if err != nil {
		return nil, err
	}
	run := fact.run(event, w.ID, w.Version, snapshot.Contact)
	if err := s.Accept(&store.Acceptance{Event: event, Runs: []models.Run{run}}); err != nil {
		return nil, err
	}
	return &run, nil
}

// factOf makes the fact that the response was completed, once more and as a test.
func factOf(ctx context.Context, s *store.Store, c clock.Clock, a models.Actor, w *models.Workflow, responseID string) (*Fact, error) {
	if w.SurveyID == nil {
		return nil, models.Conflict("workflow.error.no_survey", nil)
	}
	r, err := s.Response(ctx, a, *w.SurveyID, responseID)
	if err != nil {
		return nil, err
	}
	v, err := s.SurveyVersion(ctx, *w.SurveyID, r.SurveyVersion)
	if err != nil {
		return nil, err
	}
	return &Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: w.OrgID, SurveyID: *w.SurveyID, Response: r,
		Definition: &v.Definition.V, Test: true, Now: c.Now(),
	}, nil
}

// Trial says what one task is tried with.
type Trial struct {
	Types      *task.Registry
	Clock      clock.Clock
	Log        *slog.Logger
	Workflow   *models.Workflow
	Spec       models.TaskSpec
	ResponseID string                   // a response of the survey; empty for sample values
	Survey     *models.SurveyDefinition // what sample values answer; nil for none at all
}

// TryTask runs one task for real, without a run: the attempt says what went out and came back. Nothing is stored.
// It fails with models.CodeInvalid when the task is not complete; the fields are paths from "task".
func TryTask(ctx context.Context, s *store.Store, a models.Actor, t Trial) (*models.Attempt, error) {
	step, err := NewStep(t.Types, t.Spec, "task")
	if err != nil {
		return nil, err
	}
	values := &Values{Snapshot: &models.Snapshot{V: models.SnapshotVersion}}
	now := t.Clock.Now()
	switch {
	case t.ResponseID != "":
		fact, err := factOf(ctx, s, t.Clock, a, t.Workflow, t.ResponseID)
		if err != nil {
			return nil, err
		}
		snapshot := fact.snapshot()
		values = &Values{Snapshot: &snapshot, Survey: fact.Definition}
	case t.Survey != nil:
		values = &Values{Snapshot: Sample(t.Survey, now), Survey: t.Survey}
	}
	runID := models.NewOrderedID(models.PrefixRun, now)
	_, attempt := task.Exec(ctx, t.Clock, t.Log, step.Task, task.Input{
		Values: &pipedtext.Env{Source: values, Now: now, Seed: runID}, RunID: runID, TaskID: t.Spec.ID, Now: now,
	})
	attempt.Number = 1
	return &attempt, nil
}

// SnapshotOf gives what an event carries, reading its payload only when it is not at hand.
func SnapshotOf(e *models.Event) (*models.Snapshot, error) {
	if e.Snapshot != nil {
		return e.Snapshot, nil
	}
	return DecodeSnapshot(e.Payload)
}

// DecodeSnapshot reads an event's payload.
func DecodeSnapshot(payload string) (*models.Snapshot, error) {
	var s models.Snapshot
	if err := json.Unmarshal([]byte(payload), &s); err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	if s.V > models.SnapshotVersion {
		return nil, fmt.Errorf("read snapshot: version %d is newer than this program", s.V)
	}
	return &s, nil
}

// DecodeOutputs gathers the outputs of the tasks that succeeded, by task id.
func DecodeOutputs(attempts []models.Attempt) map[string]map[string]json.RawMessage {
	var all map[string]map[string]json.RawMessage
	for _, a := range attempts {
		if a.Outputs == nil || !a.Result.Final() {
			continue
		}
		var out map[string]json.RawMessage
		if json.Unmarshal([]byte(*a.Outputs), &out) == nil {
			if all == nil {
				all = map[string]map[string]json.RawMessage{}
			}
			all[a.TaskID] = out
		}
	}
	return all
}
