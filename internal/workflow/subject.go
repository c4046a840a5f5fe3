package workflow

import (
	"context"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// TrialSubject gives a response as a task that is tried or previewed tells it: under the name and data labels that the survey has
// now, and as a test.
func TrialSubject(ctx context.Context, s *store.Store, survey *models.Survey, def *models.SurveyDefinition, snapshot *models.Snapshot, at time.Time) (*task.Subject, error) {
	labels, err := s.LabelsAt(ctx, survey.ID, survey.LabelsRev)
	if err != nil {
		return nil, err
	}
	if def.Anonymous {
		at = day(at)
	}
	return &task.Subject{SurveyID: survey.ID, SurveyName: survey.Name, Survey: def, Labels: labels, Snapshot: snapshot, At: at, Test: true}, nil
}
