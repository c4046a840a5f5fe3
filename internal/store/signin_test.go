package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
)

func TestFailedSignInsAreCountedPerSubject(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		count := func(subject string) int {
			t.Helper()
			all, err := s.SignInFailures(t.Context(), subject)
			if err != nil {
				t.Fatal(err)
			}
			return all[subject].Failures
		}
		var wg sync.WaitGroup
		for range 6 { // at once: none is lost
			wg.Go(func() {
				if err := s.AddSignInFailure(t.Context(), noon.Add(-time.Hour), "ip", "account"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if a, b := count("account"), count("ip"); a != 6 || b != 6 {
			t.Fatalf("counts = %d, %d; want 6, 6", a, b)
		}
		wantCode(t, s.ForgetSignInFailures(t.Context(), "account", "ip"), "")
		if a, b := count("account"), count("ip"); a != 0 || b != 5 {
			t.Errorf("after a success: %d, %d; want 0, 5", a, b)
		}
		c.Advance(2 * time.Hour)
		wantCode(t, s.AddSignInFailure(t.Context(), c.Now().Add(-time.Hour), "ip"), "")
		if n := count("ip"); n != 1 {
			t.Errorf("a count that rested is %d, want 1", n)
		}
		wantCode(t, s.PurgeSignInFailures(t.Context(), c.Now()), "")
		if n := count("ip"); n != 0 {
			t.Errorf("after the purge: %d, want 0", n)
		}
	})
}

func TestCountsReadInATransactionCanBeWrittenInIt(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
			if _, err := tx.SignInFailures(ctx, "a", "b"); err != nil {
				return err
			}
			return tx.AddSignInFailure(ctx, noon, "a", "b")
		})
		wantCode(t, err, "")
	})
}
