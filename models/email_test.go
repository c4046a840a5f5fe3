package models_test

import (
	"strings"
	"testing"

	"surveyflow/models"
)

func TestValidEmailTakesOneBareAddress(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]bool{
		"ada@example.com":                       true,
		"ada+tag@mail.example.com":              true,
		"admin@localhost":                       true,
		"jürgen@exämple.de":                     true,
		"":                                      false,
		"ada":                                   false,
		"ada@":                                  false,
		"@example.com":                          false,
		"Ada <ada@example.com>":                 false,
		"<ada@example.com>":                     false,
		" ada@example.com":                      false,
		"ada@example.com, bob@example.com":      false,
		"ada@example.com\r\nBcc: b@example.com": false,
		"\"a b\"@example.com":                   false,
		strings.Repeat("a", 250) + "@x.example": false,
	} {
		if got := models.ValidEmail(email); got != want {
			t.Errorf("ValidEmail(%q) = %v, want %v", email, got, want)
		}
	}
}

func TestEmailKeyIsTheSameForEverySpelling(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"Ångström@Example.COM", " ångström@example.com\n", "ångström@EXAMPLE.com\x00"} {
		if got, want := models.EmailKey(email), "ångström@example.com"; got != want {
			t.Errorf("EmailKey(%q) = %q, want %q", email, got, want)
		}
	}
}
