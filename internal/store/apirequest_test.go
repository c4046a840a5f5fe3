package store_test

import (
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestCallsAreKeptForADayAndShownToTheirOwner(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		clk := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		s := d.Open(t, storetest.Options{Clock: clk})
		i := storetest.NewInstance(t, s, clk)
		bob := i.User("bob@example.com", models.RoleMember)
		token := &models.APIToken{ID: models.NewID(models.PrefixToken), Name: "mine", Hash: "h", Scope: models.TokenScopeAll}
		i.Check(s.CreateAPIToken(t.Context(), i.Actor, token))
		i.Check(s.SetAPITokenLogged(t.Context(), i.Actor, token.ID, true))
		if err := s.SetAPITokenLogged(t.Context(), bob, token.ID, false); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("another's token is switched: %v", err)
		}
		for n := range 3 {
			at := clk.Now().Add(time.Duration(n) * time.Second)
			i.Check(s.RecordAPIRequests(t.Context(), []models.APIRequest{{ID: models.NewOrderedID(models.PrefixAPIRequest, at), OrgID: i.Actor.OrgID, TokenID: token.ID, Method: "GET", Path: "/API/v3/whoami", Status: 200 + n, At: at}}))
		}
		first, next, err := s.APIRequests(t.Context(), i.Actor, token.ID, store.Page{Limit: 2})
		i.Check(err)
		rest, _, err := s.APIRequests(t.Context(), i.Actor, "", store.Page{Limit: 2, Before: next})
		i.Check(err)
		if len(first) != 2 || first[0].Status != 202 || len(rest) != 1 || rest[0].Status != 200 {
			t.Errorf("they are %+v and %+v", first, rest)
		}
		if others, _, err := s.APIRequests(t.Context(), bob, token.ID, store.Page{}); err != nil || len(others) != 0 {
			t.Errorf("somebody else sees %+v, %v", others, err)
		}
		clk.Advance(models.APIRequestsKept + time.Second)
		if old, _, err := s.APIRequests(t.Context(), i.Actor, "", store.Page{}); err != nil || len(old) != 1 {
			t.Errorf("a day later there are %d, %v", len(old), err)
		}
		i.Check(s.PurgeAPIRequests(t.Context(), clk.Now().Add(-models.APIRequestsKept)))
		i.Check(s.SetAPITokenLogged(t.Context(), i.Actor, token.ID, false))
		if left, _, err := s.APIRequests(t.Context(), i.Actor, "", store.Page{}); err != nil || len(left) != 0 {
			t.Errorf("switched off, %d are left, %v", len(left), err)
		}
	})
}
