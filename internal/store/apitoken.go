package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// CreateAPIToken adds a token to the actor's own.
func (s *Store) CreateAPIToken(ctx context.Context, a models.Actor, t *models.APIToken) error {
	t.OrgID, t.UserID, t.CreatedAt = a.OrgID, a.UserID, s.clock.Now()
	return fault("create token", s.write(ctx).Create(t).Error)
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

// RevokeAPIToken ends one of the actor's tokens, or anybody's for whoever sees the whole organisation. The row stays, so
// that whoever still uses the token hears that it was revoked.
func (s *Store) RevokeAPIToken(ctx context.Context, a models.Actor, id string) error {
	db := s.write(ctx).Model(&models.APIToken{}).Where("org_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, id)
	if !a.SeesAll() {
		db = db.Where("user_id = ?", a.UserID)
	}
	return found(db.Update("revoked_at", s.clock.Now()), "revoke token")
}

// APITokenByHash gives the token with that hash, revoked ones too, and its person.
func (s *Store) APITokenByHash(ctx context.Context, hash string) (*models.APIToken, *models.User, error) {
	var row struct {
		models.APIToken
		Person models.User `gorm:"embedded;embeddedPrefix:person_"`
	}
	err := s.read(ctx).Table("api_tokens").Select("api_tokens.*, "+personColumns).
		Joins("JOIN users ON users.id = api_tokens.user_id").Where("api_tokens.hash = ?", hash).Take(&row).Error
	if err != nil {
		return nil, nil, fault("read token", err)
	}
	return &row.APIToken, &row.Person, nil
}

// TouchAPITokens writes when tokens were last used, by their ids. Another node's later time stays.
func (s *Store) TouchAPITokens(ctx context.Context, used map[string]time.Time) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		for _, id := range sortedKeys(used) { // in one order, so that two nodes do not wait for each other
			at := used[id]
			err := tx.write(ctx).Model(&models.APIToken{}).Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", id, at).
				Update("last_used_at", at).Error
			if err != nil {
				return fault("touch tokens", err)
			}
		}
		return nil
	})
}
