package browsertest

import (
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const head = `<!doctype html><html lang="en"><head><title>%s</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head><body><main><h1>%[1]s</h1>`

// site serves a small application: a form that greets, and pages that are broken on purpose.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	page := func(path, policy, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = fmt.Fprintf(w, head, "Page")
			_, _ = w.Write([]byte(body + "</main></body></html>"))
		})
	}
	page("GET /form", "default-src 'self'; img-src data:", `<form method="post" action="/greet"><label>Name <input name="name" value="nobody"></label>
		<label>Size <select name="size"><option value="s">Small</option><option value="l">Large</option></select></label>
		<button>Greet</button></form><p id="script">no script</p><noscript><p id="noscript">scripts are off</p></noscript><script src="/app.js"></script>`)
	page("GET /violates", "default-src 'self'; img-src data:", `<p style="color:red">x</p>`)
	page("GET /throws", "", `<script>console.error("said", 7); throw new Error("boom")</script><p id="x">x</p>`)
	page("GET /broken", "", `<img src="/nowhere.png" alt="nothing"><p>x</p>`)
	page("GET /refused", "", `<p>x</p><script>const r = new XMLHttpRequest(); r.open("GET", "/hangup", false); try { r.send() } catch { console.error("htmx:sendError, p") }</script>`)
	mux.HandleFunc("GET /hangup", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	page("GET /left", "", `<p>x</p><script>console.error("htmx:sendError, p")</script>`)
	page("GET /leaves", "", `<img src="http://93.184.216.34/x.png" alt="x"><img src="http://tracker.example.com/x.png" alt="x">`)
	page("GET /wide", "", `<div style="width:900px">wide</div>`)
	page("GET /inaccessible", "", `<input name="unlabelled"><p style="color:#ccc;background:#fff">faint</p>`)
	page("GET /scheme", "", `<style>#dark{display:none}@media (prefers-color-scheme:dark){#dark{display:block}#light{display:none}}</style><p id="light">light</p><p id="dark">dark</p>`)
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`document.getElementById("script").textContent = "script ran"`))
	})
	mux.HandleFunc("POST /greet", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprintf(w, head+`<p id="greeting">Hello %[2]s, size %[3]s</p>`, "Greeting", r.FormValue("name"), r.FormValue("size"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestPage_fills_and_sends_a_form_with_and_without_javascript(t *testing.T) {
	t.Parallel()
	b, server := New(t), site(t)
	for _, view := range []View{{}, {Width: 375, NoScript: true}} {
		p := b.Open(server.URL+"/form", view)
		if p.Status() != http.StatusOK {
			t.Errorf("%s: status = %d, want 200", view, p.Status())
		}
		script, noscript := p.Text("#script"), Eval[int](p, `document.querySelectorAll("#noscript").length`)
		if wantScript := !view.NoScript; (script == "script ran") != wantScript || (noscript == 1) == wantScript {
			t.Errorf("%s: script = %q, noscript elements = %d", view, script, noscript)
		}
		p.Fill("input[name=name]", "Ada")
		p.Choose("select", "l")
		p.Follow("button")
		if got, want := p.Text("#greeting"), "Hello Ada, size l"; got != want {
			t.Errorf("%s: greeting = %q, want %q", view, got, want)
		}
		if p.Status() != http.StatusUnprocessableEntity || p.Title() != "Greeting" || p.URL() != server.URL+"/greet" {
			t.Errorf("%s: status %d, title %q, at %s", view, p.Status(), p.Title(), p.URL())
		}
	}
}

func TestPage_shows_the_colour_scheme_and_the_width_of_its_view(t *testing.T) {
	t.Parallel()
	b, server := New(t), site(t)
	for view, want := range map[View]string{{}: "light 1280", {Dark: true}: "dark 1280", {Width: 375, Dark: true}: "dark 375"} {
		p := b.Open(server.URL+"/scheme", view)
		got := fmt.Sprint(p.Text("p:not([hidden])"), " ", Eval[int](p, "window.innerWidth"))
		if view.Dark {
			got = fmt.Sprint(p.Text("#dark"), " ", Eval[int](p, "window.innerWidth"))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", view, got, want)
		}
	}
}

func TestPage_takes_note_of_everything_a_browser_complains_about(t *testing.T) {
	t.Parallel()
	b, server := New(t), site(t)
	tests := map[string][]string{
		"/form":     nil,
		"/violates": {"security: Applying inline style violates"},
		"/throws":   {`console: "said" 7`, "JavaScript: Uncaught Error: boom"},
		"/broken":   {"status 404"},
		"/refused":  {"GET " + server.URL + "/hangup was lost: net::ERR_EMPTY_RESPONSE"},
		"/left":     nil,
		"/leaves":   {"leaves this machine: http://93.184.216.34/x.png", "leaves this machine: http://tracker.example.com/x.png"},
	}
	for path, wants := range tests {
		p := b.Open(server.URL+path, View{})
		got := p.Complaints()
		for _, want := range wants {
			if !slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, want) }) {
				t.Errorf("%s: complaints %q lack %q", path, got, want)
			}
		}
		if wants == nil && len(got) > 0 {
			t.Errorf("%s: complaints %q, want none", path, got)
		}
	}
}

func TestPage_is_checked_with_axe_also_under_a_strict_policy_and_without_javascript(t *testing.T) {
	t.Parallel()
	b, server := New(t), site(t)
	for _, view := range []View{{}, {NoScript: true}} {
		b.Open(server.URL+"/form", view).CheckAccessibility()

		found := strings.Join(b.Open(server.URL+"/inaccessible", view).accessibility(), "\n")
		for _, want := range []string{"critical", "(label)", `<input name="unlabelled">`, "(color-contrast)"} {
			if !strings.Contains(found, want) {
				t.Errorf("%s: axe's findings lack %s:\n%s", view, want, found)
			}
		}
	}
}

func TestPage_that_is_wider_than_its_view_is_found(t *testing.T) {
	t.Parallel()
	b, server := New(t), site(t)
	b.Open(server.URL+"/form", View{Width: 375}).CheckFits()
	p := b.Open(server.URL+"/wide", View{Width: 375})
	if got := p.width(); got <= 375 {
		t.Errorf("width = %d, want more than the view's", got)
	}
}

func TestPage_writes_screenshots_where_it_is_told(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shots")
	t.Setenv("SCREENSHOT_DIR", dir)
	b, server := New(t), site(t)
	b.Open(server.URL+"/form", View{Width: 375, Dark: true}).Screenshot("form")

	file, err := os.Open(filepath.Join(dir, "form-375-dark.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	picture, err := png.DecodeConfig(file)
	if err != nil || picture.Width != 375 {
		t.Errorf("picture = %+v, %v, want one 375 wide", picture, err)
	}
}

func TestBrowser_keeps_cookies_to_itself(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("seen")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		_, _ = fmt.Fprintf(w, head+`<p id="new">%[2]t</p>`, "Cookies", err != nil)
	}))
	t.Cleanup(server.Close)

	one, two := New(t), New(t)
	one.Open(server.URL, View{})
	if got := one.Open(server.URL, View{}).Text("#new"); got != "false" {
		t.Errorf("a second page of the same browser is new: %s", got)
	}
	if got := two.Open(server.URL, View{}).Text("#new"); got != "true" {
		t.Errorf("another browser knows the cookie: new = %s", got)
	}
}
