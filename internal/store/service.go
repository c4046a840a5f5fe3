package store

import (
	"context"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// SignInService gives the organisation's sign-in service. models.CodeNotFound when none was ever set.
func (s *Store) SignInService(ctx context.Context, orgID string) (*models.SignInService, error) {
	var v models.SignInService
	if err := s.read(ctx).Where("org_id = ?", orgID).Take(&v).Error; err != nil {
		return nil, fault("read sign-in service", err)
	}
	return &v, nil
}

// SaveSignInService writes the organisation's sign-in service. models.CodeForbidden when the actor is no brand admin.
func (s *Store) SaveSignInService(ctx context.Context, a models.Actor, v *models.SignInService) error {
	if !managesUsers(a) {
		return forbidden()
	}
	v.OrgID, v.UpdatedAt = a.OrgID, s.clock.Now()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		err := tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}}, UpdateAll: true}).Create(v).Error
		if err != nil {
			return fault("save sign-in service", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsSignIn, Name: v.Issuer})
	})
}

// UserByIdentity gives the person of the organisation that somebody at a sign-in service is.
func (s *Store) UserByIdentity(ctx context.Context, orgID, issuer, subject string) (*models.User, error) {
	var u models.User
	err := s.read(ctx).Where("org_id = ? AND id IN (SELECT user_id FROM identities WHERE issuer = ? AND subject = ?)", orgID, issuer, subject).Take(&u).Error
	if err != nil {
		return nil, fault("read user", err)
	}
	return &u, nil
}

// ConnectIdentity notes who a person is at a sign-in service. It is for a transaction.
func (s *Store) ConnectIdentity(ctx context.Context, a models.Actor, u *models.User, issuer, subject string) error {
	err := s.write(ctx).Create(&models.Identity{Issuer: issuer, Subject: subject, UserID: u.ID, CreatedAt: s.clock.Now()}).Error
	if err != nil {
		return fault("connect identity", err)
	}
	return s.Audit(ctx, a, models.AuditEntry{Action: models.AuditIdentity, Object: u.ID, Name: u.Email})
}
