package store

import (
	"context"
	"maps"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// CreateAPIToken adds a token to the actor's own. models.CodeNotFound or models.CodeForbidden when its scope is nothing that
// the actor may edit.
func (s *Store) CreateAPIToken(ctx context.Context, a models.Actor, t *models.APIToken) error {
	t.OrgID, t.UserID, t.CreatedAt = a.OrgID, a.UserID, s.clock.Now()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if t.Scope != models.TokenScopeAll {
			if err := tx.checkScope(ctx, a, t.Scope); err != nil {
				return err
			}
		}
		if err := tx.write(ctx).Create(t).Error; err != nil {
			return fault("create token", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditTokenCreate, Object: t.ID, Name: t.Name})
	})
}

// checkScope checks that the actor may edit what a token is made for: a workflow, or the survey of a collector.
func (s *Store) checkScope(ctx context.Context, a models.Actor, id string) error {
	if strings.HasPrefix(id, string(models.PrefixCollector)) {
		var c models.Collector
		err := s.read(ctx).Select("survey_id").Where("org_id = ? AND id = ? AND deleted_at IS NULL", a.OrgID, id).Take(&c).Error
		if err != nil {
			return fault("read collector", err)
		}
		id = c.SurveyID
	}
	return s.CheckAccess(ctx, a, id, models.AccessEdit)
}

// TokenScope is one thing that a token can be made for alone.
type TokenScope struct {
	ID     string // of a collector or a workflow
	Name   string
	Survey string // the name of the collector's survey; empty for a workflow
}

// tokenScopesLimit is how many of each kind a list of scopes has.
const tokenScopesLimit = 200

// TokenScopes lists what the actor's tokens can be limited to: collectors that others may add people to, and workflows that
// others start; the newest first, and no more of each than a person can choose from.
func (s *Store) TokenScopes(ctx context.Context, a models.Actor) ([]TokenScope, error) {
	var collectors, workflows []TokenScope
	err := seen(s.read(ctx).Table("collectors").Select("collectors.id, collectors.name, surveys.name AS survey").
		Joins("JOIN surveys ON surveys.id = collectors.survey_id"), "surveys", a, surveysSeen).
		Where("collectors.type = ? AND collectors.deleted_at IS NULL AND surveys.deleted_at IS NULL", models.CollectorEmail).
		Order("collectors.created_at DESC, collectors.id").Limit(tokenScopesLimit).Scan(&collectors).Error
	if err != nil {
		return nil, fault("list collectors", err)
	}
	err = seen(s.read(ctx).Table("workflows").Select("workflows.id, workflows.name"), "workflows", a, workflowsSeen).
		Where("workflows.event_type = ? AND workflows.deleted_at IS NULL", models.EventJSON).
		Order("workflows.created_at DESC, workflows.id").Limit(tokenScopesLimit).Scan(&workflows).Error
	return append(collectors, workflows...), fault("list workflows", err)
}

// ScopeNames gives the names of what tokens are limited to, by its id, also when it is deleted.
func (s *Store) ScopeNames(ctx context.Context, tokens []models.APIToken) (map[string]TokenScope, error) {
	var ids []string
	for _, t := range tokens {
		if t.Scope != models.TokenScopeAll {
			ids = append(ids, t.Scope)
		}
	}
	names := make(map[string]TokenScope, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var all []TokenScope
	err := s.read(ctx).Raw(`SELECT c.id, c.name, s.name AS survey FROM collectors c JOIN surveys s ON s.id = c.survey_id WHERE c.id IN ?
		UNION ALL SELECT w.id, w.name, '' FROM workflows w WHERE w.id IN ?`, ids, ids).Scan(&all).Error
	for _, one := range all {
		names[one.ID] = one
	}
	return names, fault("name scopes", err)
}

// APIToken gives one of the actor's own tokens.
func (s *Store) APIToken(ctx context.Context, a models.Actor, id string) (*models.APIToken, error) {
	var t models.APIToken
	err := s.read(ctx).Where("org_id = ? AND user_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, a.UserID, id).Take(&t).Error
	return &t, fault("read token", err)
}

// ownKey is the row of one of the actor's own tokens or OAuth clients, whichever the id names, that is not revoked.
func (s *Store) ownKey(ctx context.Context, a models.Actor, id string) *gorm.DB {
	return s.write(ctx).Model(keyTable(id)).Where("org_id = ? AND user_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, a.UserID, id)
}

// keyTable is the table of a token or OAuth client.
func keyTable(id string) any {
	if strings.HasPrefix(id, string(models.PrefixAPIClient)) {
		return &models.APIClient{}
	}
	return &models.APIToken{}
}

// SaveAPIToken changes name and limits of one of the actor's own tokens.
func (s *Store) SaveAPIToken(ctx context.Context, a models.Actor, id, name string, l models.TokenLimits) error {
	return s.saveKey(ctx, a, models.AuditEntry{Action: models.AuditTokenSave, Object: id, Name: name}, l, nil)
}

// saveKey changes the name and limits of a token or OAuth client, and more where there is more.
func (s *Store) saveKey(ctx context.Context, a models.Actor, e models.AuditEntry, l models.TokenLimits, more map[string]any) error {
	values := map[string]any{"name": e.Name, "rate_per_second": l.RatePerSecond, "burst": l.Burst, "timeout_seconds": l.TimeoutSeconds}
	maps.Copy(values, more)
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := found(tx.ownKey(ctx, a, e.Object).Updates(values), "save token"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, e)
	})
}

// ReplaceAPIToken adds a token to the actor's own in the place of those with the same name, which are revoked; the others
// stay (contract §7). Of several at once one is left.
func (s *Store) ReplaceAPIToken(ctx context.Context, a models.Actor, t *models.APIToken) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		// The person's row is what several at once take turns for: on PostgreSQL each would miss the other's new token.
		err := tx.read(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Select("id").
			Where("org_id = ? AND id = ?", a.OrgID, a.UserID).Take(&models.User{}).Error
		if err != nil {
			return fault("replace token", err)
		}
		err = tx.write(ctx).Model(&models.APIToken{}).Where("user_id = ? AND name = ? AND revoked_at IS NULL", a.UserID, t.Name).
			Update("revoked_at", s.clock.Now()).Error
		if err != nil {
			return fault("replace token", err)
		}
		return tx.CreateAPIToken(ctx, a, t)
	})
}

