package store

import (
	"context"

	"surveyflow/models"
)

// CreateServiceAccount adds an account for a program with its first token. Errors are those of [Store.CreateUser].
func (s *Store) CreateServiceAccount(ctx context.Context, a models.Actor, u *models.User, t *models.APIToken) error {
	if !managesUsers(a) {
		return forbidden()
	}
	u.OrgID = a.OrgID
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.insertUser(ctx, a, u); err != nil {
			return err
		}
		return tx.addServiceToken(ctx, a, u, t)
	})
}

// ReplaceServiceToken adds a token to a service account in the place of those with the same name, which are revoked.
// models.CodeNotFound when the account is none or disabled, models.CodeForbidden when the actor may not manage people.
func (s *Store) ReplaceServiceToken(ctx context.Context, a models.Actor, userID string, t *models.APIToken) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var u models.User // its row is what several at once take turns for
		err := tx.read(ctx).Clauses(tx.forUpdate()...).Where("org_id = ? AND id = ? AND service AND disabled_at IS NULL", a.OrgID, userID).Take(&u).Error
		if err != nil {
			return fault("read service account", err)
		}
		err = tx.write(ctx).Model(&models.APIToken{}).Where("user_id = ? AND name = ? AND revoked_at IS NULL", u.ID, t.Name).
			Update("revoked_at", s.clock.Now()).Error
		if err != nil {
			return fault("replace token", err)
		}
		return tx.addServiceToken(ctx, a, &u, t)
	})
}

func (s *Store) addServiceToken(ctx context.Context, a models.Actor, u *models.User, t *models.APIToken) error {
	t.OrgID, t.UserID, t.CreatedAt = u.OrgID, u.ID, s.clock.Now()
	if err := s.write(ctx).Create(t).Error; err != nil {
		return fault("create token", err)
	}
	return s.Audit(ctx, a, models.AuditEntry{
		Action: models.AuditTokenCreate, Object: t.ID, Name: t.Name, Detail: models.Details("person", u.Name()),
	})
}
