package store

import (
	"context"

	"gorm.io/gorm"

	"surveyflow/models"
)

// Organisation gives the actor's organisation.
func (s *Store) Organisation(ctx context.Context, a models.Actor) (*models.Organisation, error) {
	var o models.Organisation
	if err := s.read(ctx).Where("id = ?", a.OrgID).Take(&o).Error; err != nil {
		return nil, fault("read organisation", err)
	}
	return &o, nil
}

// TheOrganisation gives the one organisation of the instance (contract §7, Scope), for whoever is no actor yet:
// the sign-in page, commands and workers. Before the set-up there is none: models.CodeNotFound.
func (s *Store) TheOrganisation(ctx context.Context) (*models.Organisation, error) {
	var o models.Organisation
	if err := s.read(ctx).Order("created_at, id").Take(&o).Error; err != nil {
		return nil, fault("read the organisation", err)
	}
	return &o, nil
}

// HasUsers reports whether anybody can sign in, which ends the set-up.
func (s *Store) HasUsers(ctx context.Context) (bool, error) {
	var ids []string
	if err := s.read(ctx).Model(&models.User{}).Limit(1).Pluck("id", &ids).Error; err != nil {
		return false, fault("look for users", err)
	}
	return len(ids) > 0, nil
}

// User gives a person of the actor's organisation.
func (s *Store) User(ctx context.Context, a models.Actor, id string) (*models.User, error) {
	var u models.User
	if err := s.read(ctx).Where("org_id = ? AND id = ?", a.OrgID, id).Take(&u).Error; err != nil {
		return nil, fault("read user", err)
	}
	return &u, nil
}

// UserByEmail gives the person of the actor's organisation with that address, in any spelling.
func (s *Store) UserByEmail(ctx context.Context, a models.Actor, email string) (*models.User, error) {
	var u models.User
	err := s.read(ctx).Where("org_id = ? AND email_key = ?", a.OrgID, models.EmailKey(email)).Take(&u).Error
	if err != nil {
		return nil, fault("read user", err)
	}
	return &u, nil
}

// Users lists the people of the actor's organisation by address, without their password hashes.
func (s *Store) Users(ctx context.Context, a models.Actor) ([]models.User, error) {
	var all []models.User
	err := s.read(ctx).Omit("password_hash", "totp_sealed").Where("org_id = ?", a.OrgID).Order("email_key").Find(&all).Error
	return all, fault("list users", err)
}

// CreateUser adds a person to the actor's organisation and sets EmailKey and CreatedAt.
// models.CodeConflict when the address is used already, models.CodeForbidden when the actor may not add people.
func (s *Store) CreateUser(ctx context.Context, a models.Actor, u *models.User) error {
	if !managesUsers(a) {
		return forbidden()
	}
	u.OrgID = a.OrgID
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error { return tx.insertUser(ctx, a, u) })
}

// insertUser is for a transaction.
func (s *Store) insertUser(ctx context.Context, a models.Actor, u *models.User) error {
	u.EmailKey, u.CreatedAt = models.EmailKey(u.Email), s.clock.Now()
	err := fault("create user", s.write(ctx).Create(u).Error)
	if models.ErrorCode(err) == models.CodeConflict {
		return &models.Error{Code: models.CodeConflict, Key: "people.error.email_used", Args: map[string]any{"Email": u.Email}, Cause: err}
	}
	if err != nil {
		return err
	}
	return s.Audit(ctx, a, models.AuditEntry{
		Action: models.AuditUserCreate, Object: u.ID, Name: u.Email, Detail: models.Details("role", string(u.Role)),
	})
}

// UpdateUserProfile writes name, language and time zone of a person: the actor, or another one whom the actor manages.
func (s *Store) UpdateUserProfile(ctx context.Context, a models.Actor, u *models.User) error {
	return s.updateUser(ctx, a, u.ID, "save profile", map[string]any{
		"first_name": u.FirstName, "last_name": u.LastName, "language": u.Language, "time_zone": u.TimeZone,
	})
}

// UpdateUserTheme writes a person's theme alone.
func (s *Store) UpdateUserTheme(ctx context.Context, a models.Actor, id, theme string) error {
	return s.updateUser(ctx, a, id, "save theme", map[string]any{"theme": theme})
}

// UpdateUserPassword writes a person's password hash and ends all their sessions but the one to keep; "" keeps none.
func (s *Store) UpdateUserPassword(ctx context.Context, a models.Actor, id, hash, keepSession string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.updateUser(ctx, a, id, "save password", map[string]any{"password_hash": hash}); err != nil {
			return err
		}
		if err := tx.endSessions(ctx, id, keepSession); err != nil {
			return err
		}
		return tx.auditUser(ctx, a, models.AuditPassword, id)
	})
}

// SetUserDisabled takes a person's access away, with all sessions at once, or gives it back. Their tokens stay and work
// again with them. models.CodeForbidden when the actor may not manage people, models.CodeConflict when nobody would be brand
// admin any more.
func (s *Store) SetUserDisabled(ctx context.Context, a models.Actor, id string, disabled bool) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockPeople); err != nil {
			return fault("disable user", err)
		}
		if !disabled {
			if u, err := tx.User(ctx, a, id); err != nil {
				return err
			} else if u.Email == "" { // removed for good
				return models.NotFound("error.not_found")
			}
			if err := tx.updateUser(ctx, a, id, "enable user", map[string]any{"disabled_at": nil}); err != nil {
				return err
			}
			return tx.auditUser(ctx, a, models.AuditUserEnable, id)
		}
		if err := tx.updateUser(ctx, a, id, "disable user", map[string]any{"disabled_at": s.clock.Now()}); err != nil {
			return err
		}
		if a.Via != models.ViaSystem {
			if err := tx.someAdmin(ctx, a); err != nil {
				return err
			}
		}
		if err := tx.endSessions(ctx, id, ""); err != nil {
			return err
		}
		return tx.auditUser(ctx, a, models.AuditUserDisable, id)
	})
}

// auditUser notes what was done to a person.
func (s *Store) auditUser(ctx context.Context, a models.Actor, action models.AuditAction, id string, detail ...string) error {
	u, err := s.User(ctx, a, id)
	if err != nil {
		return err
	}
	return s.Audit(ctx, a, models.AuditEntry{Action: action, Object: id, Name: u.Email, Detail: models.Details(detail...)})
}

// updateUser writes the columns of one person of the organisation: the actor's own row, or any when they manage people.
func (s *Store) updateUser(ctx context.Context, a models.Actor, id, tried string, columns map[string]any) error {
	if id != a.UserID && !managesUsers(a) {
		return models.NotFound("error.not_found")
	}
	r := s.write(ctx).Model(&models.User{}).Where("org_id = ? AND id = ?", a.OrgID, id).Updates(columns)
	return found(r, tried)
}

func managesUsers(a models.Actor) bool {
	return a.Via == models.ViaSystem || a.Role == models.RoleBrandAdmin
}

func forbidden() error { return &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"} }

// found turns a write that met no row into "not found".
func found(r *gorm.DB, tried string) error {
	if r.Error == nil && r.RowsAffected == 0 {
		return models.NotFound("error.not_found")
	}
	return fault(tried, r.Error)
}
