package store

import (
	"context"

	"surveyflow/models"
)

// Sessions lists the actor's own sessions, the last used first. Some may have ended by their age.
func (s *Store) Sessions(ctx context.Context, a models.Actor) ([]models.Session, error) {
	var all []models.Session
	err := s.read(ctx).Where("user_id = ?", a.UserID).Order("last_seen_at DESC, id").Find(&all).Error
	return all, fault("list sessions", err)
}

// EndOtherSessions ends all of the actor's own sessions but the one with that id.
func (s *Store) EndOtherSessions(ctx context.Context, a models.Actor, keep string) error {
	return s.endSessions(ctx, a.UserID, keep)
}
