package store

import (
	"context"
	"time"

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
		return fault("create session", tx.write(ctx).Create(v).Error)
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
	users.last_login_at AS person_last_login_at, users.created_at AS person_created_at`

// TouchSession writes when a session was last used.
func (s *Store) TouchSession(ctx context.Context, id string, at time.Time) error {
	err := s.write(ctx).Model(&models.Session{}).Where("id = ?", id).Update("last_seen_at", at).Error
	return fault("touch session", err)
}

// DeleteSession ends a session. One that is not there is ended already.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	return fault("end session", s.write(ctx).Where("id = ?", id).Delete(&models.Session{}).Error)
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
