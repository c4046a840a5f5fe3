package survey

import (
	"context"
	"encoding/json"

	"surveyflow/models"
)

// Compose makes the response that values stand for by the live version of a survey, without storing it: for tests. It
// fails as [Service.Create] does. The caller has checked that the survey is theirs.
func (s *Service) Compose(ctx context.Context, surveyID string, values map[string]json.RawMessage) (*models.Response, *models.SurveyDefinition, error) {
	live, err := s.Live(ctx, surveyID)
	if err != nil {
		return nil, nil, err
	}
	if live.Survey.Version == 0 {
		return nil, nil, models.Conflict("survey.error.never_live", nil)
	}
	r, err := s.read(live, Creation{SurveyID: surveyID, Values: values}, s.clock.Now())
	if err != nil {
		return nil, nil, err
	}
	return r, live.Definition, nil
}
