package cron_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"surveyflow/internal/cron"
)

const stamp = "2006-01-02 15:04 MST"

func TestSchedulesGoByTheClockOfTheirZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, expr, zone, after string
		want                    []string
	}{
		{"hourly", "30 * * * *", "Europe/Oslo", "2026-11-26T10:30:00Z", []string{"2026-11-26 12:30 CET", "2026-11-26 13:30 CET"}},
		{"daily in UTC", "0 9 * * *", "", "2026-11-26T09:00:00Z", []string{"2026-11-27 09:00 UTC"}},
		{"weekly", "15 8 * * 1,5", "America/New_York", "2026-11-26T00:00:00Z", []string{"2026-11-27 08:15 EST", "2026-11-30 08:15 EST", "2026-12-04 08:15 EST"}},
		{"the last of the month", "0 7 L * *", "Europe/Warsaw", "2027-01-31T06:00:00Z", []string{"2027-02-28 07:00 CET", "2027-03-31 07:00 CEST"}},
		{"the 31st, where there is one", "0 7 31 * *", "UTC", "2026-03-31T07:00:00Z", []string{"2026-05-31 07:00 UTC", "2026-07-31 07:00 UTC"}},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29 00:00 UTC"}},
		{
			"a time that is skipped comes an hour later", "30 2 * * *", "Europe/Berlin", "2026-03-28T01:30:00Z",
			[]string{"2026-03-29 03:30 CEST", "2026-03-30 02:30 CEST"},
		},
		{
			"a time that comes twice counts once", "30 2 * * *", "Europe/Berlin", "2026-10-24T00:30:00Z",
			[]string{"2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"},
		},
		{
			"several skipped times", "0,30 2,3 * * *", "Europe/Berlin", "2026-03-28T22:00:00Z",
			[]string{"2026-03-29 03:00 CEST", "2026-03-29 03:30 CEST", "2026-03-30 02:00 CEST"},
		},
		{
			"every hour, one skipped", "0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z",
			[]string{"2026-03-29 01:00 CET", "2026-03-29 03:00 CEST", "2026-03-29 04:00 CEST"},
		},
		{
			"every half hour, one hour twice", "*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z",
			[]string{"2026-10-25 02:00 CEST", "2026-10-25 02:30 CEST", "2026-10-25 02:00 CET", "2026-10-25 02:30 CET", "2026-10-25 03:00 CET"},
		},
		{
			"a clock that is put back by half an hour", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z",
			[]string{"2026-04-05 01:45 +11", "2026-04-06 01:45 +1030"},
		},
		{"over a change far off", "0 9 1 7 *", "America/Santiago", "2026-07-02T00:00:00Z", []string{"2027-07-01 09:00 -04"}},
	} {
		s, err := cron.Parse(c.expr, c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, at := range s.Next(after, len(c.want)) {
			got = append(got, at.In(s.Zone()).Format(stamp))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q; want %q", c.name, got, c.want)
		}
	}
}

// A schedule goes on by steps that are the same, however long it takes to look: none is there twice, none is left out.
func TestEveryQuarterOfAnHourOfAYearComesOnce(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata"} {
		s, err := cron.Parse("*/15 * * * *", zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for at.Year() == 2026 {
			next := s.After(at)
			if next.Sub(at) != 15*time.Minute {
				t.Fatalf("%s: after %s comes %s", zone, at, next)
			}
			at = next
		}
	}
}

func TestWhatIsNoScheduleIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr, zone string
		want       error
	}{
		{"", "", cron.ErrSyntax},
		{"* * * *", "", cron.ErrSyntax},
		{"* * * * * *", "", cron.ErrSyntax},
		{"60 * * * *", "", cron.ErrSyntax},
		{"* 24 * * *", "", cron.ErrSyntax},
		{"@daily", "", cron.ErrSyntax},
		{"*/0 * * * *", "", cron.ErrSyntax},
		{"a b c d e", "", cron.ErrSyntax},
		{"0 0 30 2 *", "", cron.ErrNever},
		{"0 0 * * 8", "", cron.ErrSyntax},
		{"0 9 * * *", "Mars/Base", cron.ErrZone},
		{"0 9 * * *", "Local", cron.ErrZone},
		{"0 9 * * *", "../etc/passwd", cron.ErrZone},
		{"5-1 * * * *", "", cron.ErrSyntax},
		{"1,, * * * *", "", cron.ErrSyntax},
		{"-1 * * * *", "", cron.ErrSyntax},
		{"0 0 32 * *", "", cron.ErrSyntax},
		{"0 0 0 * *", "", cron.ErrSyntax},
		{"0 0 * 13 *", "", cron.ErrSyntax},
	} {
		if _, err := cron.Parse(c.expr, c.zone); !errors.Is(err, c.want) {
			t.Errorf("%q in %q: %v; want %v", c.expr, c.zone, err, c.want)
		}
	}
}

func TestPlainSchedulesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{"5 * * * *", "0 9 * * *", "0 9 * * 1,3", "0 9 * *", "30 23 31 * *", "0 0 L * *", "0 12 24 12 *"} {
		p, ok := cron.ParsePlain(expr)
		if !ok || p.Cron() != expr {
			t.Errorf("%q is read as %+v, %t, and written %q", expr, p, ok, p.Cron())
		}
	}
	for _, expr := range []string{"", "*/5 * * * *", "0 9-17 * * *", "0 9 1 * 1", "00 9 * * *", "0 9 * 5 *", "0 9 * * MON", "0 9 * * 1,1", "0 9 * * ,1"} {
		if p, ok := cron.ParsePlain(expr); ok {
			t.Errorf("%q is read as %+v", expr, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("0 9 * * *", "Europe/Oslo")
	f.Add("*/7 1-5 L 2 1#2", "UTC")
	f.Fuzz(func(t *testing.T, expr, zone string) {
		s, err := cron.Parse(expr, zone)
		if err != nil {
			return
		}
		at := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
		if next := s.After(at); !next.IsZero() && !next.After(at) {
			t.Errorf("after %s comes %s", at, next)
		}
	})
}
