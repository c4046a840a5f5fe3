package runpages

import (
	"strings"
	"testing"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

func TestEveryStatusHasANameAndAnIcon(t *testing.T) {
	t.Parallel()
	for _, s := range models.RunStatuses {
		if runIcons[s] == "" || !i18n.Has("status."+string(s)) {
			t.Errorf("the status %s has no name or icon", s)
		}
	}
}

func TestPartsOfACallsTimeFollowOneAnother(t *testing.T) {
	t.Parallel()
	for name, timing := range map[string]models.ExchangeTiming{
		"all":         {DNS: 10, Connect: 20, TLS: 30, FirstByte: 100, Total: 120},
		"kept alive":  {FirstByte: 100, Total: 120},
		"no answer":   {DNS: 10, Connect: 20, Total: 500},
		"nothing yet": {},
	} {
		at := int64(0)
		var keys []string
		for _, p := range timingParts(timing) {
			if p.start != at || p.took <= 0 {
				t.Errorf("%s: %s begins at %d and took %d, after %d", name, p.key, p.start, p.took, at)
			}
			at += p.took
			keys = append(keys, p.key)
			if !i18n.Has("run.timing." + p.key) {
				t.Errorf("%s has no name", p.key)
			}
		}
		if at != timing.Total {
			t.Errorf("%s: the parts %s are %d long, want %d", name, strings.Join(keys, " "), at, timing.Total)
		}
	}
}
