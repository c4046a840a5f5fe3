package secret_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// key makes a root key of one repeated byte.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func openSealer(t *testing.T, s *store.Store, c clock.Clock, keks ...[]byte) *secret.Sealer {
	t.Helper()
	sealer, err := secret.Open(t.Context(), s, keks, c)
	if err != nil {
		t.Fatalf("open sealer: %v", err)
	}
	return sealer
}

func mustSeal(t *testing.T, s *secret.Sealer, assoc, text string) string {
	t.Helper()
	sealed, err := s.Seal(t.Context(), assoc, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func wantOpen(t *testing.T, s *secret.Sealer, assoc, sealed, want string) {
	t.Helper()
	if got, err := s.Open(t.Context(), assoc, sealed); err != nil || string(got) != want {
		t.Fatalf("opened %q, %v; want %q", got, err, want)
	}
}

func TestASealedSecretOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	sealer := openSealer(t, storetest.SQLite(t, storetest.Options{Clock: c}), c, key(1))
	place := secret.Assoc("credentials", "CR_1", "secret_sealed")

	sealed := mustSeal(t, sealer, place, "pa$$word")
	if parts := strings.Split(sealed, ":"); len(parts) != 3 || parts[0] != "v1" || strings.Contains(sealed, "pa$$word") {
		t.Errorf("sealed = %q", sealed)
	}
	if sealed == mustSeal(t, sealer, place, "pa$$word") {
		t.Error("the same secret gives the same text twice")
	}
	wantOpen(t, sealer, place, sealed, "pa$$word")
	wantOpen(t, sealer, place, mustSeal(t, sealer, place, ""), "")

	for name, try := range map[string][2]string{
		"another row":   {secret.Assoc("credentials", "CR_2", "secret_sealed"), sealed},
		"changed":       {place, sealed[:len(sealed)-3] + "AAA"},
		"cut":           {place, sealed[:20]},
		"no base64":     {place, sealed[:len(sealed)-1] + "!"},
		"unknown key":   {place, "v1:nosuchkey:" + strings.Split(sealed, ":")[2]},
		"later version": {place, "v2" + sealed[2:]},
		"plain text":    {place, "pa$$word"},
		"empty":         {place, ""},
	} {
		if got, err := sealer.Open(t.Context(), try[0], try[1]); err == nil {
			t.Errorf("%s: opened %q, want an error", name, got)
		}
	}
}

func TestASecretSurvivesARestartWithTheSameKey(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	sealed := mustSeal(t, openSealer(t, s, c, key(1)), "a", "text")
	wantOpen(t, openSealer(t, s, c, key(1)), "a", sealed, "text")
	wantOpen(t, openSealer(t, s, c, key(2), key(1)), "a", sealed, "text") // a newer root key may stand before it
}

func TestAnotherRootKeyDoesNotFitTheDatabase(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	openSealer(t, s, c, key(1))
	_, err := secret.Open(t.Context(), s, [][]byte{key(2)}, c)
	if err == nil || !strings.HasPrefix(err.Error(), "SECRET_KEY does not fit this database: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error = %v, want one clear line", err)
	}
	for name, keks := range map[string][][]byte{"none": nil, "short": {key(1)[:16]}} {
		if _, err := secret.Open(t.Context(), s, keks, c); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestManyFirstStartsAtOnceShareOneDataKey(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	sealers := make([]*secret.Sealer, 4)
	var wg sync.WaitGroup
	for i := range sealers {
		wg.Go(func() {
			var err error
			if sealers[i], err = secret.Open(t.Context(), s, [][]byte{key(1)}, c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, other := range sealers {
		wantOpen(t, other, "a", mustSeal(t, sealers[0], "a", "text"), "text")
	}
}

func TestRotationReachesARunningProcess(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	server, command := openSealer(t, s, c, key(1)), openSealer(t, s, c, key(1))
	old := mustSeal(t, server, "a", "old")
	if _, err := command.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := mustSeal(t, command, "a", "fresh")
	if keyOf(old) == keyOf(fresh) {
		t.Fatal("rotation did not change the key")
	}
	wantOpen(t, command, "a", mustSeal(t, server, "a", "between"), "between") // the server does not know yet
	c.Advance(time.Minute)
	if got := keyOf(mustSeal(t, server, "a", "later")); got != keyOf(fresh) {
		t.Errorf("a minute later the server seals with %s, want %s", got, keyOf(fresh))
	}
	wantOpen(t, server, "a", old, "old")

	if _, err := command.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantOpen(t, server, "a", mustSeal(t, command, "a", "text"), "text") // looked up at once
}

func TestANewRootKeyTakesOverAtRotation(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	sealed := mustSeal(t, openSealer(t, s, c, key(1)), "a", "text")

	both := openSealer(t, s, c, key(2), key(1))
	before, err := both.Status(t.Context())
	if err != nil || len(before.Roots) != 2 || before.Roots[0].DataKeys != 0 || before.Roots[1].DataKeys != 1 || len(before.Keys) != 1 {
		t.Fatalf("status before = %+v, %v", before, err)
	}
	c.Advance(time.Second)
	if _, err := both.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := both.Status(t.Context())
	if err != nil || after.Roots[0].DataKeys != 2 || after.Roots[1].DataKeys != 0 || len(after.Keys) != 2 {
		t.Fatalf("status after = %+v, %v", after, err)
	}
	if after.Keys[0].Current || !after.Keys[1].Current || after.Keys[0].ID != before.Keys[0].ID {
		t.Errorf("keys = %+v, want the new one current", after.Keys)
	}
	wantOpen(t, openSealer(t, s, c, key(2)), "a", sealed, "text") // the old root key is not needed any more
	if _, err := secret.Open(t.Context(), s, [][]byte{key(1)}, c); err == nil {
		t.Error("the old root key alone still opens the database")
	}
}

func TestCookieKeysComeFromTheRootKeysNewestFirst(t *testing.T) {
	t.Parallel()
	one, both := secret.CookieKeys([][]byte{key(1)}), secret.CookieKeys([][]byte{key(2), key(1)})
	if len(one) != 2 || len(both) != 4 || !slices.EqualFunc(one, both[2:], bytes.Equal) {
		t.Fatalf("pairs = %d and %d, want the older key's last", len(one)/2, len(both)/2)
	}
	for i, k := range both {
		if len(k) != 32 || bytes.Equal(k, key(1)) || bytes.Equal(k, key(2)) {
			t.Errorf("key %d is not derived", i)
		}
	}
	if bytes.Equal(one[0], one[1]) {
		t.Error("signature and encryption share a key")
	}
}

func keyOf(sealed string) string { return strings.Split(sealed, ":")[1] }
