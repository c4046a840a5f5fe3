package store

import (
	"context"

	"surveyflow/models"
)

// keptRemovals is how many removed parts a survey keeps; older ones are gone for good.
const keptRemovals = 50

// RemoveFromSurvey saves the draft without a part, and the part with it, so that it can be put back. It fails like
// SaveSurveyDraft and gives the new revision and the removal.
func (s *Store) RemoveFromSurvey(ctx context.Context, a models.Actor, v *models.Survey, rev int64, part models.RemovedPart) (int64, *models.SurveyRemoval, error) {
	now := s.clock.Now()
	r := &models.SurveyRemoval{ID: models.NewOrderedID(models.PrefixRemoval, now), SurveyID: v.ID, RemovedBy: a.UserID, RemovedAt: now}
	r.Part.V = part
	var saved int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) (err error) {
		if saved, err = tx.SaveSurveyDraft(ctx, a, v, rev); err != nil {
			return err
		}
		if err := tx.write(ctx).Create(r).Error; err != nil {
			return fault("keep what was removed", err)
		}
		old := tx.read(ctx).Model(&models.SurveyRemoval{}).Select("id").Where("survey_id = ?", v.ID).Order("id DESC").Offset(keptRemovals).Limit(1)
		return fault("forget what was removed", tx.write(ctx).Where("survey_id = ? AND id <= (?)", v.ID, old).Delete(&models.SurveyRemoval{}).Error)
	})
	return saved, r, err
}

// SurveyRemoval gives a removed part of a survey that the actor may change.
func (s *Store) SurveyRemoval(ctx context.Context, a models.Actor, surveyID, id string) (*models.SurveyRemoval, error) {
	if _, err := s.SurveyToEdit(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var r models.SurveyRemoval
	if err := s.read(ctx).Where("survey_id = ? AND id = ?", surveyID, id).Take(&r).Error; err != nil {
		return nil, fault("read what was removed", err)
	}
	return &r, nil
}

// PutBackIntoSurvey saves the draft that has a removed part again, which is then no longer kept. It fails like
// SaveSurveyDraft and gives the new revision.
func (s *Store) PutBackIntoSurvey(ctx context.Context, a models.Actor, v *models.Survey, rev int64, removalID string) (int64, error) {
	var saved int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) (err error) {
		if saved, err = tx.SaveSurveyDraft(ctx, a, v, rev); err != nil {
			return err
		}
		return fault("put back", tx.write(ctx).Where("survey_id = ? AND id = ?", v.ID, removalID).Delete(&models.SurveyRemoval{}).Error)
	})
	return saved, err
}

// SurveyVersions lists the versions of a survey that the actor may see, the newest first, with their definitions. before
// is a version to go on below, or 0; limit is how many.
func (s *Store) SurveyVersions(ctx context.Context, a models.Actor, surveyID string, before, limit int) ([]models.SurveyVersion, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	db := s.read(ctx).Where("survey_id = ?", surveyID).Order("version DESC").Limit(min(max(limit, 1), MaxPage))
	if before > 0 {
		db = db.Where("version < ?", before)
	}
	var all []models.SurveyVersion
	return all, fault("list survey versions", db.Find(&all).Error)
}
