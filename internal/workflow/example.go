package workflow

import (
	"context"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// ResponseSnapshot gives what an event about a stored response would carry now, and the version of the survey that was
// answered: for examples and previews. It fails with models.CodeNotFound when the actor may not see the response.
func ResponseSnapshot(ctx context.Context, s *store.Store, a models.Actor, surveyID, responseID string, now time.Time) (*models.Snapshot, *models.SurveyDefinition, error) {
	r, err := s.Response(ctx, a, surveyID, responseID)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.SurveyVersion(ctx, surveyID, r.SurveyVersion)
	if err != nil {
		return nil, nil, err
	}
	person, err := s.InvitedPerson(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	fact := Fact{Response: r, Contact: person, Definition: &v.Definition.V, Now: now}
	snapshot := fact.snapshot()
	return &snapshot, &v.Definition.V, nil
}
