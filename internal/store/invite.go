package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// CreateInvite keeps an invitation in the place of an earlier one to the same address, whose link ends, and tells what is to
// be told. models.CodeConflict
// when the address belongs to somebody already, models.CodeForbidden when the actor may not add people.
func (s *Store) CreateInvite(ctx context.Context, a models.Actor, v *models.Invite, n *models.Notices) error {
	if !managesUsers(a) {
		return forbidden()
	}
	v.OrgID, v.InvitedBy, v.EmailKey, v.CreatedAt = a.OrgID, a.UserID, models.EmailKey(v.Email), s.clock.Now()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.freeEmail(ctx, a, v.Email); err != nil {
			return err
		}
		err := tx.write(ctx).Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "org_id"}, {Name: "email_key"}},
			DoUpdates: clause.AssignmentColumns([]string{"id", "email", "role", "hash", "invited_by", "created_at", "expires_at"}),
		}).Create(v).Error
		if err != nil {
			return fault("invite", err)
		}
		if err := tx.Tell(ctx, n); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditInvite, Object: v.ID, Name: v.Email, Detail: models.Details("role", string(v.Role)),
		})
	})
}

// freeEmail is models.CodeConflict when somebody has that address.
func (s *Store) freeEmail(ctx context.Context, a models.Actor, email string) error {
	_, err := s.UserByEmail(ctx, a, email)
	switch models.ErrorCode(err) {
	case models.CodeNotFound:
		return nil
	case "":
		if err == nil {
			return models.Conflict("people.error.email_used", map[string]any{"Email": email})
		}
	}
	return err
}

// Invites lists the invitations that were not accepted, by address; some may be over. It is for those who may add people.
func (s *Store) Invites(ctx context.Context, a models.Actor) ([]models.Invite, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	var all []models.Invite
	err := s.read(ctx).Where("org_id = ?", a.OrgID).Order("email_key").Limit(MaxPage).Find(&all).Error
	return all, fault("list invitations", err)
}

// InviteByHash gives the invitation whose link has that hash. It says nothing about whether it still holds.
func (s *Store) InviteByHash(ctx context.Context, hash string) (*models.Invite, error) {
	var v models.Invite
	if err := s.read(ctx).Where("hash = ?", hash).Take(&v).Error; err != nil {
		return nil, fault("read invitation", err)
	}
	return &v, nil
}

// DeleteInvite ends an invitation before it was accepted.
func (s *Store) DeleteInvite(ctx context.Context, a models.Actor, id string) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var v models.Invite
		if err := tx.read(ctx).Where("org_id = ? AND id = ?", a.OrgID, id).Take(&v).Error; err != nil {
			return fault("read invitation", err)
		}
		if err := found(tx.write(ctx).Where("id = ?", id).Delete(&models.Invite{}), "end invitation"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditInviteRevoke, Object: id, Name: v.Email})
	})
}

// AcceptInvite turns an invitation into the person that it was for, with the role that it names. Of several at once one
// succeeds; models.CodeNotFound when it is gone or over.
func (s *Store) AcceptInvite(ctx context.Context, hash string, u *models.User) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var gone []struct {
			OrgID, Email string
			Role         models.Role
		}
		err := tx.write(ctx).Raw("DELETE FROM invites WHERE hash = ? AND expires_at > ? RETURNING org_id, email, role", hash, s.clock.Now()).Scan(&gone).Error
		if err != nil {
			return fault("accept invitation", err)
		}
		if len(gone) == 0 {
			return models.NotFound("people.error.invite_over")
		}
		u.OrgID, u.Email, u.Role = gone[0].OrgID, gone[0].Email, gone[0].Role
		return tx.insertUser(ctx, u.Actor(models.ViaWeb), u)
	})
}

// PurgeInvites removes invitations that were over before that time.
func (s *Store) PurgeInvites(ctx context.Context, before time.Time) error {
	return fault("purge invitations", s.write(ctx).Where("expires_at <= ?", before).Delete(&models.Invite{}).Error)
}
