package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateOAuthState keeps that somebody is on the way to a provider.
func (s *Store) CreateOAuthState(ctx context.Context, st *models.OAuthState) error {
	return fault("begin authorization", s.write(ctx).Create(st).Error)
}

// TakeOAuthState gives the way that a state names and forgets it: it can be taken once, until it expires.
func (s *Store) TakeOAuthState(ctx context.Context, id string) (*models.OAuthState, error) {
	var st models.OAuthState
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Where("id = ?", id).Take(&st).Error; err != nil {
			return fault("end authorization", err)
		}
		r := tx.write(ctx).Where("id = ?", id).Delete(&models.OAuthState{})
		if r.Error != nil {
			return fault("end authorization", r.Error)
		}
		if r.RowsAffected == 0 || !s.clock.Now().Before(st.ExpiresAt) { // another request was quicker, or it is too late
			return fault("end authorization", gorm.ErrRecordNotFound)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &st, nil
}

// PurgeOAuthStates forgets ways that nobody came back from.
func (s *Store) PurgeOAuthStates(ctx context.Context) error {
	return fault("purge authorizations", s.write(ctx).Where("expires_at < ?", s.clock.Now()).Delete(&models.OAuthState{}).Error)
}

// ClaimRefresh lets one process of all ask the provider for new tokens: who wins while the tokens are still those of the
// revision. A claim is void at that time, so that the death of its process holds nobody up.
func (s *Store) ClaimRefresh(ctx context.Context, id string, tokensRev int64, claim string, until time.Time) (bool, error) {
	r := s.write(ctx).Model(&models.Credential{}).
		Where("id = ? AND tokens_rev = ? AND deleted_at IS NULL", id, tokensRev).
		Where("(refresh_claim = '' OR refresh_until IS NULL OR refresh_until < ?)", s.clock.Now()).
		Updates(map[string]any{"refresh_claim": claim, "refresh_until": until})
	return r.RowsAffected > 0, fault("claim refresh", r.Error)
}

// Tokens are what a provider gave, sealed.
type Tokens struct {
	Sealed    string
	ExpiresAt *time.Time
}

// SaveTokens writes the tokens that the holder of a claim got and ends the claim. It reports whether the claim was still good.
func (s *Store) SaveTokens(ctx context.Context, id, claim string, t Tokens) (bool, error) {
	r := s.write(ctx).Model(&models.Credential{}).Where("id = ? AND refresh_claim = ? AND deleted_at IS NULL", id, claim).Updates(map[string]any{
		"tokens_sealed": t.Sealed, "expires_at": t.ExpiresAt, "tokens_rev": gorm.Expr("tokens_rev + 1"),
		"status": models.CredentialReady, "problem": "", "refresh_claim": "", "refresh_until": nil,
	})
	return r.RowsAffected > 0, fault("save tokens", r.Error)
}

// RefuseTokens marks a credential as in need of reconnecting, says why, and ends the claim. It reports whether the claim was
// still good.
func (s *Store) RefuseTokens(ctx context.Context, id, claim, problem string) (bool, error) {
	r := s.write(ctx).Model(&models.Credential{}).Where("id = ? AND refresh_claim = ? AND deleted_at IS NULL", id, claim).Updates(map[string]any{
		"status": models.CredentialReconnect, "problem": problem, "refresh_claim": "", "refresh_until": nil,
	})
	return r.RowsAffected > 0, fault("mark credential", r.Error)
}

// EndRefresh gives a claim up without new tokens.
func (s *Store) EndRefresh(ctx context.Context, id, claim string) error {
	return fault("end refresh", s.write(ctx).Model(&models.Credential{}).Where("id = ? AND refresh_claim = ?", id, claim).
		Updates(map[string]any{"refresh_claim": "", "refresh_until": nil}).Error)
}
