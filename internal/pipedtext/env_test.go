package pipedtext_test

import (
	"strconv"
	"testing"
	"time"

	"surveyflow/internal/pipedtext"
)

func render(t *testing.T, text string, src pipedtext.Source) string {
	t.Helper()
	tmpl, err := pipedtext.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Text(src)
}

func TestEnv_formatsDatesLikePHP(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	env := &pipedtext.Env{Now: time.Date(2026, 7, 5, 21, 4, 9, 123456000, time.UTC), Zone: berlin}
	for format, want := range map[string]string{
		"d D j l N S w z":                  "05 Sun 5 Sunday 7 th 0 185",
		"W o":                              "27 2026",
		"F m M n t L":                      "July 07 Jul 7 31 0",
		"Y y":                              "2026 26",
		"a A B g G h H i s u v":            "pm PM 919 11 23 11 23 04 09 123456 123",
		"e I O P p T Z U":                  "Europe/Berlin 1 +0200 +02:00 +02:00 CEST 7200 1783285449",
		"c":                                "2026-07-05T23:04:09+02:00",
		"r":                                "Sun, 05 Jul 2026 23:04:09 +0200",
		"DS":                               "07/05/2026",
		"Y%2Fm%2Fd":                        "2026/07/05",
		`\Y\\ \o\f jS`:                     `Y\ of 5th`,
		`j\`:                               "5",
		"ü–k":                              "ü–k",
		"Y-m-d/-1 day":                     "2026-07-04",
		"Y-m-d/+2 weeks":                   "2026-07-19",
		"Y-m-d/%2B1 month":                 "2026-08-05",
		"Y-m-d/-1 Year 1 month":            "2025-06-05",
		"H:i/+1 hour -5 min":               "23:59",
		"Y-m-d H:i/+1 fortnight + 30 secs": "2026-07-19 23:04",
	} {
		if got := render(t, "${date://CurrentDate/"+format+"}", env); got != want {
			t.Errorf("%s gives %q, want %q", format, got, want)
		}
	}
}

func TestEnv_datesAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ now, format, want string }{
		{"2024-01-31T12:00:00Z", "Y-m-d t L z/+1 month", "2024-03-02 31 1 61"}, // as PHP: February has no 31st
		{"2024-02-10T12:00:00Z", "t L", "29 1"},
		{"2023-12-31T00:00:00Z", "z N w o-W", "364 7 0 2023-52"},
		{"2027-01-01T00:00:00Z", "N o-W", "5 2026-53"},
		{"2026-11-01T00:30:00Z", "g h G H A a", "12 12 0 00 AM am"},
		{"2026-11-22T00:00:00Z", "jS p e I T", "22nd Z UTC 0 UTC"},
		{"1969-12-31T23:30:00Z", "U B", "-1800 020"},
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := render(t, "${date://OtherDate/"+tc.format+"}", &pipedtext.Env{Now: now}); got != tc.want {
			t.Errorf("%s at %s gives %q, want %q", tc.format, tc.now, got, tc.want)
		}
	}
	for day, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 23: "23rd", 30: "30th"} {
		if got := render(t, "${date://CurrentDate/jS}", &pipedtext.Env{Now: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)}); got != want {
			t.Errorf("day %d is %s, want %s", day, got, want)
		}
	}
}

func TestEnv_givesTheSameNumbersEveryTime(t *testing.T) {
	t.Parallel()
	const text = "${rand://int/1:1000000} ${rand://int/1:1000000}"
	one := render(t, text, &pipedtext.Env{Seed: "RN_1.OCAC_1"})
	if again := render(t, text, &pipedtext.Env{Seed: "RN_1.OCAC_1", Now: time.Unix(1, 0)}); again != one {
		t.Errorf("a retry gives %s, the first try gave %s", again, one)
	}
	// Pinned, because a run may be retried by a newer version of the program.
	if want := "482072 103197"; one != want {
		t.Errorf("got %s, want %s", one, want)
	}
	if other := render(t, text, &pipedtext.Env{Seed: "RN_2.OCAC_1"}); other == one {
		t.Errorf("another run gives %s too", other)
	}
}

func TestEnv_drawsEveryNumberOfTheRange(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 200 {
		seen[render(t, "${rand://int/-1:2}", &pipedtext.Env{Seed: strconv.Itoa(i)})] = true
	}
	for _, n := range []string{"-1", "0", "1", "2"} {
		if !seen[n] {
			t.Errorf("%s is never drawn", n)
		}
	}
	if len(seen) != 4 {
		t.Errorf("drawn: %v", seen)
	}
	render(t, "${rand://int/-9223372036854775808:9223372036854775807}", &pipedtext.Env{})
}

func TestEnv_asksTheSourceForTheRest(t *testing.T) {
	t.Parallel()
	if got := render(t, "${m://Email} ${date://CurrentDate/Y}", &pipedtext.Env{Source: known}); got != "ada@example.com 0001" {
		t.Errorf("got %q", got)
	}
	if got := render(t, "[${m://Email}]", &pipedtext.Env{}); got != "[]" {
		t.Errorf("without a source: %q", got)
	}
}
