package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// SetSurveyDates sets from when until when respondents get in; nil means always. It shows at once.
func (s *Store) SetSurveyDates(ctx context.Context, a models.Actor, id string, opens, closes *time.Time) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.updateSurvey(ctx, a, id, "set survey dates", map[string]any{
			"opens_at": opens, "closes_at": closes, "dates_due_at": nextDate(s.clock.Now(), opens, closes),
		}); err != nil {
			return err
		}
		return tx.followSurvey(ctx, a, id)
	})
}

// SetSurveyTimeZone sets in which zone the dates of a survey are meant; empty means the organisation's.
func (s *Store) SetSurveyTimeZone(ctx context.Context, a models.Actor, id, zone string) error {
	return s.updateSurvey(ctx, a, id, "set survey time zone", map[string]any{"time_zone": zone})
}

// SetSurveyOwner gives a survey to another person of the organisation, who must not be disabled: models.CodeNotFound.
// Its workflows stay with their owners.
func (s *Store) SetSurveyOwner(ctx context.Context, a models.Actor, id, ownerID string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToOwn(ctx, a, id)
		if err != nil {
			return err
		}
		u, err := tx.User(ctx, a, ownerID)
		if err != nil {
			return err
		}
		if u.DisabledAt != nil {
			return models.NotFound("error.not_found")
		}
		if err := tx.write(ctx).Where("survey_id = ? AND user_id = ?", id, ownerID).Delete(&models.SurveyShare{}).Error; err != nil {
			return fault("set survey owner", err)
		}
		if err := tx.updateSurvey(ctx, a, id, "set survey owner", map[string]any{"owner_id": ownerID}); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditSurveyOwner, Object: id, Name: v.Name, Detail: models.Details("owner", u.Email),
		})
	})
}

// updateSurvey writes columns of a survey that the actor may see and tells every node of it.
func (s *Store) updateSurvey(ctx context.Context, a models.Actor, id, tried string, columns map[string]any) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, id); err != nil {
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
