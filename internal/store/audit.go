package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// Audit adds a line to the audit log: that the actor did e.Action to e.Object, called e.Name. Call it on the store of the
// transaction that makes it a fact, so that there is never one without the other. Who, when and from where is filled in;
// e.Detail must not hold a secret.
func (s *Store) Audit(ctx context.Context, a models.Actor, e models.AuditEntry) error {
	e.At = s.clock.Now()
	e.ID, e.OrgID = models.NewOrderedID(models.PrefixAudit, e.At), a.OrgID
	e.Actor, e.TokenID, e.IP = a.UserID, a.TokenID, a.IP
	e.Name = cutName(e.Name)
	if e.Detail.V == nil {
		e.Detail.V = map[string]string{}
	}
	return fault("write audit log", s.write(ctx).Create(&e).Error)
}

// maxAuditName is how much of a thing's name the log keeps, in bytes.
const maxAuditName = 200

func cutName(name string) string {
	name = models.CleanText(name)
	if len(name) <= maxAuditName {
		return name
	}
	return strings.ToValidUTF8(name[:maxAuditName], "") + "…"
}

// AuditFilter chooses lines of the audit log; all parts may be combined.
type AuditFilter struct {
	Person   string // id of who did it, or part of their name or address
	Object   string // id of what it was done to, or part of its name
	Action   models.AuditAction
	From, To time.Time // from inclusive, to exclusive; zero means open
	Page
}

// AuditRow is a line of the audit log with what its ids are called now.
type AuditRow struct {
	models.AuditEntry
	ActorFirst *string // of the person; nil when nobody is named
	ActorLast  *string
	ActorEmail *string
	TokenName  *string
}

// Person gives who acted; false when it was nobody of the organisation.
func (r *AuditRow) Person() (models.User, bool) {
	if r.ActorEmail == nil {
		return models.User{}, false
	}
	return models.User{ID: r.Actor, FirstName: *r.ActorFirst, LastName: *r.ActorLast, Email: *r.ActorEmail}, true
}

// AuditLog lists the audit log, the newest line first, and the cursor of the next page. It is for those who manage
// people: models.CodeForbidden.
func (s *Store) AuditLog(ctx context.Context, a models.Actor, f AuditFilter) ([]AuditRow, string, error) {
	if !managesUsers(a) {
		return nil, "", forbidden()
	}
	var rows []AuditRow
	err := s.auditLines(ctx, a, f).
		Select(`audit.*, u.first_name AS actor_first, u.last_name AS actor_last, u.email AS actor_email, COALESCE(t.name, k.name) AS token_name`).
		Joins("LEFT JOIN users u ON u.id = audit.actor").Joins("LEFT JOIN api_tokens t ON t.id = audit.token_id").Joins("LEFT JOIN api_clients k ON k.id = audit.token_id").
		Order("audit.id DESC").Limit(f.limit() + 1).Find(&rows).Error
	if err != nil {
		return nil, "", fault("read audit log", err)
	}
	rows, next := cut(rows, f.limit(), func(r *AuditRow) string { return r.ID })
	return rows, next, nil
}

func (s *Store) auditLines(ctx context.Context, a models.Actor, f AuditFilter) *gorm.DB {
	db := s.read(ctx).Table("audit").Where("audit.org_id = ?", a.OrgID)
	switch {
	case models.ValidID(models.PrefixUser, f.Person):
		db = db.Where("audit.actor = ?", f.Person)
	case f.Person != "":
		part := containing(f.Person)
		db = db.Where(`audit.actor IN (SELECT p.id FROM users p WHERE p.org_id = ? AND
			(p.email_key LIKE ? ESCAPE '\' OR lower(p.first_name || ' ' || p.last_name) LIKE ? ESCAPE '\'))`, a.OrgID, part, part)
	}
	if f.Object != "" {
		db = db.Where(`(audit.object = ? OR lower(audit.name) LIKE ? ESCAPE '\')`, f.Object, containing(f.Object))
	}
	if f.Action != "" {
		db = db.Where("audit.action = ?", f.Action)
	}
	if !f.From.IsZero() {
		db = db.Where("audit.id >= ?", models.IDAt(models.PrefixAudit, f.From))
	}
	if !f.To.IsZero() {
		db = db.Where("audit.id < ?", models.IDAt(models.PrefixAudit, f.To))
	}
	if f.Before != "" {
		db = db.Where("audit.id < ?", f.Before)
	}
	return db
}

// containing is the pattern for LIKE of what contains the text, in lower case.
func containing(text string) string { return "%" + escapeLike(strings.ToLower(text)) + "%" }

// SetAuditDays says for how many days the audit log is kept; 0 means for ever.
func (s *Store) SetAuditDays(ctx context.Context, a models.Actor, days int) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Update("audit_days", days)
		if err := found(r, "keep audit log"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditSettings, Object: models.SettingsAudit, Detail: models.Details("days", strconv.Itoa(days)),
		})
	})
}

// PurgeAudit removes lines that were written before that time, a small batch at a time: it gives how many, and 0 when none
// is left to remove.
func (s *Store) PurgeAudit(ctx context.Context, orgID string, before time.Time) (int64, error) {
	r := s.write(ctx).Exec(`DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE org_id = ? AND id < ? ORDER BY id LIMIT ?)`,
		orgID, models.IDAt(models.PrefixAudit, before), moveLimit)
	return r.RowsAffected, fault("purge audit log", r.Error)
}