// APITokens lists the actor's own tokens that are not revoked, the newest first.
func (s *Store) APITokens(ctx context.Context, a models.Actor) ([]models.APIToken, error) {
	var all []models.APIToken
	err := s.read(ctx).Where("org_id = ? AND user_id = ? AND revoked_at IS NULL", a.OrgID, a.UserID).
		Order("created_at DESC, id DESC").Find(&all).Error
	return all, fault("list tokens", err)
}

// UserAPITokens lists somebody's tokens for whoever manages people.
func (s *Store) UserAPITokens(ctx context.Context, a models.Actor, userID string) ([]models.APIToken, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	return s.APITokens(ctx, models.Actor{OrgID: a.OrgID, UserID: userID})
}

// RevokeAPIToken ends one of the actor's tokens, or anybody's for whoever sees the whole organisation. The row stays, so
// that whoever still uses the token hears that it was revoked.
func (s *Store) RevokeAPIToken(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		db := tx.read(ctx).Where("org_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, id)
		if !a.SeesAll() {
			db = db.Where("user_id = ?", a.UserID)
		}
		var t models.APIToken
		if err := db.Take(&t).Error; err != nil {
			return fault("read token", err)
		}
		r := tx.write(ctx).Model(&models.APIToken{}).Where("id = ? AND revoked_at IS NULL", id).Update("revoked_at", s.clock.Now())
		if err := found(r, "revoke token"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditTokenRevoke, Object: t.ID, Name: t.Name})
	})
}

// Holder is whose a token or OAuth client is.
type Holder struct {
	models.User
	CertificateRequired bool // the API takes calls of their organisation with a client certificate alone
}

// holderColumns selects a holder beside another row, and holderJoins joins the tables for it.
const holderColumns = personColumns + ", organisations.require_certificate AS person_certificate_required"

func holderJoins(table string) string {
	return "JOIN users ON users.id = " + table + ".user_id JOIN organisations ON organisations.id = " + table + ".org_id"
}

// APITokenByHash gives the token with that hash, revoked ones too, and whose it is.
func (s *Store) APITokenByHash(ctx context.Context, hash string) (*models.APIToken, *Holder, error) {
	var row struct {
		models.APIToken
		Person Holder `gorm:"embedded;embeddedPrefix:person_"`
	}
	err := s.read(ctx).Table("api_tokens").Select("api_tokens.*, "+holderColumns).Joins(holderJoins("api_tokens")).Where("api_tokens.hash = ?", hash).Take(&row).Error
	if err != nil {
		return nil, nil, fault("read token", err)
	}
	return &row.APIToken, &row.Person, nil
}

// TouchAPITokens writes when tokens and clients were last used, by their ids. Another node's later time stays.
func (s *Store) TouchAPITokens(ctx context.Context, used map[string]time.Time) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		for _, id := range sortedKeys(used) { // in one order, so that two nodes do not wait for each other
			at := used[id]
			err := tx.write(ctx).Model(keyTable(id)).Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", id, at).
				Update("last_used_at", at).Error
			if err != nil {
				return fault("touch tokens", err)
			}
		}
		return nil
	})
}
