package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
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
	ErrTokenExpired  = &models.Error{Code: models.CodeUnauthorized, Key: "people.error.token_expired"}  // a client gets another
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
	// callsEvery is how often the calls of tokens with a log are written, and maxCalls how many wait for it at most: a log
	// must not fill the memory while the database is away.
	callsEvery = time.Second
	maxCalls   = 10_000
)

// Caller is who calls the API: a token and its person, without the password hash. It is shared: nobody may change it.
type Caller struct {
	User  models.User
	Token models.APIToken     // of a client's token: as if the client were one for everything
	Grant *models.AccessToken // what a client got; nil for an API token

	CertificateRequired bool // the API takes calls of the person's organisation with a client certificate alone

	spent *atomic.Int64 // see [Tokens.Limit]; one for all tokens of a client
}

// Actor gives the actor that the caller is.
func (c *Caller) Actor() models.Actor {
	a := c.User.Actor(models.ViaAPI)
	a.TokenID = c.Token.ID
	return a
}

// Tokens says who calls the API, thousands of times a second: tokens that were seen lately are answered from memory.
// It is safe for concurrent use. [Tokens.Run] must run beside it.
type Tokens struct {
	store  *store.Store
	clock  clock.Clock
	log    *slog.Logger
	flight singleflight.Group

	mu   sync.RWMutex
	seen map[[sha256.Size]byte]*seenToken // only tokens that open the API

	spent map[string]*atomic.Int64 // of those, by the id of the token or client

	logMu sync.Mutex
	calls []models.APIRequest // that are to be written
}

type seenToken struct {
	caller *Caller
	readAt time.Time
	usedAt *atomic.Int64 // microseconds since 1970; 0 when it was written; handed on when the token is looked up again
}

// NewTokens makes a Tokens on a database.
func NewTokens(s *store.Store, c clock.Clock, log *slog.Logger) *Tokens {
	return &Tokens{store: s, clock: c, log: log, seen: map[[sha256.Size]byte]*seenToken{}, spent: map[string]*atomic.Int64{}}
}

// Authenticate gives who has that API token: one of the errors ErrTokenUnknown, ErrTokenRevoked, ErrTokenDisabled, or
// models.CodeUnavailable when the database cannot say. A token that a client got is unknown here: see [Tokens.AuthenticateBearer].
func (t *Tokens) Authenticate(ctx context.Context, token string) (*Caller, error) {
	c, err := t.authenticate(ctx, token)
	if err == nil && c.Grant != nil {
		return nil, ErrTokenUnknown
	}
	return c, err
}

// AuthenticateBearer is [Tokens.Authenticate] for whoever heeds the scopes of tokens that clients got, which open as well until they
// expire.
func (t *Tokens) AuthenticateBearer(ctx context.Context, token string) (*Caller, error) {
	c, err := t.authenticate(ctx, token)
	if err == nil && c.Grant != nil && !t.clock.Now().Before(c.Grant.ExpiresAt) {
		return nil, ErrTokenExpired
	}
	return c, err
}

func (t *Tokens) authenticate(ctx context.Context, token string) (*Caller, error) {
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

// Limit counts a request against the limit of its token, or against that of the address where the token has none of its own
// (so many a second, and so many at once after a pause; a rate of 0 is no limit). models.CodeThrottled when it is one too many,
// with the seconds until the next fits. Every node counts for itself.
func (t *Tokens) Limit(c *Caller, rate, burst int) error {
	if own := c.Token.TokenLimits; own.RatePerSecond > 0 {
		rate, burst = own.RatePerSecond, own.Burst
	}
	if rate <= 0 || c.spent == nil {
		return nil
	}
	// The cells of GCRA: when the next request would be in step, as nanoseconds since 1970.
	interval := int64(time.Second) / int64(rate)
	room := interval * int64(max(burst, 1)-1)
	now := t.clock.Now().UnixNano()
	for {
		kept := c.spent.Load()
		next := max(kept, now)
		if next > now+room+interval { // the clock was set back, or the limit was raised
			next = now + room
		}
		if ahead := next - now - room; ahead > 0 {
			seconds := (ahead + int64(time.Second) - 1) / int64(time.Second)
			args := map[string]any{"Seconds": seconds, "Max": rate}
			if c.Grant != nil { // its tokens come and go: the limit is the client's
				args["Client"] = c.Token.Name
				return &models.Error{Code: models.CodeThrottled, Key: "people.error.client_rate", Args: args}
			}
			return &models.Error{Code: models.CodeThrottled, Key: "people.error.token_rate", Args: args}
		}
		if c.spent.CompareAndSwap(kept, next+interval) {
			return nil
		}
	}
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
	caller, err := t.read(ctx, hex.EncodeToString(sum[:]))
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		err = ErrTokenUnknown
	case err != nil:
		return nil, err // the one that is kept holds until its time is over
	case caller.Token.RevokedAt != nil:
		err = ErrTokenRevoked
	case caller.User.DisabledAt != nil:
		err = ErrTokenDisabled
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		delete(t.seen, sum)
		return nil, err
	}
	s := &seenToken{caller: caller, readAt: now, usedAt: new(atomic.Int64)}
	if before := t.seen[sum]; before != nil {
		s.usedAt = before.usedAt
	}
	if caller.spent = t.spent[caller.Token.ID]; caller.spent == nil {
		caller.spent = new(atomic.Int64)
		t.spent[caller.Token.ID] = caller.spent
	}
	t.seen[sum] = s
	return s, nil
}

