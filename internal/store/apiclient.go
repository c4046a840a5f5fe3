package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// CreateAPIClient adds a client to the actor's own.
func (s *Store) CreateAPIClient(ctx context.Context, a models.Actor, c *models.APIClient) error {
	c.OrgID, c.UserID, c.CreatedAt = a.OrgID, a.UserID, s.clock.Now()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Create(c).Error; err != nil {
			return fault("create API client", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditClientCreate, Object: c.ID, Name: c.Name})
	})
}

// APIClients lists the actor's own clients that are not revoked, the newest first.
func (s *Store) APIClients(ctx context.Context, a models.Actor) ([]models.APIClient, error) {
	var all []models.APIClient
	err := s.read(ctx).Where("org_id = ? AND user_id = ? AND revoked_at IS NULL", a.OrgID, a.UserID).Order("created_at DESC, id").Find(&all).Error
	return all, fault("list API clients", err)
}

// APIClient gives one of the actor's own clients.
func (s *Store) APIClient(ctx context.Context, a models.Actor, id string) (*models.APIClient, error) {
	var c models.APIClient
	err := s.read(ctx).Where("org_id = ? AND user_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, a.UserID, id).Take(&c).Error
	return &c, fault("read API client", err)
}

// SaveAPIClient changes name, scopes and limits of one of the actor's own clients.
func (s *Store) SaveAPIClient(ctx context.Context, a models.Actor, c *models.APIClient) error {
	e := models.AuditEntry{Action: models.AuditClientSave, Object: c.ID, Name: c.Name}
	return s.saveKey(ctx, a, e, c.TokenLimits, map[string]any{"scopes": c.Scopes})
}

// APIClientByID gives a client, revoked ones too, and whose it is, to find out whether a secret is its own.
func (s *Store) APIClientByID(ctx context.Context, id string) (*models.APIClient, *Holder, error) {
	var row struct {
		models.APIClient
		Person Holder `gorm:"embedded;embeddedPrefix:person_"`
	}
	err := s.read(ctx).Table("api_clients").Select("api_clients.*, "+holderColumns).Joins(holderJoins("api_clients")).Where("api_clients.id = ?", id).Take(&row).Error
	if err != nil {
		return nil, nil, fault("read API client", err)
	}
	return &row.APIClient, &row.Person, nil
}

// RevokeAPIClient ends one of the actor's clients and the tokens that it got. The row stays, so that whoever still uses it hears
// that it was revoked.
func (s *Store) RevokeAPIClient(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var c models.APIClient
		err := tx.read(ctx).Where("org_id = ? AND user_id = ? AND id = ? AND revoked_at IS NULL", a.OrgID, a.UserID, id).Take(&c).Error
		if err != nil {
			return fault("read API client", err)
		}
		r := tx.write(ctx).Model(&models.APIClient{}).Where("id = ? AND revoked_at IS NULL", id).Update("revoked_at", s.clock.Now())
		if err := found(r, "revoke API client"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditClientRevoke, Object: c.ID, Name: c.Name})
	})
}

// IssueAccessToken keeps a token that a client got, and gives when the next one may be had: zero when it was kept, a later time
// when the client got its share of the last minute already. models.CodeNotFound when the client was revoked meanwhile.
func (s *Store) IssueAccessToken(ctx context.Context, t *models.AccessToken) (next time.Time, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		// The client's row is what several at once take turns for: each would count without the others.
		err := tx.read(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Select("id").Where("id = ? AND revoked_at IS NULL", t.ClientID).Take(&models.APIClient{}).Error
		if err != nil {
			return fault("issue access token", err)
		}
		var lately []models.AccessToken // the last of them is as old as the share goes back
		err = tx.read(ctx).Select("created_at").Where("client_id = ? AND created_at > ?", t.ClientID, t.CreatedAt.Add(-time.Minute)).
			Order("created_at DESC").Limit(models.AccessTokensPerMinute).Find(&lately).Error
		if err != nil {
			return fault("issue access token", err)
		}
		if len(lately) == models.AccessTokensPerMinute {
			next = lately[len(lately)-1].CreatedAt.Add(time.Minute)
			return nil
		}
		if err := tx.write(ctx).Create(t).Error; err != nil {
			return fault("issue access token", err)
		}
		return fault("touch API client", tx.write(ctx).Model(&models.APIClient{}).Where("id = ?", t.ClientID).Update("last_used_at", t.CreatedAt).Error)
	})
	return next, err
}

// AccessTokenByHash gives a token that a client got, with the client, also when it was revoked, and whose it is.
func (s *Store) AccessTokenByHash(ctx context.Context, hash string) (*models.AccessToken, *models.APIClient, *Holder, error) {
	var t models.AccessToken
	if err := s.read(ctx).Where("hash = ?", hash).Take(&t).Error; err != nil {
		return nil, nil, nil, fault("read access token", err)
	}
	c, u, err := s.APIClientByID(ctx, t.ClientID)
	return &t, c, u, err
}

// PurgeAccessTokens removes tokens that expired before a time.
func (s *Store) PurgeAccessTokens(ctx context.Context, before time.Time) error {
	return fault("purge access tokens", s.write(ctx).Where("expires_at < ?", before).Delete(&models.AccessToken{}).Error)
}
