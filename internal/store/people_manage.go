package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"surveyflow/models"
)

// UserFilter chooses people of a list.
type UserFilter struct {
	Search   string // part of the name or the address
	Disabled *bool  // nil means both
	Page            // by address: Before is the address of the last one that was seen
}

// UserList lists people of the actor's organisation by address, without their password hashes, and gives the cursor of the
// next page. Who was removed (see [Store.ForgetUser]) is not there.
func (s *Store) UserList(ctx context.Context, a models.Actor, f UserFilter) ([]models.User, string, error) {
	db := s.read(ctx).Omit("password_hash").Where("org_id = ? AND email <> ''", a.OrgID).Order("email_key").Limit(f.limit() + 1)
	if f.Search != "" {
		part := containing(f.Search)
		db = db.Where(`(email_key LIKE ? ESCAPE '\' OR lower(first_name || ' ' || last_name) LIKE ? ESCAPE '\')`, part, part)
	}
	if f.Disabled != nil {
		db = db.Where("(disabled_at IS NOT NULL) = ?", *f.Disabled)
	}
	if f.Before != "" {
		db = db.Where("email_key > ?", strings.ToLower(f.Before))
	}
	var all []models.User
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list users", err)
	}
	all, next := cut(all, f.limit(), func(u *models.User) string { return u.EmailKey })
	return all, next, nil
}

// SetUserRole changes what a person may do. models.CodeConflict when nobody would be brand admin any more,
// models.CodeForbidden when the actor may not manage people.
func (s *Store) SetUserRole(ctx context.Context, a models.Actor, id string, role models.Role) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockPeople); err != nil {
			return fault("change role", err)
		}
		u, err := tx.User(ctx, a, id)
		if err != nil || u.Role == role {
			return err
		}
		if u.Service { // its figures stay those of its group
			return models.Conflict("people.error.service_role", nil)
		}
		if err := tx.updateUser(ctx, a, id, "change role", map[string]any{"role": role}); err != nil {
			return err
		}
		if err := tx.someAdmin(ctx, a); err != nil {
			return err
		}
		return tx.auditUser(ctx, a, models.AuditUserRole, id, "role", string(role))
	})
}

// someAdmin is models.CodeConflict when nobody can manage the organisation: it would stay so for ever. Call it in the
// transaction that takes a brand admin away, after its turn.
func (s *Store) someAdmin(ctx context.Context, a models.Actor) error {
	var n int64
	err := s.read(ctx).Model(&models.User{}).Where("org_id = ? AND role = ? AND disabled_at IS NULL", a.OrgID, models.RoleBrandAdmin).Count(&n).Error
	if err == nil && n == 0 {
		return models.Conflict("people.error.last_admin", nil)
	}
	return fault("count brand admins", err)
}

// belonging is a kind of thing that belongs to one person, in a table with the columns org_id, owner_id and name.
type belonging struct {
	kind  string // a message "people.belongs.…"
	table string
	where string // rows that are there for people
}

// belongings are all kinds of things that a brand admin can take over from a person. A new table of owned things gets its
// line here; a test finds one without.
var belongings = []belonging{
	{"surveys", "surveys", "deleted_at IS NULL"},
	{"workflows", "workflows", "deleted_at IS NULL"},
	{"receivers", "receivers", ""},
	{"credentials", "credentials", "deleted_at IS NULL"},
	{"contact_lists", "contact_lists", "deleted_at IS NULL"},
	{"library_messages", "library_messages", ""},
}

func (b belonging) of(db *gorm.DB, a models.Actor, userID string) *gorm.DB {
	db = db.Table(b.table).Where("org_id = ? AND owner_id = ?", a.OrgID, userID)
	if b.where != "" {
		db = db.Where(b.where)
	}
	return db
}

// Belongings are the things of one kind that belong to a person.
type Belongings struct {
	Kind  string
	N     int64
	Names []string // the first few
}

// namedBelongings is how many things are named.
const namedBelongings = 5

// UserBelongings lists what belongs to a person, kinds without anything left out. models.CodeForbidden when the actor may
// not manage people.
func (s *Store) UserBelongings(ctx context.Context, a models.Actor, userID string) ([]Belongings, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	var all []Belongings
	for _, b := range belongings {
		of := Belongings{Kind: b.kind}
		if err := b.of(s.read(ctx), a, userID).Count(&of.N).Error; err != nil {
			return nil, fault("count belongings", err)
		}
		if of.N == 0 {
			continue
		}
		if err := b.of(s.read(ctx), a, userID).Order("name, id").Limit(namedBelongings).Pluck("name", &of.Names).Error; err != nil {
			return nil, fault("list belongings", err)
		}
		all = append(all, of)
	}
	return all, nil
}

// TakeOverFrom gives everything that belongs to a disabled person to the actor, who must be allowed to manage people:
// models.CodeForbidden. models.CodeConflict when the person is not disabled.
func (s *Store) TakeOverFrom(ctx context.Context, a models.Actor, userID string) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		u, err := tx.User(ctx, a, userID)
		if err != nil {
			return err
		}
		if u.DisabledAt == nil {
			return models.Conflict("people.error.not_disabled", nil)
		}
		for _, b := range belongings { // deleted things as well: nothing may name the person as owner any more
			if err := tx.write(ctx).Table(b.table).Where("org_id = ? AND owner_id = ?", a.OrgID, userID).Update("owner_id", a.UserID).Error; err != nil {
				return fault("take over", err)
			}
		}
		// Shares with who owns it now would say less than owning does.
		err = tx.write(ctx).Exec(`DELETE FROM survey_shares WHERE user_id = ? AND survey_id IN (SELECT id FROM surveys WHERE owner_id = ?)`,
			a.UserID, a.UserID).Error
		if err != nil {
			return fault("take over", err)
		}
		return tx.auditUser(ctx, a, models.AuditTakeOver, userID)
	})
}

// ForgetUser removes what says who a disabled person is: name, address, password, tokens and shares. The row stays, because
// versions and the audit log name it. models.CodeConflict when the person is not disabled or something belongs to them.
func (s *Store) ForgetUser(ctx context.Context, a models.Actor, userID string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		left, err := tx.UserBelongings(ctx, a, userID)
		if err != nil {
			return err
		}
		u, err := tx.User(ctx, a, userID)
		switch {
		case err != nil:
			return err
		case u.DisabledAt == nil:
			return models.Conflict("people.error.not_disabled", nil)
		case len(left) > 0:
			return models.Conflict("people.error.owns", nil)
		}
		err = tx.updateUser(ctx, a, userID, "forget user", map[string]any{
			"email": "", "email_key": userID, "first_name": "", "last_name": "", "password_hash": "", "role": models.RoleMember,
		})
		if err != nil {
			return err
		}
		if err := tx.write(ctx).Where("user_id = ?", userID).Delete(&models.SurveyShare{}).Error; err != nil {
			return fault("forget user", err)
		}
		if err := tx.forgetNotices(ctx, userID); err != nil {
			return err
		}
		for _, opens := range []any{&models.APIToken{}, &models.APIClient{}} {
			if err = tx.write(ctx).Model(opens).Where("user_id = ? AND revoked_at IS NULL", userID).Update("revoked_at", s.clock.Now()).Error; err != nil {
				break
			}
		}
		if err != nil {
			return fault("forget user", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditUserForget, Object: userID})
	})
}
