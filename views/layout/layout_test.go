package layout_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/layout"
)

// parse renders a page without anything in its context.
func parse(t *testing.T, page templ.Component) *goquery.Document {
	t.Helper()
	var out strings.Builder
	if err := page.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return document(t, out.String())
}

func document(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestAPageWithoutAnythingInItsContextStillRenders(t *testing.T) {
	t.Parallel()
	doc := parse(t, layout.App(layout.AppProps{Title: "Runs", Section: layout.SectionRuns}))
	html := doc.Find("html")
	if html.AttrOr("lang", "") != "en" || html.AttrOr("dir", "") != "ltr" {
		t.Error("language or direction is missing")
	}
	if _, set := html.Attr("data-theme"); set {
		t.Error("the theme does not follow the system")
	}
	if got := doc.Find("title").Text(); got != "Runs · Surveyflow" {
		t.Errorf("title %q", got)
	}
	if got := doc.Find(`nav a[aria-current="page"]`).Text(); strings.TrimSpace(got) != "Runs" {
		t.Errorf("current is %q", got)
	}
	if doc.Find("details").Length() != 0 {
		t.Error("nobody has a menu")
	}
}

func TestAPageKnowsWhoLooks(t *testing.T) {
	t.Parallel()
	ctx := layout.WithViewer(layout.WithTheme(t.Context(), "dark"), layout.Viewer{Name: "Åse Berg", Email: "ase@example.com"})
	ctx = layout.WithFlashes(ctx, components.Flash{Tone: components.ToneOK, Text: "Saved."})
	var out strings.Builder
	if err := layout.App(layout.AppProps{Title: "Runs", HasError: true}).Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	doc := document(t, out.String())
	if doc.Find("html").AttrOr("data-theme", "") != "dark" {
		t.Error("the theme is not dark")
	}
	if got := doc.Find("details").Text(); !strings.Contains(got, "Åse Berg") || !strings.Contains(got, "Å") {
		t.Errorf("menu: %q", got)
	}
	if got := doc.Find("#flashes[role=status]").Text(); !strings.Contains(got, "Saved.") {
		t.Errorf("messages: %q", got)
	}
	if got := doc.Find("title").Text(); got != "Error: Runs · Surveyflow" {
		t.Errorf("title %q", got)
	}
}

func TestAThemeNobodyKnowsFollowsTheSystem(t *testing.T) {
	t.Parallel()
	if got := layout.ThemeOf(layout.WithTheme(t.Context(), `"><script>`)); got != "" {
		t.Errorf("theme %q", got)
	}
}

func TestARespondentsPageHasNothingOfTheAppAndNoScript(t *testing.T) {
	t.Parallel()
	doc := parse(t, layout.Respond(layout.RespondProps{Title: "Mood", Language: "ar", Page: 2, Pages: 3}))
	html := doc.Find("html")
	if html.AttrOr("lang", "") != "ar" || html.AttrOr("dir", "") != "rtl" {
		t.Error("the page is not in the survey's language")
	}
	if doc.Find("script, nav").Length() != 0 {
		t.Error("there is a script or navigation")
	}
	if got := doc.Find("title").Text(); got != "Mood – Page 2 of 3" {
		t.Errorf("title %q", got)
	}
	if doc.Find("link[rel=stylesheet]").Length() != 1 {
		t.Error("more than one stylesheet")
	}
	if one := parse(t, layout.Respond(layout.RespondProps{Title: "Mood", Page: 1, Pages: 1})); one.Find("progress").Length() != 0 {
		t.Error("a single page shows progress")
	}
}

func TestTabsMarkTheCurrentOne(t *testing.T) {
	t.Parallel()
	ctx := i18n.WithLocale(t.Context(), "en")
	if n := len(layout.SurveyTabs(ctx, "SV_1", layout.SurveyTabBuild)); n != len(layout.SurveyTabs(layout.WithAccess(ctx, models.AccessEdit), "SV_1", layout.SurveyTabBuild))-1 {
		t.Errorf("who may not edit gets %d tabs", n)
	}
	var current []string
	for _, tab := range layout.SurveyTabs(ctx, "SV_1", layout.SurveyTabResponses) {
		if tab.Current {
			current = append(current, tab.Label+" "+tab.Href)
		}
	}
	if len(current) != 1 || current[0] != "Responses /surveys/SV_1/responses" {
		t.Errorf("current: %v", current)
	}
	if tabs := layout.WorkflowTabs(ctx, "WF_1", layout.WorkflowTabRuns); !tabs[1].Current || tabs[0].Current {
		t.Errorf("current: %v", tabs)
	}
}
