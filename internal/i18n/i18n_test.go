package i18n

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// mustLoad reads catalogues that a test made up.
func mustLoad(t *testing.T, files map[string]string) *catalogue {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys["locales/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTChoosesThePluralFormAndFillsIn(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{0: "0 hours ago", 1: "1 hour ago", 2: "2 hours ago"} {
		if got := T(t.Context(), "format.ago.hours", "Count", count); got != want {
			t.Errorf("%d: got %q, want %q", count, got, want)
		}
	}
}

func TestAMissingKeyIsShownAsItIs(t *testing.T) {
	t.Parallel()
	if got := T(t.Context(), "no.such.key", "Count", 2); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
	if Has("no.such.key") || !Has("format.now") {
		t.Error("Has is wrong")
	}
}

func TestALanguageWithoutCatalogueSpeaksEnglishInItsOwnNumbersAndDirection(t *testing.T) {
	t.Parallel()
	ctx := WithLocale(t.Context(), "de-DE")
	if got := T(ctx, "format.now"); got != "just now" {
		t.Errorf("sentence %q", got)
	}
	if got := Number(ctx, 12345); got != "12.345" {
		t.Errorf("number %q", got)
	}
	if got := T(ctx, "people.error.token_limit", "Max", 100_000); got != "Enter a whole number from 0 to 100.000." {
		t.Errorf("a number in a message %q", got)
	}
	if Lang(ctx) != "de-DE" || Dir(ctx) != "ltr" {
		t.Errorf("%s %s", Lang(ctx), Dir(ctx))
	}
	for _, lang := range []string{"ar", "he", "fa-IR", "ur"} {
		if DirOf(lang) != "rtl" {
			t.Errorf("%s is written from left to right", lang)
		}
	}
}

func TestABrokenTagMeansEnglish(t *testing.T) {
	t.Parallel()
	ctx := WithLocale(t.Context(), "<script>")
	if Lang(ctx) != Base || DirOf("<script>") != "ltr" {
		t.Errorf("language %q", Lang(ctx))
	}
	if got := Match("", "xx-invalid-tag-", "fr;q=0.9, en;q=0.8"); got != Base {
		t.Errorf("matched %q", got)
	}
}

func TestAKeyInTwoFilesOfALanguageIsAnError(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"locales/a.en.json": {Data: []byte(`{"x.y": "one"}`)},
		"locales/b.en.json": {Data: []byte(`{"x.y": "two"}`)},
	}
	if _, err := load(fsys); err == nil || !strings.Contains(err.Error(), "x.y") {
		t.Errorf("error is %v", err)
	}
}

func TestEnglishIsTheFirstChoiceOfTheMatcher(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"a.de.json": `{"x": "ein"}`, "a.en.json": `{"x": "one"}`, "a.nb.json": `{"x": "en"}`})
	if c.tags[0].String() != Base || len(c.tags) != 3 {
		t.Errorf("tags %v", c.tags)
	}
}

func TestTimesAreInTheReadersZone(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	ctx := WithZone(t.Context(), oslo)
	at := time.Date(2026, 11, 22, 9, 42, 7, 123_000_000, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Time(ctx, at), "22 Nov 2026, 10:42"},
		{ExactTime(ctx, at), "22 Nov 2026, 10:42:07.123 CET"},
		{Date(ctx, at), "22 Nov 2026"},
		{Clock(ctx, at), "10:42"},
		{Time(ctx, time.Time{}), ""},
		{Time(WithZone(ctx, nil), at), "22 Nov 2026, 09:42"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestRelativeTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		distance time.Duration
		want     string
	}{
		{0, "just now"},
		{-9 * time.Second, "just now"},
		{-40 * time.Second, "40 seconds ago"},
		{-59*time.Minute - 59*time.Second, "59 minutes ago"},
		{-time.Hour, "1 hour ago"},
		{-26 * time.Hour, "1 day ago"},
		{-30 * 24 * time.Hour, "30 days ago"},
		{-31 * 24 * time.Hour, "22 Oct 2026, 10:00"},
		{5 * time.Second, "in 5 seconds"},
		{90 * time.Minute, "in 1 hour"},
	} {
		if got := RelativeTime(t.Context(), now.Add(c.distance), now); got != c.want {
			t.Errorf("%v: got %q, want %q", c.distance, got, c.want)
		}
	}
	if got := RelativeTime(t.Context(), now, time.Time{}); got != "22 Nov 2026, 10:00" {
		t.Errorf("without now: %q", got)
	}
}

func TestDurationsAndSizes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct{ got, want string }{
		{Duration(ctx, -time.Second), "0 ms"},
		{Duration(ctx, 132*time.Millisecond), "132 ms"},
		{Duration(ctx, 1340*time.Millisecond), "1.3 s"},
		{Duration(ctx, 125*time.Second), "2 min 5 s"},
		{Duration(ctx, 190*time.Minute), "3 h 10 min"},
		{Bytes(ctx, 512), "512\u00a0B"},
		{Bytes(ctx, 1_540_000), "1.5\u00a0MB"},
		{Decimal(ctx, 0.5, 2), "0.5"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func BenchmarkTWithoutData(b *testing.B) {
	ctx := WithLocale(context.Background(), "en")
	for b.Loop() {
		T(ctx, "format.now")
	}
}
