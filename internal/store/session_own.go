package store

import (
	"context"

	"surveyflow/models"
)

// Sessions lists the actor's own sessions, the last used first. Some may have ended by their age.
func (s *Store) Sessions(ctx context.Context, a models.Actor) ([]models.Session, error) {
	var all []models.Session
	err := s.read(ctx).Where("user_id = ? AND stage = ''", a.UserID).Order("last_seen_at DESC, id").Find(&all).Error
	return all, fault("list sessions", err)
}

// EndOtherSessions ends all of the actor's own sessions but the one with that id.
func (s *Store) EndOtherSessions(ctx context.Context, a models.Actor, keep string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.endSessions(ctx, a.UserID, keep); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSessionsEnd})
	})
}

// EndSession ends one of the actor's own sessions.
func (s *Store) EndSession(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Where("id = ? AND user_id = ?", id, a.UserID).Delete(&models.Session{})
		if err := found(r, "end session"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSessionsEnd})
	})
}
