package models_test

import (
	"strings"
	"testing"

	"surveyflow/models"
)

func TestSitesOfFramesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"https://www.example.com":          "https://www.example.com",
		"www.Example.com":                  "https://www.example.com",
		"https://a.example/contact?x=1#y":  "https://a.example",
		"http://localhost:3000, a.example": "http://localhost:3000 https://a.example",
		"*.example.com\nhttps://*.b.co":    "https://*.example.com https://*.b.co",
		"a.example a.example":              "https://a.example",
	} {
		if got, wrong := models.ParseFrameSites(text); strings.Join(got, " ") != want || wrong != "" {
			t.Errorf("%q is read as %q (%q is wrong), not %q", text, got, wrong, want)
		}
	}
	for _, text := range []string{"*", "https://*", "https://a.example;script-src", "javascript:alert(1)", "ftp://a.example", "https://a:b@c.example", "https://a.*.example", "'self'", "data:", "https://[::1]"} {
		if got, wrong := models.ParseFrameSites(text); len(got) > 0 || wrong == "" {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}
