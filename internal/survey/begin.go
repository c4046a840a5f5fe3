package survey

import (
	"context"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Begin makes a survey without a draft and its public link, to be given one and then to store.CreateSurvey.
func Begin(ownerID, name string) (*models.Survey, *models.Collector) {
	s := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: ownerID, Name: name, NextQID: 1}
	return s, &models.Collector{
		ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Slug: models.NewCapability(), Open: true, IsDefault: true,
	}
}

// Copy makes a survey with the draft and the data labels of another one. Answers, workflows and dates are not copied.
func Copy(ctx context.Context, st *store.Store, a models.Actor, source *models.Survey, ownerID, name string) (*models.Survey, error) {
	s, c := Begin(ownerID, name)
	s.Draft, s.NextQID = source.Draft, source.NextQID
	var err error
	if s.Labels, err = st.LabelsAt(ctx, source.ID, source.LabelsRev); err != nil {
		return nil, err
	}
	return s, st.CreateSurvey(ctx, a, s, c)
}
