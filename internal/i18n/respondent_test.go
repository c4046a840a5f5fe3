package i18n

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
)

// respondentLanguages are those that have sentences for respondents beside English.
var respondentLanguages = []string{"ar", "de", "nb", "pl", "sv"}

func TestRespondentsAreSpokenToInTheLanguageOfTheSurvey(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"nb": "Neste", "no": "Neste", "pl": "Dalej", "sv": "Nästa", "de-AT": "Weiter", "ar-EG": "التالي", "he": "Next"} {
		if got := T(WithLocale(context.Background(), lang), "respond.next"); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if got := T(WithLocale(context.Background(), "pl"), "answer.error.min_choices", "Count", 5); !strings.Contains(got, "5 odpowiedzi") {
		t.Errorf("the plural is %q", got)
	}
}

func TestTheAppSpeaksOnlyLanguagesThatHaveAllOfIt(t *testing.T) {
	t.Parallel()
	for _, lang := range respondentLanguages {
		if slices.Contains(Languages(), lang) {
			t.Errorf("the app offers %s", lang)
		}
		if got := MatchRespondent(lang + ";q=0.9"); got != lang {
			t.Errorf("respondents who ask for %s get %s", lang, got)
		}
	}
	if got := Match("de-DE,de;q=0.9"); got != Base {
		t.Errorf("the app speaks %s", got)
	}
}

func TestTheCataloguesForRespondentsHoldTheSameMessages(t *testing.T) {
	t.Parallel()
	c := loaded()
	first := slices.Sorted(maps.Keys(c.plain[respondentLanguages[0]]))
	if len(first) < 70 {
		t.Errorf("only %d messages", len(first))
	}
	for _, lang := range respondentLanguages {
		for _, key := range first {
			if _, there := c.plain[lang][key]; !there {
				t.Errorf("%s has no %s", lang, key)
			}
			if !c.keys[key] {
				t.Errorf("%s: English has no %s", lang, key)
			}
		}
		if n := len(c.plain[lang]); n != len(first) {
			t.Errorf("%s has %d messages, %s %d", lang, n, respondentLanguages[0], len(first))
		}
	}
}
