package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"surveyflow/internal/link"
)

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post(link.Surveys(), "name", "Forged").is(http.StatusForbidden).says("main", "another site")
	b.header.Del("Sec-Fetch-Site")
	b.header.Set("Sec-Fetch-Site", "")
	b.header.Set("Origin", "https://evil.example")
	b.post(link.Surveys(), "name", "Forged").is(http.StatusForbidden)
	if n := b.get(link.Surveys()).Find("tbody tr").Length(); n != 0 {
		t.Errorf("%d surveys were made", n)
	}
}

func TestATooLargeBodyIs413(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.post(link.Surveys(), "name", strings.Repeat("x", 1<<20)).is(http.StatusRequestEntityTooLarge).says("main", "1024 KB")
	// Without a length the limit is met while reading.
	body := struct{ *strings.Reader }{strings.NewReader("name=" + strings.Repeat("x", 2<<20))}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, link.Surveys(), body)
	req.ContentLength = -1
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	at, err := url.Parse(a.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(at) {
		req.AddCookie(cookie)
	}
	req.Host = at.Host
	w := httptest.NewRecorder()
	a.server.Config.Handler.ServeHTTP(w, req)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", w.Code)
	}
}

func TestUnknownHostNamesAreRefused(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	for host, want := range map[string]int{
		"rebound.example": http.StatusNotFound, "localhost:9999": http.StatusSeeOther, "[::1]:1": http.StatusSeeOther, "127.0.0.1.evil.example": http.StatusNotFound,
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, link.SignIn(), nil)
		req.Host = host
		w := httptest.NewRecorder()
		a.server.Config.Handler.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
	probe := httptest.NewRequestWithContext(t.Context(), http.MethodGet, link.PatternHealth, nil)
	probe.Host = "10.1.2.3:8080"
	w := httptest.NewRecorder()
	a.server.Config.Handler.ServeHTTP(w, probe)
	if w.Code != http.StatusOK {
		t.Errorf("a probe by address got %d", w.Code)
	}
}

func TestPagesCarryTheirSecurityHeaders(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("ada@example.com")
	p := a.browser().get(link.SignIn()).is(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
			"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control": "no-store", "Vary": "HX-Request", "Strict-Transport-Security": "",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if p.header.Get("X-Request-Id") == "" {
		t.Error("the request has no name")
	}
}

func TestTheLogNamesPatternsAndNoAddresses(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.get("/surveys/SV_secretsecret99/build?token=hunter2").is(http.StatusNotFound)
	if log := a.log.String(); !strings.Contains(log, link.PatternSurveyBuild) || strings.Contains(log, "SV_secret") || strings.Contains(log, "hunter2") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.browser()
	b.get(link.PatternHealth).is(http.StatusOK)
	b.get(link.PatternReady).is(http.StatusOK)
	if p := b.get(link.PatternMetrics).is(http.StatusOK); !strings.Contains(p.text, "go_goroutines") {
		t.Error("there are no measures")
	}
	b.header.Set("X-Forwarded-For", "192.0.2.1")
	b.get(link.PatternMetrics).is(http.StatusNotFound)
}

func TestHtmxGetsFragmentsAndIsLedByAHeader(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	b.header.Set("HX-Request", "true")
	p := b.get(link.With(link.SurveyBuild(id), "edit", "QID1")).is(http.StatusOK)
	if strings.Contains(p.text, "<html") || p.Find("#builder form textarea").Length() == 0 {
		t.Errorf("the fragment is\n%s", p.text)
	}
	lost := a.browser()
	lost.header.Set("HX-Request", "true")
	if at := lost.get(link.SurveyBuild(id)).header.Get("HX-Redirect"); !strings.HasPrefix(at, link.SignIn()) {
		t.Errorf("led to %q", at)
	}
	gone := b.get(link.SurveyBuild("SV_000000000000000")).is(http.StatusNotFound)
	if sentence, err := url.PathUnescape(gone.header.Get("X-Error")); err != nil || !strings.Contains(sentence, "nothing at this address") {
		t.Errorf("app.js is told %q", sentence)
	}
	b.header.Set("HX-Boosted", "true")
	if p := b.get(link.SurveyBuild(id)).is(http.StatusOK); !strings.Contains(p.text, "<html") {
		t.Error("a boosted link got a fragment")
	}
}

func TestWrongPasswordsAreThrottledInWords(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("ada@example.com")
	b := a.browser()
	var last *page
	for range 12 {
		last = b.post(link.SignIn(), "email", "ada@example.com", "password", "wrong")
		if last.status == http.StatusTooManyRequests {
			break
		}
	}
	last.is(http.StatusTooManyRequests).says(".error-summary", "second")
	if last.header.Get("Retry-After") == "" {
		t.Error("nothing says when to try again")
	}
	if last.value("email") != "ada@example.com" {
		t.Error("the address was forgotten")
	}
}

func TestTheThemeIsKept(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.post(link.Theme(), "theme", "dark", "next", link.Account()).to(link.Account())
	if got := b.get(link.Account()).Find("html").AttrOr("data-theme", ""); got != "dark" {
		t.Errorf("the theme is %q", got)
	}
	b.post(link.SignOut()).to(link.SignIn())
	if got := b.get(link.SignIn()).Find("html").AttrOr("data-theme", ""); got != "dark" {
		t.Errorf("signed out, the theme is %q", got)
	}
	b.post(link.Theme(), "theme", "system", "next", "https://evil.example/").to(link.Home())
	if _, there := b.get(link.SignIn()).Find("html").Attr("data-theme"); there {
		t.Error("the theme stays")
	}
}
