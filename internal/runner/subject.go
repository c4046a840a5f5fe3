package runner

import (
	"context"

	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// report makes the response of the event ready for a task that tells it to others. It fails only when the database cannot be
// read.
func (e *execution) report(ctx context.Context, step *workflow.Step) error {
	event := &e.c.Event
	if _, ok := step.Task.(task.Reporter); !ok || e.subject != nil || e.values.Survey == nil || event.SurveyID == nil {
		return nil
	}
	s := &task.Subject{
		SurveyID: *event.SurveyID, SurveyName: e.values.Snapshot.Survey, Survey: e.values.Survey, Snapshot: e.values.Snapshot,
		At: event.CreatedAt, Test: e.c.Run.Test,
	}
	labels := e.values.Snapshot.Labels
	var err error
	if e.c.Run.ReplayOf != nil {
		s.ReplayOf = *e.c.Run.ReplayOf
		// A replay sends the labels that its owner had mended when it was asked for; its retries send the same.
		if labels, err = e.Store.LabelsRevAt(ctx, s.SurveyID, e.c.Run.CreatedAt); err != nil {
			return err
		}
	}
	if s.SurveyName == "" { // of an event that an older program wrote
		if s.SurveyName, err = e.Store.SurveyName(ctx, s.SurveyID); err != nil {
			return err
		}
	}
	s.Labels, err = e.programs.labels(ctx, s.SurveyID, labels)
	e.subject = s
	return err
}

// labels gives the data labels of a survey at one of their revisions.
func (p *programs) labels(ctx context.Context, surveyID string, rev int) (models.DataLabels, error) {
	found, err := cached(p, p.named, versionRef{surveyID, rev}, func() (*models.DataLabels, error) {
		labels, err := p.store.LabelsAt(ctx, surveyID, rev)
		return &labels, err
	})
	if err != nil {
		return nil, err
	}
	return *found, nil
}
