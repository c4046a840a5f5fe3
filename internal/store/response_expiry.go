package store

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// Place is where a reading by time stopped: the next begins after it. The zero Place is the beginning.
type Place struct {
	At time.Time
	ID string
}

// ExpiredResponses gives up to limit unfinished responses of all surveys whose time was over at now, after that place, the
// oldest first.
func (s *Store) ExpiredResponses(ctx context.Context, now time.Time, after Place, limit int) ([]models.Response, error) {
	// The state is written out: only so does SQLite use the index of unfinished responses.
	q := s.read(ctx).Where("state = 'in progress' AND expires_at <= ?", now)
	if after != (Place{}) {
		q = q.Where("(expires_at, id) > (?, ?)", after.At, after.ID)
	}
	var all []models.Response
	err := q.Order("expires_at, id").Limit(limit).Find(&all).Error
	return all, fault("list expired responses", err)
}

// DropExpired removes an unfinished response as it was read. models.CodeNotFound when it was changed since.
func (s *Store) DropExpired(ctx context.Context, r *models.Response) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		done := tx.write(ctx).Exec("DELETE FROM responses WHERE id = ? AND survey_id = ? AND rev = ? AND state = 'in progress'", r.ID, r.SurveyID, r.Rev)
		if done.Error != nil || done.RowsAffected == 0 {
			return fault("drop expired response", cmp.Or(done.Error, gorm.ErrRecordNotFound))
		}
		if err := tx.forgetResponses(ctx, r.ID); err != nil {
			return err
		}
		return tx.countRemoved(ctx, r.SurveyID, models.ResponseInProgress)
	})
}
