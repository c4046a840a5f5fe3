package store_test

import (
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func newToken(name string) *models.APIToken {
	return &models.APIToken{
		ID: models.NewID(models.PrefixToken), Name: name, Hash: models.NewCapability(), Hint: "abcd", Scope: models.TokenScopeAll,
	}
}

func TestATokenIsFoundByItsHashWithItsPerson(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		ada, bob := addUser(t, s, "ada@example.com"), addUser(t, s, "bob@example.com")
		token := newToken("script")
		wantCode(t, s.CreateAPIToken(t.Context(), bob.Actor(models.ViaWeb), token), "")

		got, person, err := s.APITokenByHash(t.Context(), token.Hash)
		if err != nil || got.ID != token.ID || got.Name != "script" || got.Scope != models.TokenScopeAll || got.RevokedAt != nil {
			t.Fatalf("token = %+v, %v", got, err)
		}
		if person.ID != bob.ID || person.Role != models.RoleMember || person.OrgID != bob.OrgID {
			t.Errorf("person = %+v, want bob", person)
		}
		_, _, err = s.APITokenByHash(t.Context(), "unknown")
		wantCode(t, err, models.CodeNotFound)

		wantCode(t, s.RevokeAPIToken(t.Context(), ada.Actor(models.ViaAPI), token.ID), models.CodeNotFound) // not hers, not asked for all
		wantCode(t, s.RevokeAPIToken(t.Context(), bob.Actor(models.ViaWeb), token.ID), "")
		wantCode(t, s.RevokeAPIToken(t.Context(), bob.Actor(models.ViaWeb), token.ID), models.CodeNotFound)
		if got, _, err = s.APITokenByHash(t.Context(), token.Hash); err != nil || got.RevokedAt == nil {
			t.Errorf("after revoking: %+v, %v", got, err)
		}
	})
}

func TestReplacingATokenLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	ada, bob := addUser(t, s, "ada@example.com").Actor(models.ViaSystem), addUser(t, s, "bob@example.com").Actor(models.ViaSystem)
	for _, a := range []models.Actor{ada, bob} {
		wantCode(t, s.CreateAPIToken(t.Context(), a, newToken("cli")), "")
		wantCode(t, s.CreateAPIToken(t.Context(), a, newToken("other")), "")
	}
	fresh := newToken("cli")
	wantCode(t, s.ReplaceAPIToken(t.Context(), ada, fresh), "")

	all, err := s.APITokens(t.Context(), ada)
	if err != nil || len(all) != 2 || all[0].ID != fresh.ID && all[1].ID != fresh.ID {
		t.Errorf("tokens = %+v, %v; want other and the new cli", all, err)
	}
	if all, err = s.APITokens(t.Context(), bob); err != nil || len(all) != 2 {
		t.Errorf("the other person's tokens = %+v, %v; want both", all, err)
	}
}

func TestOfManyReplacementsAtOnceOneTokenIsLeft(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		ada := addUser(t, s, "ada@example.com").Actor(models.ViaSystem)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if err := s.ReplaceAPIToken(t.Context(), ada, newToken("cli")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := s.APITokens(t.Context(), ada); err != nil || len(all) != 1 {
			t.Errorf("tokens = %+v, %v; want one", all, err)
		}
	})
}

func TestLastUseNeverGoesBack(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		ada := addUser(t, s, "ada@example.com").Actor(models.ViaSystem)
		token := newToken("script")
		wantCode(t, s.CreateAPIToken(t.Context(), ada, token), "")
		for _, at := range []time.Time{noon, noon.Add(time.Minute), noon.Add(-time.Minute)} {
			wantCode(t, s.TouchAPITokens(t.Context(), map[string]time.Time{token.ID: at, "TK_unknown": at}), "")
		}
		got, _, err := s.APITokenByHash(t.Context(), token.Hash)
		if err != nil || got.LastUsedAt == nil || !got.LastUsedAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("last used = %v, %v; want a minute past noon", got.LastUsedAt, err)
		}
	})
}
