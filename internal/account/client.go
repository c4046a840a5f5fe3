package account

import (
	"context"
	"crypto/subtle"
	"math"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Why a program gets no token (RFC 6749 §5.2).
var (
	ErrClientUnknown = &models.Error{Code: models.CodeUnauthorized, Key: "oauth.error.client"} // or its secret is wrong
	ErrScope         = &models.Error{Code: models.CodeInvalid, Key: "oauth.error.scope"}
)

// maxClients is how many clients one person may have.
const maxClients = 100

// CreateClient makes a client of the API for the actor, whose tokens may have those scopes, and gives its secret, which cannot be
// seen again. models.CodeInvalid names what is wrong: client.name, client.rate, client.burst, client.timeout, scopes.
func (p *People) CreateClient(ctx context.Context, a models.Actor, in TokenSettings, scopes []string) (string, *models.APIClient, error) {
	c, fields := clientOf(in, scopes)
	own, err := p.store.APIClients(ctx, a)
	if err != nil {
		return "", nil, err
	}
	if len(own) >= maxClients {
		fields = append(fields, models.Field("client.name", "people.error.clients", "Max", maxClients))
	}
	if len(fields) > 0 {
		return "", nil, models.Invalid(fields...)
	}
	secret := models.NewAPIToken()
	c.ID, c.Hash, c.Hint = models.NewID(models.PrefixAPIClient), digest(secret), secret[len(secret)-4:]
	return secret, c, p.store.CreateAPIClient(ctx, a, c)
}

// SaveClient changes name, scopes and limits of one of the actor's clients. Tokens that it has got keep no scope that it has no more,
// and get none that is new. Errors are those of CreateClient.
func (p *People) SaveClient(ctx context.Context, a models.Actor, id string, in TokenSettings, scopes []string) error {
	c, fields := clientOf(in, scopes)
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	c.ID = id
	return p.store.SaveAPIClient(ctx, a, c)
}

// clientOf makes a client as its owner wants it, and lists what is wrong with that.
func clientOf(in TokenSettings, scopes []string) (*models.APIClient, []models.FieldError) {
	fields := in.problems("client.")
	known := models.AllScopes()
	var chosen []string
	for _, scope := range known { // in one order, each once
		if slices.Contains(scopes, scope) {
			chosen = append(chosen, scope)
		}
	}
	unknown := slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(known, scope) })
	if len(chosen) == 0 || unknown {
		fields = append(fields, models.Field("scopes", "people.error.client_scope"))
	}
	return &models.APIClient{Name: in.Name, TokenLimits: in.TokenLimits, Scopes: models.Scopes(strings.Join(chosen, " "))}, fields
}

// TokenAsk is a program's request for a token.
type TokenAsk struct {
	ClientID, Secret string
	Scope            string // with a space between each two; empty asks for all that the client has
	IP               string // where it comes from
}

// Issue gives a token for a client's id and secret, and what it is good for. ErrClientUnknown or ErrScope when there is none;
// models.CodeThrottled, with the seconds to wait, after too many wrong secrets, or when the client has got its share of tokens.
func (t *Tokens) Issue(ctx context.Context, ask TokenAsk) (string, *models.AccessToken, error) {
	c, err := t.client(ctx, ask)
	if err != nil {
		return "", nil, err
	}
	scopes := c.Scopes
	if wanted := models.Scopes(ask.Scope).List(); len(wanted) > 0 {
		if slices.ContainsFunc(wanted, func(scope string) bool { return !c.Scopes.Covers(scope) || !slices.Contains(models.AllScopes(), scope) }) {
			return "", nil, ErrScope
		}
		slices.Sort(wanted)
		scopes = models.Scopes(strings.Join(slices.Compact(wanted), " "))
	}
	secret, now := models.NewAPIToken(), t.clock.Now()
	issued := &models.AccessToken{Hash: digest(secret), ClientID: c.ID, Scopes: scopes, CreatedAt: now, ExpiresAt: now.Add(models.AccessTokenValid)}
	next, err := t.store.IssueAccessToken(ctx, issued)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return "", nil, ErrClientUnknown
	case err != nil:
		return "", nil, err
	case !next.IsZero():
		seconds := int(math.Ceil(max(next.Sub(now), time.Second).Seconds()))
		return "", nil, &models.Error{Code: models.CodeThrottled, Key: "oauth.error.share", Args: map[string]any{"Seconds": seconds, "Max": models.AccessTokensPerMinute}}
	}
	return secret, issued, nil
}

// client gives the client that has that id and secret. Wrong ones make the next try wait, as failed sign-ins do.
func (t *Tokens) client(ctx context.Context, ask TokenAsk) (*models.APIClient, error) {
	id := subject{"client:" + digest(ask.ClientID), freeFailures}
	from := ipSubject(ask.IP)
	if err := t.admitClient(ctx, id, from); err != nil {
		return nil, err
	}
	c, person, err := t.store.APIClientByID(ctx, clean(ask.ClientID))
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		return nil, err
	}
	var hash string
	if err == nil && c.RevokedAt == nil && person.DisabledAt == nil {
		hash = c.Hash
	}
	if subtle.ConstantTimeCompare([]byte(hash), []byte(digest(ask.Secret))) == 1 {
		return c, nil
	}
	return nil, t.refuseClient(ctx, c, ask, id, from)
}

// refuseClient counts a wrong secret, and notes it where there is such a client.
func (t *Tokens) refuseClient(ctx context.Context, c *models.APIClient, ask TokenAsk, subjects ...subject) error {
	var keys []string
	for _, s := range subjects {
		if s.key != "" {
			keys = append(keys, s.key)
		}
	}
	err := t.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.AddSignInFailure(ctx, t.clock.Now().Add(-failuresRest), keys...); err != nil || c == nil {
			return err
		}
		a := models.SystemActor(c.OrgID)
		a.IP = ask.IP
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditClientFailed, Object: c.ID, Name: c.Name})
	})
	if err != nil {
		return err
	}
	return ErrClientUnknown
}

// admitClient says how long to wait when tries have failed before. A try is not counted until it has failed: many that are right come
// at once when a program starts on many machines, and the secret is longer than any burst could guess.
func (t *Tokens) admitClient(ctx context.Context, subjects ...subject) error {
	keys := make([]string, len(subjects))
	for i, s := range subjects {
		keys[i] = s.key
	}
	failures, err := t.store.SignInFailures(ctx, keys...)
	if err != nil {
		return err
	}
	var wait time.Duration
	for _, s := range subjects {
		if f, failed := failures[s.key]; failed {
			delay := delayAfter(f.Failures - s.free)
			wait = max(wait, min(delay, f.LastAt.Add(delay).Sub(t.clock.Now())))
		}
	}
	return throttled(wait)
}
