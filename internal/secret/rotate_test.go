package secret

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// TestRotationSealsEveryValueAnew uses a column that is no sealed one, as long as none is registered.
func TestRotationSealsEveryValueAnew(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	sealer, err := Open(ctx, s, [][]byte{bytes.Repeat([]byte{1}, 32)}, c)
	if err != nil {
		t.Fatal(err)
	}
	ada := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com"}
	if err := s.AddUser(ctx, &models.Organisation{ID: "acme"}, ada); err != nil {
		t.Fatal(err)
	}
	columns := []store.Column{{Table: "api_tokens", Key: "id", Name: "hint"}}
	const count = 2*resealBatch + 1
	for i := range count {
		id := fmt.Sprintf("TK_%03d", i)
		sealed, err := sealer.Seal(ctx, Assoc("api_tokens", id, "hint"), []byte(id))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CreateAPIToken(ctx, ada.Actor(models.ViaSystem), &models.APIToken{ID: id, Hash: id, Hint: sealed, Scope: models.TokenScopeAll}); err != nil {
			t.Fatal(err)
		}
	}

	c.Advance(time.Second)
	if n, err := sealer.rotate(ctx, columns); n != count || err != nil {
		t.Fatalf("sealed %d anew, %v; want %d", n, err, count)
	}
	st, err := sealer.status(ctx, columns)
	if err != nil || len(st.Keys) != 2 || st.Keys[0].Values != 0 || st.Keys[1].Values != count {
		t.Errorf("status = %+v, %v; want all values under the new key", st, err)
	}
	all, err := s.SealedValues(ctx, columns[0], "", count)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if plain, err := sealer.Open(ctx, Assoc("api_tokens", v.Row, "hint"), v.Sealed); err != nil || string(plain) != v.Row {
			t.Errorf("row %s opens to %q, %v", v.Row, plain, err)
		}
	}

	if _, err := s.ReplaceSealed(ctx, columns[0], all[0], "v1:"+st.Keys[1].ID+":AAAA"); err != nil {
		t.Fatal(err)
	}
	if _, err := sealer.rotate(ctx, columns); err == nil {
		t.Error("a damaged value was passed over in silence")
	}
}
