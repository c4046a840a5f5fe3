package workflow

import (
	"context"
	"encoding/json"
	"errors"
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

// Replay makes a new run for the event of an old one. It fails with models.CodeConflict while the old one is not ended, and when
// its workflow is gone.
func Replay(ctx context.Context, s *store.Store, a models.Actor, runID string, o ReplayOptions) (*models.Run, error) {
	if err := s.CheckAccess(ctx, a, runID, models.AccessEdit); err != nil {
		return nil, err
	}
	var made models.Run
	err := s.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		runs, err := tx.ChosenRuns(ctx, a, []string{runID})
		switch {
		case err != nil:
			return err
		case len(runs) == 0:
			return models.NotFound("error.not_found")
		}
		r := replayer{tx: tx, now: tx.Now(), options: o}
		if r.attempts, err = tx.AttemptsOf(ctx, []string{runID}); err != nil {
			return err
		}
		if err := r.replay(ctx, &runs[0]); err != nil {
			return err
		}
		made = r.runs[0]
		return tx.AddRuns(ctx, nil, r.runs, r.carried)
	})
	return &made, err
}

// replayer makes the runs that repeat others.
type replayer struct {
	tx       *store.Store
	now      time.Time
	options  ReplayOptions
	attempts map[string][]models.Attempt // of the old runs; asked for only where tasks are taken over
	versions map[versionKey]*models.WorkflowDefinition
	runs     []models.Run
	carried  []models.Attempt
}

type versionKey struct {
	workflow string
	version  int
}

// replay makes the run that repeats this one; an error with models.CodeConflict says why it cannot be.
func (r *replayer) replay(ctx context.Context, old *store.ChosenRun) error {
	version := old.WorkflowVersion
	switch {
	case old.Status == models.RunOpen:
		return models.Conflict("run.error.not_ended", nil)
	case old.WorkflowDeleted:
		return models.Conflict("run.error.workflow_gone", nil)
	case !r.options.Original:
		version = old.LiveVersion
	}
	if version == 0 {
		return models.Conflict("workflow.error.never_live", nil)
	}
	run := models.Run{
		ID: models.NewOrderedID(models.PrefixRun, r.now), OrgID: old.OrgID, WorkflowID: old.WorkflowID, WorkflowVersion: version,
		EventID: old.EventID, ReplayOf: &old.ID, Test: old.Test, Status: models.RunOpen,
		PersonName: old.PersonName, PersonLast: old.PersonLast, PersonEmail: old.PersonEmail, CreatedAt: r.now,
	}
	if old.EventType == models.EventSurveyResponse && old.ResponseID == nil { // of an anonymous survey: the day alone
		run.CreatedAt = day(r.now)
	}
	if r.options.FromFailed {
		def, err := r.definition(ctx, old.WorkflowID, version)
		if err != nil {
			return err
		}
		r.carried = append(r.carried, carried(run.ID, def, r.attempts[old.ID], r.now)...)
	}
	r.runs = append(r.runs, run)
	return nil
}

func (r *replayer) definition(ctx context.Context, workflowID string, version int) (*models.WorkflowDefinition, error) {
	key := versionKey{workflowID, version}
	if def, known := r.versions[key]; known {
		return def, nil
	}
	v, err := r.tx.WorkflowVersion(ctx, workflowID, version)
	if err != nil {
		return nil, err
	}
	if r.versions == nil {
		r.versions = map[versionKey]*models.WorkflowDefinition{}
	}
	r.versions[key] = &v.Definition.V
	return &v.Definition.V, nil
}

// refusal tells an error of the domain, which concerns one thing alone, from one that concerns all.
func refusal(err error) (models.RunError, bool) {
	e, ok := errors.AsType[*models.Error](err)
	if !ok || e.Code == models.CodeUnavailable {
		return models.RunError{}, false
	}
	return models.RunError{Key: e.Key, Args: e.Args}, true
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
	survey, err := s.Survey(ctx, a, *w.SurveyID)
	if err != nil {
		return nil, err
	}
	person, err := s.InvitedPerson(ctx, r)
	if err != nil {
		return nil, err
	}
	return &Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: w.OrgID, SurveyID: *w.SurveyID, Response: r, Contact: person,
		SurveyName: survey.Name, LabelsRev: survey.LabelsRev,
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
	ResponseID string                                // a response of the survey; empty for sample values
	Survey     *models.SurveyDefinition              // what sample values answer; nil for none at all
	Outputs    map[string]map[string]json.RawMessage // of the tasks before, such as those of the last run
	Payload    json.RawMessage                       // a JSON event; nil for none
	Link       string                                // address of the survey for ${l://SurveyURL}
}

// Tried is what came of trying a task.
type Tried struct {
	models.Attempt
	Answer *task.Answer        // nil when nothing came back
	Mask   func(string) string // hides secrets in what is shown of the answer; nil hides nothing
}

// TryTask runs one task for real, without a run: the attempt says what went out and came back. Nothing is stored.
// It fails with models.CodeInvalid when the task is not complete; the fields are paths from "task".
func TryTask(ctx context.Context, s *store.Store, a models.Actor, t Trial) (*Tried, error) {
	step, err := NewStep(t.Types, t.Spec, "task")
	if err != nil {
		return nil, err
	}
	values := &Values{Snapshot: &models.Snapshot{V: models.SnapshotVersion}}
	now := t.Clock.Now()
	switch {
	case t.Payload != nil:
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
	if t.Payload != nil {
		values.Snapshot.Payload, values.Fields = t.Payload, NewEventFields(t.Workflow.Draft.V.Event)
	}
	subject, err := t.subject(ctx, s, a, values, now)
	if err != nil {
		return nil, err
	}
	values.Link, values.Outputs, values.Names = t.Link, t.Outputs, outputNames(t.Types, t.Workflow.Draft.V.Tasks)
	runID := models.NewOrderedID(models.PrefixRun, now)
	outcome, attempt := task.Exec(ctx, t.Clock, t.Log, step.Task, task.Input{
		Values: &pipedtext.Env{Source: values, Now: now, Seed: runID}, Actor: a, RunID: runID, TaskID: t.Spec.ID, Now: now,
		WorkflowID: t.Workflow.ID, Subject: subject, Test: true,
	})
	attempt.Number = 1
	return &Tried{Attempt: attempt, Answer: outcome.Answer, Mask: task.MaskerOf(outcome.Secrets)}, nil
}

// subject gives the response that the task is tried with; nil without a survey.
func (t Trial) subject(ctx context.Context, s *store.Store, a models.Actor, values *Values, now time.Time) (*task.Subject, error) {
	if values.Survey == nil || t.Workflow.SurveyID == nil {
		return nil, nil
	}
	survey, err := s.Survey(ctx, a, *t.Workflow.SurveyID)
	if err != nil {
		return nil, err
	}
	return TrialSubject(ctx, s, survey, values.Survey, values.Snapshot, now)
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