// read gives whose token has that hash: an API token, or one that a client got.
func (t *Tokens) read(ctx context.Context, hash string) (*Caller, error) {
	token, person, err := t.store.APITokenByHash(ctx, hash)
	var grant *models.AccessToken
	if models.ErrorCode(err) == models.CodeNotFound {
		var client *models.APIClient
		if grant, client, person, err = t.store.AccessTokenByHash(ctx, hash); err == nil {
			grant.Scopes = grant.Scopes.Within(client.Scopes)
			token = &models.APIToken{
				ID: client.ID, OrgID: client.OrgID, UserID: client.UserID, Name: client.Name, Scope: models.TokenScopeAll,
				TokenLimits: client.TokenLimits, Logged: client.Logged, RevokedAt: client.RevokedAt,
			}
		}
	}
	if err != nil {
		return nil, err
	}
	person.PasswordHash = ""
	return &Caller{User: person.User, Token: *token, Grant: grant, CertificateRequired: person.CertificateRequired}, nil
}

// Run writes the last use of tokens once a minute, and once more when ctx ends. It returns then.
func (t *Tokens) Run(ctx context.Context) {
	ticker := time.NewTicker(usesEvery)
	defer ticker.Stop()
	calls := time.NewTicker(callsEvery)
	defer calls.Stop()
	for {
		select {
		case <-ticker.C:
			t.writeUses(ctx)
		case <-calls.C:
			t.WriteCalls(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
			defer cancel()
			t.writeUses(last)
			t.WriteCalls(last)
			return
		}
	}
}

// Log keeps a call of a token whose owner asked for that, to be written within a second; others pass by. path is the pattern
// of the route.
func (t *Tokens) Log(c *Caller, method, path string, status int, took time.Duration) {
	if c == nil || !c.Token.Logged {
		return
	}
	now := t.clock.Now()
	r := models.APIRequest{
		ID: models.NewOrderedID(models.PrefixAPIRequest, now), OrgID: c.Token.OrgID, TokenID: c.Token.ID, Method: method, Path: path, Status: status,
		DurationUS: took.Microseconds(), At: now,
	}
	t.logMu.Lock()
	defer t.logMu.Unlock()
	if len(t.calls) < maxCalls {
		t.calls = append(t.calls, r)
	}
}

// WriteCalls writes the calls that wait for it; [Tokens.Run] does so every second.
func (t *Tokens) WriteCalls(ctx context.Context) {
	t.logMu.Lock()
	all := t.calls
	t.calls = nil
	t.logMu.Unlock()
	if err := t.store.RecordAPIRequests(ctx, all); err != nil {
		t.log.WarnContext(ctx, "could not keep calls of the API", "calls", len(all), "error", err)
	}
}

// Purge forgets calls whose time is over, and tokens of clients a day after they have expired: until then they are told apart from
// unknown ones.
func (t *Tokens) Purge(ctx context.Context) error {
	now := t.clock.Now()
	if err := t.store.PurgeAPIRequests(ctx, now.Add(-models.APIRequestsKept)); err != nil {
		return err
	}
	return t.store.PurgeAccessTokens(ctx, now.AddDate(0, 0, -1))
}

// writeUses writes when tokens were last used, since it last did, and forgets those that rest.
func (t *Tokens) writeUses(ctx context.Context) {
	used, kept := map[string]time.Time{}, map[string]bool{}
	now := t.clock.Now()
	t.mu.Lock()
	for sum, s := range t.seen {
		id := s.caller.Token.ID
		if at := s.usedAt.Swap(0); at != 0 {
			if last := time.UnixMicro(at).UTC(); used[id].Before(last) { // a client may have several
				used[id] = last
			}
		} else if now.Sub(s.readAt) >= tokenValid {
			delete(t.seen, sum)
			continue
		}
		kept[id] = true
	}
	maps.DeleteFunc(t.spent, func(id string, _ *atomic.Int64) bool { return !kept[id] })
	t.mu.Unlock()
	if len(used) == 0 {
		return
	}
	if err := t.store.TouchAPITokens(ctx, used); err != nil {
		// The next use is written a minute later; this one is no loss worth keeping.
		t.log.WarnContext(ctx, "could not note the last use of tokens", "error", err)
	}
}
