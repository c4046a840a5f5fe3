package workflow

import (
	"context"
	"encoding/json"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Test says what a whole workflow is tried with: a response that is there, or one that only stands for an event.
type Test struct {
	WorkflowID string
	Draft      bool // runs the draft, which the caller has checked; else what is live
	ResponseID string
	Response   *models.Response         // made up by the caller and not stored; nil for ResponseID
	Definition *models.SurveyDefinition // of the version that Response names
	Payload    json.RawMessage          // what is sent to a workflow that waits for JSON events; nil for the others
}

// TestRun runs a workflow as a run marked test. It does not matter whether the workflow is on, nor what its condition says.
func TestRun(ctx context.Context, s *store.Store, c clock.Clock, a models.Actor, t Test) (*models.Run, error) {
	w, err := s.WorkflowToEdit(ctx, a, t.WorkflowID)
	if err != nil {
		return nil, err
	}
	if w.Version == 0 && !t.Draft {
		return nil, models.Conflict("workflow.error.never_live", nil)
	}
	fact, err := t.fact(ctx, s, c, a, w)
	if err != nil {
		return nil, err
	}
	snapshot := fact.snapshot()
	event, err := fact.event(&snapshot)
	if err != nil {
		return nil, err
	}
	if t.Response != nil {
		event.ResponseID = nil
	}
	version := w.Version
	if t.Draft && w.Changed() {
		if version, err = s.KeepDraftVersion(ctx, a, w.ID); err != nil {
			return nil, err
		}
	}
	run := fact.run(event, w.ID, version, Respondent(&snapshot))
	if err := s.Accept(&store.Acceptance{Event: event, Runs: []models.Run{run}}); err != nil {
		return nil, err
	}
	return &run, nil
}

// Rehearse runs those live workflows that a fact would start, as runs marked test: the fact's response is not stored, and
// workflows that switched themselves off stay as they are. It gives no runs when none waits for such a fact.
func Rehearse(s *store.Store, ws []*Compiled, f Fact) ([]models.Run, error) {
	f.Test = true
	on := make([]*Compiled, 0, len(ws))
	for _, w := range ws {
		if w.Off == "" {
			on = append(on, w)
		}
	}
	event, runs, err := Plan(on, f)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	event.ResponseID = nil
	return runs, s.Accept(&store.Acceptance{Event: event, Runs: runs})
}

func (t Test) fact(ctx context.Context, s *store.Store, c clock.Clock, a models.Actor, w *models.Workflow) (*Fact, error) {
	if t.Payload != nil {
		return &Fact{Type: w.Draft.V.Event.Type, Org: w.OrgID, SurveyID: surveyOf(w), Payload: t.Payload, WorkflowID: &w.ID, Test: true, Now: c.Now()}, nil
	}
	if t.Response == nil {
		return factOf(ctx, s, c, a, w, t.ResponseID)
	}
	survey, err := s.Survey(ctx, a, t.Response.SurveyID)
	if err != nil {
		return nil, err
	}
	return &Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: w.OrgID, SurveyID: t.Response.SurveyID, Response: t.Response,
		SurveyName: survey.Name, LabelsRev: survey.LabelsRev,
		Definition: t.Definition, Test: true, Now: c.Now(),
	}, nil
}

// surveyOf gives the id of the survey that a workflow belongs to; empty without one.
func surveyOf(w *models.Workflow) string {
	if w.SurveyID == nil {
		return ""
	}
	return *w.SurveyID
}
