package store_test

import (
	"sync"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestOfManyFirstDataKeysOneIsKept(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if err := s.CreateFirstDataKey(t.Context(), &store.DataKey{ID: models.NewCapability(), KEK: "k1", Sealed: "x"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := s.DataKeys(t.Context()); err != nil || len(all) != 1 || !all[0].Current {
			t.Errorf("keys = %+v, %v; want one, current", all, err)
		}
	})
}

func TestRotationLeavesOneCurrentDataKey(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		wantCode(t, s.CreateFirstDataKey(t.Context(), &store.DataKey{ID: "a", KEK: "k1", Sealed: "a under k1"}), "")
		c.Advance(1e9)
		again := []store.DataKey{{ID: "a", KEK: "k2", Sealed: "a under k2"}}
		wantCode(t, s.RotateDataKeys(t.Context(), &store.DataKey{ID: "b", KEK: "k2", Sealed: "b under k2"}, again), "")

		all, err := s.DataKeys(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("keys = %+v, %v", all, err)
		}
		if a := all[0]; a.ID != "a" || a.Current || a.KEK != "k2" || a.Sealed != "a under k2" || !a.CreatedAt.Equal(noon) {
			t.Errorf("the old key = %+v", a)
		}
		if b := all[1]; b.ID != "b" || !b.Current {
			t.Errorf("the new key = %+v", b)
		}
	})
}

func TestSealedValuesAreReadInPagesAndReplacedUnlessChanged(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		// No column holds sealed values yet; any text column does for the statements.
		column := store.Column{Table: "api_tokens", Key: "id", Name: "hint"}
		ada := addUser(t, s, "ada@example.com").Actor(models.ViaSystem)
		for id, hint := range map[string]string{"TK_1": "v1:a:1", "TK_2": "", "TK_3": "v1:b:3", "TK_4": "v1:a:4"} {
			token := newToken("x")
			token.ID, token.Hint = id, hint
			wantCode(t, s.CreateAPIToken(t.Context(), ada, token), "")
		}
		first, err := s.SealedValues(t.Context(), column, "", 2)
		if err != nil || len(first) != 2 || first[0] != (store.SealedValue{Row: "TK_1", Sealed: "v1:a:1"}) || first[1].Row != "TK_3" {
			t.Fatalf("first page = %+v, %v", first, err)
		}
		if rest, err := s.SealedValues(t.Context(), column, "TK_3", 2); err != nil || len(rest) != 1 || rest[0].Row != "TK_4" {
			t.Errorf("second page = %+v, %v", rest, err)
		}
		if n, err := s.CountSealed(t.Context(), column, "v1:a:"); n != 2 || err != nil {
			t.Errorf("values under a = %d, %v; want 2", n, err)
		}
		for _, want := range []bool{true, false} { // the second time it is not what was read
			if done, err := s.ReplaceSealed(t.Context(), column, first[0], "v1:b:1"); done != want || err != nil {
				t.Errorf("replaced = %v, %v; want %v", done, err, want)
			}
		}
	})
}
