package store

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// SurveyResults gives what was summed up of a survey; the zero value when nothing was yet.
func (s *Store) SurveyResults(ctx context.Context, surveyID string) (models.SurveyResults, error) {
	var r models.SurveyResults
	err := s.read(ctx).Where("survey_id = ?", surveyID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.SurveyResults{SurveyID: surveyID}, nil
	}
	return r, fault("read results", err)
}

// SaveSurveyResults keeps what was summed up of a survey. Of two who do so at once either may win: both are right.
func (s *Store) SaveSurveyResults(ctx context.Context, r models.SurveyResults) error {
	r.UpdatedAt = s.clock.Now()
	return fault("save results", s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error)
}
