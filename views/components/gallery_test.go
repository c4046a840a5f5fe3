package components_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/static"
	"surveyflow/views/components"
	"surveyflow/views/layout"
)

// The gallery is every component on a few pages, written to GALLERY_DIR, to be looked at in a browser while working on
// them; without that variable it only checks that all of them render.

var galleryNow = time.Date(2026, 11, 22, 10, 42, 7, 0, time.UTC)

// galleryContext is the context of a request of somebody signed in.
func galleryContext(ctx context.Context, theme string) context.Context {
	ctx = i18n.WithNow(i18n.WithZone(ctx, time.UTC), galleryNow)
	ctx = layout.WithViewer(ctx, layout.Viewer{ID: "UR_1", Name: "Ada Lovelace", Email: "ada@example.com", Organisation: "Analytical Engines"})
	ctx = layout.WithFlashes(ctx, components.Flash{Tone: components.ToneOK, Text: "The workflow is live.", Href: "/runs", Label: "See its runs"})
	return layout.WithTheme(layout.WithPath(ctx, "/workflows"), theme)
}

func TestGalleryOfAllComponents(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("GALLERY_DIR")
	if dir == "" {
		dir = t.TempDir()
	} else {
		writeStatic(t, dir)
	}
	pages := map[string]templ.Component{
		"list":    galleryList(),
		"form":    galleryForm(),
		"detail":  galleryDetail(),
		"sign-in": gallerySignIn(),
		"respond": galleryRespond("en"),
		"rtl":     galleryRespond("ar"),
		"done":    galleryDone(),
	}
	for name, page := range pages {
		for _, theme := range []string{"light", "dark"} {
			var out strings.Builder
			if err := page.Render(galleryContext(t.Context(), theme), &out); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, bad := range []string{" style=\"", "<style", "onclick", "javascript:", "%!"} {
				if strings.Contains(out.String(), bad) {
					t.Errorf("%s contains %q", name, bad)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+theme+".html"), []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// writeStatic puts the embedded files beside the pages, under the addresses the pages name.
func writeStatic(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"css/app.css", "css/respond.css", "js/htmx.min.js", "js/app.js", "img/favicon.svg"} {
		data, err := os.ReadFile(filepath.Join("../../static", name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, static.URL(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// galleryErrors are the errors of the form page.
var galleryErrors = []models.FieldError{models.Field("url", "components.empty_value"), models.Field("retry", "components.problem")}
