package credential

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"surveyflow/internal/secret"
	"surveyflow/models"
)

// stateLifetime is how long somebody may be on the way to a provider and back.
const stateLifetime = 10 * time.Minute

// Begin starts the way to a credential's provider and gives the address to send the browser to. The state in it is good for
// one return, within ten minutes, by this person in this session. returnTo is the path of the page that the way began on.
func (s *Service) Begin(ctx context.Context, a models.Actor, id, sessionID, returnTo string) (string, error) {
	c, err := s.editable(ctx, a, id)
	if err != nil {
		return "", err
	}
	if c.row.Type != models.CredentialOAuth2 || c.config.GrantType != models.GrantAuthorizationCode {
		return "", models.Conflict("credential.error.no_way", nil)
	}
	if err := s.Store.PurgeOAuthStates(ctx); err != nil {
		return "", err
	}
	state := models.NewCapability()
	row := &models.OAuthState{
		ID: stateID(state), CredentialID: id, UserID: a.UserID, SessionID: sessionID, ReturnTo: returnTo, ExpiresAt: s.Clock.Now().Add(stateLifetime),
	}
	verifier := ""
	if c.config.UsesPKCE() {
		verifier = oauth2.GenerateVerifier()
		if row.VerifierSealed, err = s.Sealer.Seal(ctx, secret.Assoc("oauth_states", row.ID, "verifier_sealed"), []byte(verifier)); err != nil {
			return "", err
		}
	}
	if err := s.Store.CreateOAuthState(ctx, row); err != nil {
		return "", err
	}
	return c.config.authorizationURL(s.RedirectURL, state, verifier)
}

// authorizationURL gives the address of the authorization request (RFC 6749 §4.1.1). What people append to either endpoint, as
// Google's prompt=consent, reaches it; the credential's own parameters come last and win.
func (c *Config) authorizationURL(redirect, state, verifier string) (string, error) {
	endpoint, err := url.Parse(c.AuthorizationEndpoint)
	if err != nil {
		return "", models.Invalid(models.Field("authorizationEndpoint", "credential.error.endpoint"))
	}
	own := endpoint.Query()
	if token, err := url.Parse(c.TokenEndpoint); err == nil {
		for name, values := range token.Query() {
			if !own.Has(name) && !secretName(name) {
				own[name] = values
			}
		}
	}
	for name, value := range c.AuthorizationParams {
		own.Set(name, value)
	}
	for _, name := range reservedAuthorization {
		own.Del(name)
	}
	endpoint.RawQuery, endpoint.Fragment = own.Encode(), ""
	config := oauth2.Config{ClientID: c.ClientID, RedirectURL: redirect, Endpoint: oauth2.Endpoint{AuthURL: endpoint.String()}}
	var options []oauth2.AuthCodeOption
	if c.Scopes != "" {
		config.Scopes = []string{c.Scopes}
	}
	if verifier != "" {
		options = append(options, oauth2.S256ChallengeOption(verifier))
	}
	return config.AuthCodeURL(state, options...), nil
}

func stateID(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// Return is what a provider sends a browser back with.
type Return struct {
	State       string
	Code        string
	Error       string
	Description string
}

// Finish ends the way to a provider: it checks that it is the one that this person began in this session, and exchanges the
// code for tokens. It gives the credential whenever the state names one, also with an error, and the page to go on to.
// The error is a *models.Error or a [*Error], both in words for people.
func (s *Service) Finish(ctx context.Context, a models.Actor, sessionID string, r Return) (credentialID, returnTo string, err error) {
	st, err := s.Store.TakeOAuthState(ctx, stateID(r.State))
	if models.ErrorCode(err) == models.CodeNotFound {
		return "", "", &models.Error{Code: models.CodeInvalid, Key: "credential.oauth.expired"}
	}
	if err != nil {
		return "", "", err
	}
	if subtle.ConstantTimeCompare([]byte(st.UserID+"|"+st.SessionID), []byte(a.UserID+"|"+sessionID)) != 1 {
		return "", "", &models.Error{Code: models.CodeInvalid, Key: "credential.oauth.other_session"}
	}
	c, err := s.editable(ctx, a, st.CredentialID)
	if err != nil {
		return "", "", err
	}
	return c.row.ID, st.ReturnTo, s.finish(ctx, a, c, st, r)
}

func (s *Service) finish(ctx context.Context, a models.Actor, c *opened, st *models.OAuthState, r Return) error {
	switch {
	case r.Error == "access_denied":
		return fault("credential.oauth.denied", "Words", shorten(r.Description, 300))
	case r.Error != "":
		return fault("credential.oauth.error", "Words", shorten(r.Error+" "+r.Description, 300))
	case r.Code == "":
		return fault("credential.oauth.no_code")
	}
	params := url.Values{"grant_type": {grantCode}, "code": {r.Code}, "redirect_uri": {s.RedirectURL}}
	if st.VerifierSealed != "" {
		verifier, err := s.Sealer.Open(ctx, secret.Assoc("oauth_states", st.ID, "verifier_sealed"), st.VerifierSealed)
		if err != nil {
			return err
		}
		params.Set("code_verifier", string(verifier))
	}
	got, err := s.ask(ctx, c, params)
	if e, ok := errors.AsType[*refusedError](err); ok {
		return fault("credential.oauth.refused", "Words", e.fault.Args["Words"])
	}
	if err != nil {
		return err
	}
	return s.keep(ctx, a, c, got)
}

// Connect gets the first token of a credential that needs no person for it, to see whether the provider gives one.
// The error is a *models.Error or a [*Error].
func (s *Service) Connect(ctx context.Context, a models.Actor, id string) error {
	c, err := s.editable(ctx, a, id)
	if err != nil {
		return err
	}
	if c.row.Type != models.CredentialOAuth2 || c.config.GrantType != models.GrantClientCredentials {
		return models.Conflict("credential.error.no_way", nil)
	}
	got, err := s.ask(ctx, c, url.Values{"grant_type": {grantClient}})
	if e, ok := errors.AsType[*refusedError](err); ok {
		return fault("credential.oauth.refused", "Words", e.fault.Args["Words"])
	}
	if err != nil {
		return err
	}
	return s.keep(ctx, a, c, got)
}

// keep writes the tokens of a new agreement. A refresh of the old ones that is under way comes to nothing.
func (s *Service) keep(ctx context.Context, a models.Actor, c *opened, got *answer) error {
	sealed, err := s.seal(ctx, c.row, "tokens_sealed", got.tokens)
	if err != nil {
		return err
	}
	return s.insist(ctx, func() error {
		_, err := s.Store.UpdateCredential(ctx, a, c.row.ID, func(row *models.Credential) error {
			row.TokensSealed, row.ExpiresAt, row.Status, row.Problem = sealed, got.expiresAt, models.CredentialReady, ""
			return nil
		})
		return err
	})
}

// editable opens a credential for who may change it.
func (s *Service) editable(ctx context.Context, a models.Actor, id string) (*opened, error) {
	row, err := s.Store.Credential(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if !row.EditableBy(a) {
		return nil, &models.Error{Code: models.CodeForbidden, Key: "credential.error.not_editor"}
	}
	c := &opened{row: row}
	c.config, err = s.config(ctx, row)
	return c, err
}
