package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// SetAPITokenLogged turns the log of one of the actor's own tokens or OAuth clients on or off. Turned off, what was kept is forgotten.
func (s *Store) SetAPITokenLogged(ctx context.Context, a models.Actor, id string, on bool) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := found(tx.ownKey(ctx, a, id).Update("logged", on), "switch log of token"); err != nil || on {
			return err
		}
		return fault("forget calls", tx.write(ctx).Where("token_id = ?", id).Delete(&models.APIRequest{}).Error)
	})
}

// RecordAPIRequests keeps calls, all or none.
func (s *Store) RecordAPIRequests(ctx context.Context, all []models.APIRequest) error {
	if len(all) == 0 {
		return nil
	}
	return fault("keep calls", s.write(ctx).CreateInBatches(all, 500).Error)
}

// APIRequests lists the calls of the actor's own tokens and OAuth clients of the last 24 hours, the newest first, and the cursor of
// the next page. With the id of one they are its calls alone.
func (s *Store) APIRequests(ctx context.Context, a models.Actor, tokenID string, p Page) ([]models.APIRequest, string, error) {
	own := "token_id IN (SELECT id FROM api_tokens WHERE org_id = ? AND user_id = ? UNION ALL SELECT id FROM api_clients WHERE org_id = ? AND user_id = ?)"
	db := s.read(ctx).Where(own, a.OrgID, a.UserID, a.OrgID, a.UserID).
		Where("at > ?", s.clock.Now().Add(-models.APIRequestsKept)).Order("id DESC").Limit(p.limit() + 1)
	if tokenID != "" {
		db = db.Where("token_id = ?", tokenID)
	}
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.APIRequest
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list calls", err)
	}
	all, next := cut(all, p.limit(), func(r *models.APIRequest) string { return r.ID })
	return all, next, nil
}

// PurgeAPIRequests removes calls from before a time.
func (s *Store) PurgeAPIRequests(ctx context.Context, before time.Time) error {
	return fault("purge calls", s.write(ctx).Where("at < ?", before).Delete(&models.APIRequest{}).Error)
}
