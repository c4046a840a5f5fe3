package components_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"surveyflow/internal/browsertest"
	"surveyflow/static"
)

// policy is as strict as the app's own, without what the gallery does not need.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"

// gallery serves the pages of the gallery, and one with what app.js does.
func gallery(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	for name, page := range map[string]templ.Component{
		"list": galleryList(), "form": galleryForm(), "detail": galleryDetail(), "sign-in": gallerySignIn(),
		"respond": galleryRespond("en"), "rtl": galleryRespond("ar"), "done": galleryDone(), "script": galleryScript(),
	} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			if err := page.Render(galleryContext(r.Context(), ""), w); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	mux.HandleFunc("GET /notifications/bell", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /theme", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// One browser for all: starting one takes longer than most of what is looked at.
func TestComponentsInABrowser(t *testing.T) {
	t.Parallel()
	browser, site := browsertest.New(t), gallery(t).URL
	for _, c := range []struct {
		name  string
		check func(*testing.T, *browsertest.Browser, string)
	}{
		{"every component is accessible and fits in all views", checkEveryComponentIsAccessibleAndFitsInAllViews},
		{"a narrow page does not scroll sideways", checkANarrowPageDoesNotScrollSideways},
		{"the navigation opens on a phone without JavaScript", checkTheNavigationOpensOnAPhoneWithoutJavaScript},
		{"a dialog asks before it posts", checkADialogAsksBeforeItPosts},
		{"the theme changes at once", checkTheThemeChangesAtOnce},
		{"rows are added and removed in place", checkRowsAreAddedAndRemovedInPlace},
		{"a click is not lost on what is refreshed under it", checkAClickIsNotLostOnWhatIsRefreshedUnderIt},
		{"a field shows where it is needed", checkAFieldShowsWhereItIsNeeded},
		{"copying says so", checkCopyingSaysSo},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, browser, site) })
	}
}

func checkEveryComponentIsAccessibleAndFitsInAllViews(_ *testing.T, browser *browsertest.Browser, site string) {
	for _, view := range []browsertest.View{{}, {Dark: true}, {Width: 375, Height: 720}, {Width: 375, Height: 720, Dark: true}} {
		for _, name := range []string{"list", "form", "detail", "sign-in", "respond", "rtl", "done"} {
			page := browser.Open(site+"/"+name, view)
			page.CheckFits()
			page.CheckAccessibility()
			page.Screenshot("components-" + name)
		}
	}
}

func checkANarrowPageDoesNotScrollSideways(_ *testing.T, browser *browsertest.Browser, site string) {
	for _, name := range []string{"list", "form", "detail", "sign-in", "respond", "rtl"} {
		browser.Open(site+"/"+name, browsertest.View{Width: 320, Height: 640}).CheckFits()
	}
}

func checkTheNavigationOpensOnAPhoneWithoutJavaScript(_ *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/list", browsertest.View{Width: 375, Height: 720, NoScript: true})
	page.Click(`header [popovertarget="navigation"]`)
	page.Wait(`nav a[href="/surveys"]`)
	page.Click("nav summary")
	page.Wait(`form[action="/sign-out"] button`)
}

func checkADialogAsksBeforeItPosts(_ *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/list", browsertest.View{})
	page.Click(`main header button[commandfor="cancel"]`)
	page.Wait("dialog[open]")
	page.CheckAccessibility()
	page.Screenshot("components-dialog")
	page.Click(`dialog button[command="close"]`)
	page.WaitGone("dialog[open]")
}

func checkTheThemeChangesAtOnce(_ *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/list", browsertest.View{})
	page.Click("nav summary")
	page.Click(`button[value="dark"]`)
	page.Wait(`html[data-theme="dark"]`)
	page.Wait(`button[value="dark"][aria-pressed="true"]`)
	page.Click(`button[value="system"]`)
	page.Wait("html:not([data-theme])")
}

func checkRowsAreAddedAndRemovedInPlace(t *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/script", browsertest.View{})
	page.Click(`[data-add-row="headers"]`)
	page.Fill(`[name="headers[1].key"]`, "X-Source")
	page.Click(`[data-row="0"] [data-remove-row]`)
	page.WaitGone(`[name="headers[0].key"]`)
	if got := page.Value(`[name="headers[1].key"]`); got != "X-Source" {
		t.Errorf("the other row holds %q", got)
	}
}

// checkAClickIsNotLostOnWhatIsRefreshedUnderIt replaces a button, then its words alone, then all but puts another button there.
func checkAClickIsNotLostOnWhatIsRefreshedUnderIt(t *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/script", browsertest.View{})
	const add = `[data-add-row="headers"]`
	for n, refresh := range []string{"b.replaceWith(b.cloneNode(true))", "b.innerHTML = b.innerHTML"} {
		page.Hold(add)
		browsertest.Eval[any](page, "((b) => { "+refresh+" })(document.querySelector('"+add+"'))")
		page.LetGo()
		page.Wait(fmt.Sprintf(`[name="headers[%d].key"]`, n+1))
	}
	page.Hold(add)
	browsertest.Eval[any](page, "((b) => { const other = b.cloneNode(true); other.append(' something else'); b.replaceWith(other); })(document.querySelector('"+add+"'))")
	page.LetGo()
	page.Click(add) // a click after that one
	page.Wait(`[name="headers[3].key"]`)
	if n := browsertest.Eval[int](page, `document.querySelectorAll("[name$='.key']").length`); n != 4 {
		t.Errorf("there are %d rows; want 4: what came in the place of the button was another one", n)
	}
}

func checkAFieldShowsWhereItIsNeeded(_ *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/script", browsertest.View{})
	page.WaitGone("#mode:not([hidden])")
	page.Choose(`[name="format"]`, "json")
	page.Wait("#mode")
	without := browser.Open(site+"/script", browsertest.View{NoScript: true})
	without.Wait("#mode")
}

func checkCopyingSaysSo(t *testing.T, browser *browsertest.Browser, site string) {
	page := browser.Open(site+"/script", browsertest.View{})
	browsertest.Eval[bool](page, `Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => { window.copied = text; }}}) !== null`)
	page.Click(`[data-copy="link"]`)
	page.Wait("[data-copy] span[data-before]")
	if got := browsertest.Eval[string](page, "window.copied"); got != "https://example.com/s/x" {
		t.Errorf("copied %q", got)
	}
	if got := page.Text(`[data-copy="link"]`); strings.TrimSpace(got) != "Copied" {
		t.Errorf("the button says %q", got)
	}
}
