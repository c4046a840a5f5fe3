package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// SetSurveyDates sets from when until when respondents get in; nil means always. It shows at once.
func (s *Store) SetSurveyDates(ctx context.Context, a models.Actor, id string, opens, closes *time.Time) error {
	return s.updateSurvey(ctx, a, id, "set survey dates", map[string]any{"opens_at": opens, "closes_at": closes})
}

// SetSurveyOwner gives a survey to another person of the organisation, who must not be disabled: models.CodeNotFound.
// Its workflows stay with their owners.
func (s *Store) SetSurveyOwner(ctx context.Context, a models.Actor, id, ownerID string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		u, err := tx.User(ctx, a, ownerID)
		if err != nil {
			return err
		}
		if u.DisabledAt != nil {
			return models.NotFound("error.not_found")
		}
		return tx.updateSurvey(ctx, a, id, "set survey owner", map[string]any{"owner_id": ownerID})
	})
}

// updateSurvey writes columns of a survey that the actor may see and tells every node of it.
func (s *Store) updateSurvey(ctx context.Context, a models.Actor, id, tried string, columns map[string]any) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Survey(ctx, a, id); err != nil {
			return err
		}
		columns["live_rev"] = gorm.Expr("live_rev + 1")
		return fault(tried, tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).Updates(columns).Error)
	})
}

// DeletedResponses counts the responses of a survey that were deleted.
func (s *Store) DeletedResponses(ctx context.Context, surveyID string) (int64, error) {
	var n int64
	// DeleteResponse counts in a shard of its own.
	err := s.read(ctx).Raw(`SELECT CAST(COALESCE(-SUM(n), 0) AS BIGINT) FROM response_counts WHERE survey_id = ? AND shard = -1`, surveyID).Scan(&n).Error
	return n, fault("count deleted responses", err)
}
