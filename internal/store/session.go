package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateSession signs a person in: it adds the session and writes when they were here last. passwordHash is the one that
// was checked: when the password was changed meanwhile, or the person disabled, there is no session but
// models.CodeUnauthorized.
func (s *Store) CreateSession(ctx context.Context, v *models.Session, passwordHash string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.User{}).Where("id = ? AND password_hash = ? AND disabled_at IS NULL", v.UserID, passwordHash).
			Update("last_login_at", v.CreatedAt)
		if r.Error != nil {
			return fault("sign in", r.Error)
		}
		if r.RowsAffected == 0 {
			return &models.Error{Code: models.CodeUnauthorized, Key: "people.error.sign_in"}
		}
		if err := tx.write(ctx).Create(v).Error; err != nil {
			return fault("create session", err)
		}
		if v.Stage != models.StageOpen { // nobody is in yet
			return nil
		}
		return tx.auditSession(ctx, v, models.AuditSignIn, v.IP)
	})
}

// Session gives a session and its person. It says nothing about whether the session still holds.
func (s *Store) Session(ctx context.Context, id string) (*models.Session, *models.User, error) {
	var row struct {
		models.Session
		Person models.User `gorm:"embedded;embeddedPrefix:person_"`
	}
	err := s.read(ctx).Table("sessions").Select("sessions.*, "+personColumns).
		Joins("JOIN users ON users.id = sessions.user_id").Where("sessions.id = ?", id).Take(&row).Error
	if err != nil {
		return nil, nil, fault("read session", err)
	}
	return &row.Session, &row.Person, nil
}

// personColumns selects a person beside another row, for a struct with an embedded person.
const personColumns = `users.id AS person_id, users.org_id AS person_org_id, users.email AS person_email,
	users.email_key AS person_email_key, users.first_name AS person_first_name, users.last_name AS person_last_name,
	users.role AS person_role, users.password_hash AS person_password_hash, users.language AS person_language,
	users.time_zone AS person_time_zone, users.theme AS person_theme, users.disabled_at AS person_disabled_at,
	users.last_login_at AS person_last_login_at, users.totp_sealed AS person_totp_sealed,
	users.totp_on_at AS person_totp_on_at, users.totp_step AS person_totp_step, users.service AS person_service, users.created_at AS person_created_at`

// TouchSession writes when a session was last used.
func (s *Store) TouchSession(ctx context.Context, id string, at time.Time) error {
	err := s.write(ctx).Model(&models.Session{}).Where("id = ?", id).Update("last_seen_at", at).Error
	return fault("touch session", err)
}

// DeleteSession ends a session that another one takes the place of. One that is not there is ended already.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	return fault("end session", s.write(ctx).Where("id = ?", id).Delete(&models.Session{}).Error)
}

// SignOut ends a session because its person wants so, from that address. One that is not there is ended already.
func (s *Store) SignOut(ctx context.Context, id, ip string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var v models.Session
		err := tx.read(ctx).Where("id = ?", id).Take(&v).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return fault("sign out", err)
		}
		if err := tx.DeleteSession(ctx, id); err != nil {
			return err
		}
		return tx.auditSession(ctx, &v, models.AuditSignOut, ip)
	})
}

func (s *Store) auditSession(ctx context.Context, v *models.Session, action models.AuditAction, ip string) error {
	var u models.User
	if err := s.read(ctx).Where("id = ?", v.UserID).Take(&u).Error; err != nil {
		return fault("read user", err)
	}
	a := u.Actor(models.ViaWeb)
	a.IP = ip
	return s.Audit(ctx, a, models.AuditEntry{Action: action})
}

// PurgeSessions removes the sessions that ended before now or were last seen before that time.
func (s *Store) PurgeSessions(ctx context.Context, now, seen time.Time) (int64, error) {
	r := s.write(ctx).Where("expires_at <= ? OR last_seen_at <= ?", now, seen).Delete(&models.Session{})
	return r.RowsAffected, fault("purge sessions", r.Error)
}

func (s *Store) endSessions(ctx context.Context, userID, except string) error {
	err := s.write(ctx).Where("user_id = ? AND id <> ?", userID, except).Delete(&models.Session{}).Error
	return fault("end sessions", err)
}
