package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// CreatePasswordReset keeps a link for a new password and tells of it, in one transaction. One for nobody (an empty UserID)
// does as much and keeps nothing.
func (s *Store) CreatePasswordReset(ctx context.Context, r *models.PasswordReset, n *models.Notices) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Where("expires_at <= ?", r.CreatedAt).Delete(&models.PasswordReset{}).Error; err != nil {
			return fault("purge links for new passwords", err)
		}
		if r.UserID == "" {
			return nil
		}
		if err := tx.write(ctx).Create(r).Error; err != nil {
			return fault("create link for a new password", err)
		}
		return tx.Tell(ctx, n)
	})
}

// PasswordReset gives a link for a new password, by its hash, and whose it is. It says nothing about whether it holds.
func (s *Store) PasswordReset(ctx context.Context, id string) (*models.PasswordReset, *models.User, error) {
	var r models.PasswordReset
	if err := s.read(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return nil, nil, fault("read link for a new password", err)
	}
	var u models.User
	if err := s.read(ctx).Where("id = ?", r.UserID).Take(&u).Error; err != nil {
		return nil, nil, fault("read user", err)
	}
	return &r, &u, nil
}

// UsePasswordReset takes a link for a new password away, with all others of its person, and reports whether it held. Of
// several at once one does.
func (s *Store) UsePasswordReset(ctx context.Context, id string, now time.Time) (bool, error) {
	var users []string
	err := s.write(ctx).Raw("DELETE FROM password_resets WHERE id = ? AND expires_at > ? RETURNING user_id", id, now).Scan(&users).Error
	if err != nil || len(users) == 0 {
		return false, fault("use link for a new password", err)
	}
	err = s.write(ctx).Where("user_id = ?", users[0]).Delete(&models.PasswordReset{}).Error
	return err == nil, fault("use link for a new password", err)
}
