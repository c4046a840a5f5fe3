package store

import (
	"context"

	"surveyflow/models"
)

// CreateImportedSurvey is [Store.CreateSurvey] for a survey that was made of a file, with what became of that.
func (s *Store) CreateImportedSurvey(ctx context.Context, a models.Actor, v *models.Survey, c *models.Collector, i *models.SurveyImport) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.CreateSurvey(ctx, a, v, c); err != nil {
			return err
		}
		i.SurveyID, i.ImportedBy, i.ImportedAt = v.ID, a.UserID, s.clock.Now()
		return fault("keep import report", tx.write(ctx).Create(i).Error)
	})
}

// SurveyImport gives the file that a survey which the actor may see was made of; models.CodeNotFound for one that was made
// otherwise.
func (s *Store) SurveyImport(ctx context.Context, a models.Actor, surveyID string) (*models.SurveyImport, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var i models.SurveyImport
	if err := s.read(ctx).Where("survey_id = ?", surveyID).Take(&i).Error; err != nil {
		return nil, fault("read import report", err)
	}
	return &i, nil
}
