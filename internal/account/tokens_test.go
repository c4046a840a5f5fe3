package account_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/models"
)

func newTokens(f *fixture) *account.Tokens {
	return account.NewTokens(f.store, f.clock, slog.New(slog.DiscardHandler))
}

// createToken makes a token of ada's.
func (f *fixture) createToken(t *testing.T) (string, *models.APIToken) {
	t.Helper()
	secret, token, err := f.CreateToken(t.Context(), f.ada.Actor(models.ViaWeb), "script")
	if err != nil {
		t.Fatal(err)
	}
	return secret, token
}

func TestATokenIsShownOnceAndKeptAsItsHash(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret, token := f.createToken(t)
	if len(secret) != 40 || token.Hint != secret[36:] || token.Hash == secret || token.Scope != models.TokenScopeAll {
		t.Errorf("token %q = %+v", secret, token)
	}
	all, err := f.store.APITokens(t.Context(), f.ada.Actor(models.ViaWeb))
	if err != nil || len(all) != 1 || all[0].ID != token.ID || all[0].Name != "script" {
		t.Errorf("tokens = %+v, %v", all, err)
	}
	_, _, err = f.CreateToken(t.Context(), f.ada.Actor(models.ViaWeb), " ")
	wantFields(t, err, "name")
}

func TestACallerIsTheTokensPerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret, token := f.createToken(t)
	caller, err := newTokens(f).Authenticate(t.Context(), secret)
	if err != nil || caller.Token.ID != token.ID || caller.User.ID != f.ada.ID || caller.User.PasswordHash != "" {
		t.Fatalf("caller = %+v, %v", caller, err)
	}
	if want := (models.Actor{OrgID: f.ada.OrgID, UserID: f.ada.ID, Role: models.RoleBrandAdmin, Via: models.ViaAPI, TokenID: token.ID}); caller.Actor() != want {
		t.Errorf("actor = %+v, want %+v", caller.Actor(), want)
	}
}

func TestATokenThatDoesNotOpenTheAPISaysWhy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	bob := f.addUser(t, "bob@example.com")
	revoked, token := f.createToken(t)
	wantCode(t, f.store.RevokeAPIToken(t.Context(), f.ada.Actor(models.ViaWeb), token.ID), "")
	disabled, _, err := f.CreateToken(t.Context(), bob.Actor(models.ViaWeb), "x")
	wantCode(t, err, "")
	wantCode(t, f.store.SetUserDisabled(t.Context(), f.ada.Actor(models.ViaWeb), bob.ID, true), "")
	for secret, want := range map[string]error{
		"":                   account.ErrTokenUnknown,
		"short":              account.ErrTokenUnknown,
		models.NewAPIToken(): account.ErrTokenUnknown,
		token.Hash[:40]:      account.ErrTokenUnknown,
		revoked:              account.ErrTokenRevoked,
		disabled:             account.ErrTokenDisabled,
	} {
		for range 2 {
			if _, err := tokens.Authenticate(t.Context(), secret); !errors.Is(err, want) {
				t.Errorf("%q: error = %v, want %v", secret, err, want)
			}
		}
	}
}

func TestABusyTokenNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	secret, _ := f.createToken(t)
	if _, err := tokens.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // whoever asks the database with it fails
	f.clock.Advance(999 * time.Millisecond)
	if _, err := tokens.Authenticate(gone, secret); err != nil {
		t.Errorf("within a second: %v", err)
	}
}

func TestRevokingEndsATokenWithinASecond(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	for name, end := range map[string]func(*models.APIToken) error{
		"revoked": func(token *models.APIToken) error {
			return f.store.RevokeAPIToken(t.Context(), f.ada.Actor(models.ViaWeb), token.ID)
		},
		"disabled": func(*models.APIToken) error {
			return f.store.SetUserDisabled(t.Context(), models.SystemActor(f.ada.OrgID), f.ada.ID, true)
		},
	} {
		secret, token := f.createToken(t)
		if _, err := tokens.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		wantCode(t, end(token), "")
		f.clock.Advance(time.Second)
		_, err := tokens.Authenticate(t.Context(), secret)
		wantCode(t, err, models.CodeUnauthorized)
		wantCode(t, f.store.SetUserDisabled(t.Context(), models.SystemActor(f.ada.OrgID), f.ada.ID, false), "")
		if name == "disabled" { // and works again with its person
			_, err = tokens.Authenticate(t.Context(), secret)
			wantCode(t, err, "")
		}
	}
}

func TestManyRequestsAtOnceGetTheirCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	secret, token := f.createToken(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 50 {
				caller, err := tokens.Authenticate(t.Context(), secret)
				if err != nil || caller.Token.ID != token.ID {
					t.Errorf("caller = %+v, %v", caller, err)
					return
				}
				f.clock.Advance(30 * time.Millisecond) // past refresh and validity, again and again
			}
		})
	}
	wg.Wait()
}

func TestTheLastUseIsWrittenBesideTheRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	secret, token := f.createToken(t)
	lastUse := func() *time.Time {
		t.Helper()
		got, _, err := f.store.APITokenByHash(t.Context(), token.Hash)
		if err != nil {
			t.Fatal(err)
		}
		return got.LastUsedAt
	}
	use := func() {
		t.Helper()
		if _, err := tokens.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	use()
	f.clock.Advance(2 * time.Second)
	use() // looked up again: the use before it is not lost
	if at := lastUse(); at != nil {
		t.Errorf("a request wrote its use: %v", at)
	}
	tokens.WriteUses(t.Context())
	if at := lastUse(); at == nil || !at.Equal(noon.Add(2*time.Second)) {
		t.Errorf("last use = %v, want 2 s past noon", at)
	}
	f.clock.Advance(time.Hour)
	tokens.WriteUses(t.Context()) // nothing new
	if at := lastUse(); !at.Equal(noon.Add(2 * time.Second)) {
		t.Errorf("last use without a request = %v", at)
	}
	use()
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { defer close(done); tokens.Run(ctx) }()
	cancel()
	<-done
	if at := lastUse(); !at.Equal(f.clock.Now()) {
		t.Errorf("last use after the end = %v, want %v", at, f.clock.Now())
	}
}

func TestReplacedTokensEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	other, _ := f.createToken(t)
	actor := f.ada.Actor(models.ViaSystem)
	old, _, err := f.ReplaceToken(t.Context(), actor, "cli")
	wantCode(t, err, "")
	fresh, _, err := f.ReplaceToken(t.Context(), actor, "cli")
	wantCode(t, err, "")
	for secret, want := range map[string]models.Code{other: "", old: models.CodeUnauthorized, fresh: ""} {
		_, err := tokens.Authenticate(t.Context(), secret)
		wantCode(t, err, want)
	}
}

func TestATokenIsLetThroughAsOftenAsItsLimitSays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokens := newTokens(f)
	ada := f.ada.Actor(models.ViaWeb)
	secret, token, err := f.CreateTokenWith(t.Context(), ada, account.TokenSettings{Name: "x", Scope: models.TokenScopeAll})
	wantCode(t, err, "")
	through := func(rate, burst int) (n int) {
		t.Helper()
		for range 1000 {
			caller, err := tokens.Authenticate(t.Context(), secret)
			wantCode(t, err, "")
			if err := tokens.Limit(caller, rate, burst); err != nil {
				wantCode(t, err, models.CodeThrottled)
				return n
			}
			n++
		}
		return n
	}
	if n := through(0, 0); n != 1000 {
		t.Errorf("%d came through without a limit", n)
	}
	if n := through(60, 120); n != 120 {
		t.Errorf("%d came through at once; want the address's burst of 120", n)
	}
	f.clock.Advance(500 * time.Millisecond)
	if n := through(60, 120); n != 30 {
		t.Errorf("%d came through after half a second; want 30", n)
	}
	wantCode(t, f.SaveToken(t.Context(), ada, token.ID, account.TokenSettings{Name: "x", TokenLimits: models.TokenLimits{RatePerSecond: 2, Burst: 3}}), "")
	f.clock.Advance(10 * time.Second) // a rest, in which the token is also looked up again
	if n := through(60, 120); n != 3 {
		t.Errorf("%d came through at once; want the token's own burst of 3", n)
	}
	f.clock.Advance(-time.Hour)
	f.clock.Advance(2 * time.Second)
	if n := through(60, 120); n < 1 {
		t.Error("a clock that was set back keeps the token out")
	}
}
