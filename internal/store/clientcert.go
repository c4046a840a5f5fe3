package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// ClientAuthority gives the authority of an organisation's client certificates; models.CodeNotFound while there is none.
func (s *Store) ClientAuthority(ctx context.Context, orgID string) (*models.ClientAuthority, error) {
	var row models.ClientAuthority
	err := s.read(ctx).Where("org_id = ?", orgID).Take(&row).Error
	return &row, fault("read client authority", err)
}

// AddClientAuthority keeps an authority unless its organisation has one. Of several at once one stays.
func (s *Store) AddClientAuthority(ctx context.Context, row *models.ClientAuthority) error {
	row.CreatedAt = s.clock.Now()
	return fault("keep client authority", s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error)
}

// AddClientCertificate keeps a certificate that was issued for the actor. models.CodeConflict when the organisation has
// models.MaxClientCertificates that count, models.CodeForbidden when the actor is no brand admin.
func (s *Store) AddClientCertificate(ctx context.Context, a models.Actor, c *models.ClientCertificate) error {
	if !managesUsers(a) {
		return forbidden()
	}
	c.OrgID, c.UserID, c.CreatedAt = a.OrgID, a.UserID, s.clock.Now()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockCertificates); err != nil {
			return fault("keep client certificate", err)
		}
		there, err := tx.ActiveClientCertificates(ctx, a.OrgID)
		if err != nil {
			return err
		}
		if len(there) >= models.MaxClientCertificates {
			return models.Conflict("certificate.error.many", map[string]any{"Max": models.MaxClientCertificates})
		}
		if err := tx.write(ctx).Create(c).Error; err != nil {
			return fault("keep client certificate", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditCertificateCreate, Object: c.ID, Name: c.Subject})
	})
}

// ActiveClientCertificates lists the certificates of an organisation that count, the first to end in front.
func (s *Store) ActiveClientCertificates(ctx context.Context, orgID string) ([]models.ClientCertificate, error) {
	var all []models.ClientCertificate
	err := s.read(ctx).Where("org_id = ? AND revoked_at IS NULL AND expires_at > ?", orgID, s.clock.Now()).Order("expires_at, id").Find(&all).Error
	return all, fault("list client certificates", err)
}

// ClientCertificates lists the certificates of the actor's organisation, the newest first, and gives the cursor of the next page.
// models.CodeForbidden when the actor is no brand admin.
func (s *Store) ClientCertificates(ctx context.Context, a models.Actor, p Page) ([]models.ClientCertificate, string, error) {
	if !managesUsers(a) {
		return nil, "", forbidden()
	}
	db := s.read(ctx).Where("org_id = ?", a.OrgID).Order("id DESC").Limit(p.limit() + 1)
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.ClientCertificate
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list client certificates", err)
	}
	all, next := cut(all, p.limit(), func(c *models.ClientCertificate) string { return c.ID })
	return all, next, nil
}

// ClientCertificate gives one certificate of the actor's organisation. models.CodeForbidden when the actor is no brand admin.
func (s *Store) ClientCertificate(ctx context.Context, a models.Actor, id string) (*models.ClientCertificate, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	var c models.ClientCertificate
	err := s.read(ctx).Where("org_id = ? AND id = ?", a.OrgID, id).Take(&c).Error
	return &c, fault("read client certificate", err)
}

// RevokeClientCertificate ends a certificate. The row stays, and says when. models.CodeConflict when it has ended already.
func (s *Store) RevokeClientCertificate(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		c, err := tx.ClientCertificate(ctx, a, id)
		if err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.ClientCertificate{}).Where("id = ? AND revoked_at IS NULL", id).Update("revoked_at", s.clock.Now())
		if r.Error == nil && r.RowsAffected == 0 {
			return models.Conflict("certificate.error.revoked", nil)
		}
		if r.Error != nil {
			return fault("revoke client certificate", r.Error)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditCertificateRevoke, Object: c.ID, Name: c.Subject})
	})
}

// TouchClientCertificate writes when a certificate was last used. Another node's later time stays.
func (s *Store) TouchClientCertificate(ctx context.Context, id string, at time.Time) error {
	err := s.write(ctx).Model(&models.ClientCertificate{}).Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", id, at).Update("last_used_at", at).Error
	return fault("touch client certificate", err)
}

// RequireClientCertificate says whether the API takes calls with a client certificate alone. models.CodeForbidden when the actor is no
// brand admin.
func (s *Store) RequireClientCertificate(ctx context.Context, a models.Actor, required bool) error {
	if !managesUsers(a) {
		return forbidden()
	}
	state := "off"
	if required {
		state = "on"
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Update("require_certificate", required)
		if err := found(r, "require client certificate"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsCertificates, Detail: models.Details("required", state)})
	})
}

// EndingClientCertificates lists certificates that count, end before that time, and that nobody was told of.
func (s *Store) EndingClientCertificates(ctx context.Context, before time.Time) ([]models.ClientCertificate, error) {
	var all []models.ClientCertificate
	err := s.read(ctx).Where("warned_at IS NULL AND revoked_at IS NULL AND expires_at > ? AND expires_at < ?", s.clock.Now(), before).Order("expires_at, id").Find(&all).Error
	return all, fault("list ending client certificates", err)
}

// TakeClientCertificateNotice gives the one caller of all nodes that tells of a certificate's end, within the transaction that is
// open: false for the others.
func (s *Store) TakeClientCertificateNotice(ctx context.Context, id string) (bool, error) {
	r := s.write(ctx).Model(&models.ClientCertificate{}).Where("id = ? AND warned_at IS NULL AND revoked_at IS NULL", id).Update("warned_at", s.clock.Now())
	return r.RowsAffected > 0, fault("take notice of client certificate", r.Error)
}
