package clock_test

import (
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
)

var (
	_ clock.Clock = clock.System{}
	_ clock.Clock = (*clock.Fake)(nil)
)

func TestSystem_tells_utc_in_microseconds(t *testing.T) {
	t.Parallel()
	before := time.Now().Add(-clock.Precision)
	now := clock.System{}.Now()

	if now.Location() != time.UTC {
		t.Errorf("location = %v, want UTC", now.Location())
	}
	if rest := now.Nanosecond() % int(clock.Precision); rest != 0 {
		t.Errorf("%d ns are finer than the precision", rest)
	}
	if now.Before(before) || now.After(time.Now()) {
		t.Errorf("now = %v is not the machine's time", now)
	}
}

func TestFake_stands_still_until_it_is_moved(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("KST", 9*60*60)
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 1999, seoul))
	start := time.Date(2026, 11, 22, 0, 0, 0, 1000, time.UTC)

	if got := fake.Now(); got != start {
		t.Errorf("Now() = %v, want %v", got, start)
	}
	if got, want := fake.Advance(90*time.Second), start.Add(90*time.Second); got != want || fake.Now() != want {
		t.Errorf("Advance(90s) = %v, Now() = %v, want %v", got, fake.Now(), want)
	}
	fake.Set(start)
	if got := fake.Now(); got != start {
		t.Errorf("after Set Now() = %v, want %v", got, start)
	}
}

func TestFake_may_be_moved_by_many_at_once(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fake := clock.NewFake(start)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { fake.Advance(time.Second) })
	}
	wg.Wait()
	if got, want := fake.Now(), start.Add(50*time.Second); got != want {
		t.Errorf("Now() = %v, want %v", got, want)
	}
}
