package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Why a token does not open the API. All have models.CodeUnauthorized; the contract's §3 answers them differently.
var (
	ErrTokenUnknown  = &models.Error{Code: models.CodeUnauthorized, Key: "people.error.token_unknown"}
	ErrTokenRevoked  = &models.Error{Code: models.CodeUnauthorized, Key: "people.error.token_revoked"}
	ErrTokenDisabled = &models.Error{Code: models.CodeUnauthorized, Key: "people.error.token_disabled"} // its person is
)

const (
	tokenLength = 40
	// tokenValid is how long a token that was looked up opens the API without another look: a revoked token or a
	// disabled person stops within it.
	tokenValid = time.Second
	// tokenRefresh is when the next look begins, beside the requests, so that a busy client never waits for it.
	tokenRefresh = tokenValid / 2
	loadTimeout  = 5 * time.Second
	// usesEvery is how often the last use of tokens is written.
	usesEvery = time.Minute
)

// Caller is who calls the API: a token and its person, without the password hash. It is shared: nobody may change it.
type Caller struct {
	User  models.User
	Token models.APIToken
}

// Actor gives the actor that the caller is.
func (c *Caller) Actor() models.Actor { return c.User.Actor(models.ViaAPI) }

// Tokens says who calls the API, thousands of times a second: tokens that were seen lately are answered from memory.
// It is safe for concurrent use. [Tokens.Run] must run beside it.
type Tokens struct {
	store  *store.Store
	clock  clock.Clock
	log    *slog.Logger
	flight singleflight.Group

	mu   sync.RWMutex
	seen map[[sha256.Size]byte]*seenToken // only tokens that open the API
}

type seenToken struct {
	caller *Caller
	readAt time.Time
	usedAt *atomic.Int64 // microseconds since 1970; 0 when it was written; handed on when the token is looked up again
}

// NewTokens makes a Tokens on a database.
func NewTokens(s *store.Store, c clock.Clock, log *slog.Logger) *Tokens {
	return &Tokens{store: s, clock: c, log: log, seen: map[[sha256.Size]byte]*seenToken{}}
}

// Authenticate gives who has that token: one of the errors ErrTokenUnknown, ErrTokenRevoked, ErrTokenDisabled, or
// models.CodeUnavailable when the database cannot say.
func (t *Tokens) Authenticate(ctx context.Context, token string) (*Caller, error) {
	if len(token) != tokenLength {
		return nil, ErrTokenUnknown
	}
	sum, now := sha256.Sum256([]byte(token)), t.clock.Now()
	t.mu.RLock()
	s := t.seen[sum]
	t.mu.RUnlock()

	age := tokenValid
	if s != nil {
		age = now.Sub(s.readAt)
	}
	switch {
	case age.Abs() >= tokenValid: // a clock that was set back must not keep a token alive
		var err error
		if s, err = t.wait(ctx, sum); err != nil {
			return nil, err
		}
	case age >= tokenRefresh:
		t.look(ctx, sum)
	}
	s.usedAt.Store(now.UnixMicro())
	return s.caller, nil
}

// look begins to look the token up, unless that is under way.
func (t *Tokens) look(ctx context.Context, sum [sha256.Size]byte) <-chan singleflight.Result {
	// Several requests share the answer: none of them may take it away by ending.
	ctx = context.WithoutCancel(ctx)
	return t.flight.DoChan(string(sum[:]), func() (any, error) { return t.load(ctx, sum) })
}

func (t *Tokens) wait(ctx context.Context, sum [sha256.Size]byte) (*seenToken, error) {
	select {
	case <-ctx.Done():
		return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: ctx.Err()}
	case r := <-t.look(ctx, sum):
		s, _ := r.Val.(*seenToken)
		return s, r.Err
	}
}

// load reads a token from the database and keeps it while it opens the API.
func (t *Tokens) load(ctx context.Context, sum [sha256.Size]byte) (*seenToken, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	now := t.clock.Now()
	token, person, err := t.store.APITokenByHash(ctx, hex.EncodeToString(sum[:]))
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		err = ErrTokenUnknown
	case err != nil:
		return nil, err // the one that is kept holds until its time is over
	case token.RevokedAt != nil:
		err = ErrTokenRevoked
	case person.DisabledAt != nil:
		err = ErrTokenDisabled
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		delete(t.seen, sum)
		return nil, err
	}
	person.PasswordHash = ""
	s := &seenToken{caller: &Caller{User: *person, Token: *token}, readAt: now, usedAt: new(atomic.Int64)}
	if before := t.seen[sum]; before != nil {
		s.usedAt = before.usedAt
	}
	t.seen[sum] = s
	return s, nil
}

// Run writes the last use of tokens once a minute, and once more when ctx ends. It returns then.
func (t *Tokens) Run(ctx context.Context) {
	ticker := time.NewTicker(usesEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.writeUses(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
			defer cancel()
			t.writeUses(last)
			return
		}
	}
}

// writeUses writes when tokens were last used, since it last did, and forgets those that rest.
func (t *Tokens) writeUses(ctx context.Context) {
	used := map[string]time.Time{}
	now := t.clock.Now()
	t.mu.Lock()
	for sum, s := range t.seen {
		if at := s.usedAt.Swap(0); at != 0 {
			used[s.caller.Token.ID] = time.UnixMicro(at).UTC()
		} else if now.Sub(s.readAt) >= tokenValid {
			delete(t.seen, sum)
		}
	}
	t.mu.Unlock()
	if len(used) == 0 {
		return
	}
	if err := t.store.TouchAPITokens(ctx, used); err != nil {
		// The next use is written a minute later; this one is no loss worth keeping.
		t.log.WarnContext(ctx, "could not note the last use of tokens", "error", err)
	}
}
