package models_test

import (
	"testing"
	"time"

	"surveyflow/models"
)

func TestDurationsAreISO8601(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT5S": 5 * time.Second, "PT1H30M": 90 * time.Minute, "P2D": 48 * time.Hour, "P1W": 7 * 24 * time.Hour,
		"P1DT1S": 24*time.Hour + time.Second, "PT0.5S": 500 * time.Millisecond,
	} {
		if got, err := models.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, wrong := range []string{"", "P", "PT", "P1DT", "5s", "P1M", "P1Y", "-PT5S", "PT5", "PT99999999999S"} {
		if got, err := models.ParseDuration(wrong); err == nil {
			t.Errorf("%q is read as %v; want an error", wrong, got)
		}
	}
	for _, text := range []string{"PT5S", "PT1H30M", "P2D", "P1DT1S"} {
		d, err := models.ParseDuration(text)
		if got := models.FormatDuration(d); err != nil || got != text {
			t.Errorf("%s is written back as %s, %v", text, got, err)
		}
	}
}
