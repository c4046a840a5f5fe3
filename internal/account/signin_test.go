package account_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/models"
)

func TestSignInTakesTheRightPasswordOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bob := f.addUser(t, "bob@example.com")
	if err := f.store.SetUserDisabled(t.Context(), f.ada.Actor(models.ViaWeb), bob.ID, true); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		email, password string
		code            models.Code
		key             string
	}{
		"right":                      {"ada@example.com", goodPassword, "", ""},
		"another spelling":           {" ADA@example.com", goodPassword, "", ""},
		"wrong password":             {"ada@example.com", "wrong", models.CodeUnauthorized, "people.error.sign_in"},
		"unknown address":            {"eve@example.com", goodPassword, models.CodeUnauthorized, "people.error.sign_in"},
		"disabled, wrong password":   {"bob@example.com", "wrong", models.CodeUnauthorized, "people.error.sign_in"},
		"disabled, right password":   {"bob@example.com", goodPassword, models.CodeUnauthorized, "people.error.disabled"},
		"password in another case":   {"ada@example.com", "Correct horse battery", models.CodeUnauthorized, "people.error.sign_in"},
		"no password":                {"ada@example.com", "", models.CodeInvalid, "error.invalid"},
		"no address":                 {" ", goodPassword, models.CodeInvalid, "error.invalid"},
		"nothing":                    {"", "", models.CodeInvalid, "error.invalid"},
		"a password of another kind": {"ada@example.com", "\x00\xff", models.CodeUnauthorized, "people.error.sign_in"},
	} {
		secret, u, err := f.SignIn(t.Context(), tc.email, tc.password, account.Client{IP: "192.0.2.1"})
		if tc.code == "" {
			if err != nil || u.ID != f.ada.ID || len(secret) < 22 {
				t.Errorf("%s: %q, %+v, %v", name, secret, u, err)
			}
			continue
		}
		if !errors.Is(err, &models.Error{Code: tc.code, Key: tc.key}) || secret != "" {
			t.Errorf("%s: error = %v, want %s %s", name, err, tc.code, tc.key)
		}
	}
}

func TestSignInBeforeTheSetUpIsRefusedLikeAnyOther(t *testing.T) {
	t.Parallel()
	_, _, err := newEmptyFixture(t).SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{})
	wantCode(t, err, models.CodeUnauthorized)
}

// wait gives the seconds of a throttled error, 0 for another one.
func wait(err error) int {
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeThrottled {
		return e.Args["Seconds"].(int)
	}
	return 0
}

func TestTheDelayGrowsWithFailuresOfAnAccountAndEndsWithSuccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	try := func(password string, n int) error { // each from an address of its own
		_, _, err := f.SignIn(t.Context(), "ada@example.com", password, account.Client{IP: fmt.Sprintf("192.0.2.%d", n)})
		return err
	}
	for i := range 5 {
		wantCode(t, try("wrong", i), models.CodeUnauthorized)
	}
	for i, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		if err := try(goodPassword, 10+i); wait(err) != want {
			t.Fatalf("after %d failures: %v, want to wait %d s", 5+i, err, want)
		}
		f.clock.Advance(time.Duration(want) * time.Second)
		wantCode(t, try("wrong", 10+i), models.CodeUnauthorized)
	}
	f.clock.Advance(59 * time.Second)
	if got := wait(try(goodPassword, 30)); got != 1 {
		t.Errorf("a second before the end: wait %d s, want 1", got)
	}
	f.clock.Advance(time.Second)
	wantCode(t, try(goodPassword, 30), "")
	wantCode(t, try("wrong", 31), models.CodeUnauthorized)
	wantCode(t, try(goodPassword, 31), "")
}

func TestUnknownAccountsAreThrottledLikeOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 5 {
		_, _, err := f.SignIn(t.Context(), "eve@example.com", "wrong", account.Client{})
		wantCode(t, err, models.CodeUnauthorized)
	}
	_, _, err := f.SignIn(t.Context(), "EVE@example.com", "wrong", account.Client{})
	wantCode(t, err, models.CodeThrottled)
	_, _, err = f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{})
	wantCode(t, err, "") // others are not held up
}

func TestOneAddressCannotTryManyAccounts(t *testing.T) {
	t.Parallel()
	for name, ip := range map[string]func(int) string{
		"IPv4":                  func(int) string { return "192.0.2.7" },
		"IPv4 as IPv6":          func(int) string { return "::ffff:192.0.2.7" },
		"addresses of one /64":  func(n int) string { return fmt.Sprintf("2001:db8::%x", n+1) },
		"addresses with a zone": func(n int) string { return fmt.Sprintf("fe80::%x%%eth0", n+1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			for i := range 20 {
				_, _, err := f.SignIn(t.Context(), fmt.Sprintf("user%d@example.com", i), "wrong", account.Client{IP: ip(i)})
				wantCode(t, err, models.CodeUnauthorized)
				if i%5 == 0 { // an own account does not wash the others away
					_, _, err = f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{IP: ip(i)})
					wantCode(t, err, "")
				}
			}
			_, _, err := f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{IP: ip(20)})
			wantCode(t, err, models.CodeThrottled)
			_, _, err = f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{IP: "198.51.100.1"})
			wantCode(t, err, "")
		})
	}
}

func TestABurstOfTriesAtOnceIsThrottledToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var refused, throttled atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			_, _, err := f.SignIn(t.Context(), "ada@example.com", "wrong", account.Client{})
			switch models.ErrorCode(err) {
			case models.CodeUnauthorized:
				refused.Add(1)
			case models.CodeThrottled:
				throttled.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if refused.Load() != 5 || throttled.Load() != 25 {
		t.Errorf("%d passwords were tried and %d throttled, want 5 and 25", refused.Load(), throttled.Load())
	}
}

func TestFailuresAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 5 {
		f.SignIn(t.Context(), "ada@example.com", "wrong", account.Client{}) //nolint:errcheck // only the count matters
	}
	f.clock.Advance(24 * time.Hour)
	for range 5 {
		_, _, err := f.SignIn(t.Context(), "ada@example.com", "wrong", account.Client{})
		wantCode(t, err, models.CodeUnauthorized)
	}
}
