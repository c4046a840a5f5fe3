package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// frame makes a frame with routes of its own, over an instance that has a user.
func frame(t *testing.T, base string, routes ...Route) (*Web, *echo.Echo, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	s := storetest.SQLite(t, storetest.Options{})
	people := account.New(s, clock.System{}, slog.New(slog.DiscardHandler))
	if _, err := people.AddUser(t.Context(), account.Person{Email: "ada@example.com", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	b, err := link.NewBase(base, "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Options{
		Base: b, People: people, Store: s, CookieKey: bytes.Repeat([]byte("k"), 32), Log: slog.New(slog.NewTextHandler(log, nil)),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, w.Echo(routes), log
}

// ask sends one request and gives the answer.
func ask(e *echo.Echo, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func request(t *testing.T, method, path, form string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
	r.Host = "localhost"
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func visitorRoute(h echo.HandlerFunc) Route {
	return Route{Method: http.MethodPost, Pattern: "/x", Handler: h, Guard: GuardVisitor, Origin: OriginApp}
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[models.Code]int{
		models.CodeInvalid: 422, models.CodeNotFound: 404, models.CodeConflict: 409, models.CodeForbidden: 403,
		models.CodeUnauthorized: 401, models.CodeThrottled: 429, models.CodeTooLarge: 413, models.CodeUnavailable: 503, "something new": 500,
	} {
		if got := Status(fmt.Errorf("wrapped: %w", &models.Error{Code: code})); got != want {
			t.Errorf("%s: %d, not %d", code, got, want)
		}
	}
	for err, want := range map[error]int{
		errors.New("disk on fire"): 500, context.DeadlineExceeded: 503, &http.MaxBytesError{Limit: 10}: 413, echo.ErrNotFound: 404,
		echo.ErrMethodNotAllowed: 405, echo.ErrBadRequest: 400,
	} {
		if got := Status(err); got != want {
			t.Errorf("%v: %d, not %d", err, got, want)
		}
	}
}

func TestAnUnknownErrorIsLoggedOnceAndShowsNothing(t *testing.T) {
	t.Parallel()
	_, e, log := frame(t, "http://localhost", visitorRoute(func(echo.Context) error { return errors.New("the cable is cut") }))
	answer := ask(e, request(t, http.MethodPost, "/x", ""))
	if answer.Code != 500 || strings.Contains(answer.Body.String(), "cable") || !strings.Contains(answer.Body.String(), answer.Header().Get("X-Request-Id")) {
		t.Errorf("%d\n%s", answer.Code, answer.Body)
	}
	if n := strings.Count(log.String(), "the cable is cut"); n != 1 {
		t.Errorf("the cause is in the log %d times", n)
	}
}

func TestAPanicIsAnErrorWithItsTrace(t *testing.T) {
	t.Parallel()
	_, e, log := frame(t, "http://localhost", visitorRoute(func(echo.Context) error { panic("oh no") }))
	if answer := ask(e, request(t, http.MethodPost, "/x", "")); answer.Code != 500 {
		t.Errorf("got %d", answer.Code)
	}
	if !strings.Contains(log.String(), "oh no") || !strings.Contains(log.String(), "web_test.go") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestAnErrorAfterTheAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	_, e, _ := frame(t, "http://localhost", visitorRoute(func(c echo.Context) error {
		if err := c.String(http.StatusAccepted, "taken"); err != nil {
			return err
		}
		return errors.New("too late")
	}))
	if answer := ask(e, request(t, http.MethodPost, "/x", "")); answer.Code != http.StatusAccepted || answer.Body.String() != "taken" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestAPageThatFailsInTheMiddleIsNotSent(t *testing.T) {
	t.Parallel()
	half := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<h1>Half a")
		return errors.Join(err, errors.New("broken"))
	})
	_, e, _ := frame(t, "http://localhost", visitorRoute(func(c echo.Context) error { return Render(c, 200, half) }))
	if answer := ask(e, request(t, http.MethodPost, "/x", "")); answer.Code != 500 || strings.Contains(answer.Body.String(), "Half a") {
		t.Errorf("%d\n%s", answer.Code, answer.Body)
	}
}

func TestARoomTellsErrorsItsOwnWay(t *testing.T) {
	t.Parallel()
	r := Route{
		Method: http.MethodGet, Pattern: "/api", Guard: GuardToken, Origin: OriginApp,
		Handler: func(echo.Context) error {
			return &models.Error{Code: models.CodeThrottled, Key: "error.unavailable", Args: map[string]any{"Seconds": 7}}
		},
		Errors: func(c echo.Context, p Problem) error { return c.JSON(p.Status, map[string]any{"code": p.Error.Code}) },
	}
	_, e, _ := frame(t, "http://localhost", r)
	answer := ask(e, request(t, http.MethodGet, "/api", ""))
	if answer.Code != 429 || answer.Header().Get("Retry-After") != "7" || !strings.Contains(answer.Body.String(), `"throttled"`) {
		t.Errorf("%d %v %s", answer.Code, answer.Header(), answer.Body)
	}
}

func TestARouteWithoutGuardOrOriginIsRefused(t *testing.T) {
	t.Parallel()
	w, _, _ := frame(t, "http://localhost")
	nothing := func(echo.Context) error { return nil }
	for _, r := range []Route{
		{Method: http.MethodGet, Pattern: "/a", Handler: nothing, Origin: OriginApp},
		{Method: http.MethodGet, Pattern: "/b", Handler: nothing, Guard: GuardUser},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", r.Pattern)
				}
			}()
			w.Echo([]Route{r})
		}()
	}
}

func TestBindReadsTheBodyAlone(t *testing.T) {
	t.Parallel()
	var got struct {
		Name     string   `form:"name"`
		Password string   `form:"password,raw"`
		On       bool     `form:"on"`
		Off      bool     `form:"off"`
		Count    int      `form:"count"`
		Revision int64    `form:"revision"`
		Tags     []string `form:"tag"`
		Admin    bool
	}
	var err error
	_, e, _ := frame(t, "http://localhost", visitorRoute(func(c echo.Context) error {
		err = Bind(c, &got)
		return c.NoContent(http.StatusNoContent)
	}))
	ask(e, request(t, http.MethodPost, "/x?name=address&Admin=1", "name=+A%00da%0D%0AL%FF+&password=+secret+&on=on&count=&revision=9007199254740993&tag=a&tag=b&Admin=on"))
	if err != nil || got.Name != "Ada\nL\uFFFD" || got.Password != " secret " || !got.On || got.Off || got.Count != 0 ||
		got.Revision != 9007199254740993 || len(got.Tags) != 2 || got.Admin {
		t.Errorf("%v: %+v", err, got)
	}
	ask(e, request(t, http.MethodPost, "/x", "count=many"))
	if models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("a count of many gives %v", err)
	}
}

func TestMessagesLiveOverOneRedirectAndCannotBeForged(t *testing.T) {
	t.Parallel()
	_, e, _ := frame(t, "http://localhost",
		visitorRoute(func(c echo.Context) error {
			FlashOK(c, "It is done.")
			return Redirect(c, "/x")
		}),
		Route{
			Method: http.MethodGet, Pattern: "/x", Guard: GuardVisitor, Origin: OriginApp,
			Handler: func(c echo.Context) error { return Render(c, 200, FlashesBeside(c)) },
		})
	led := ask(e, request(t, http.MethodPost, "/x", ""))
	cookies := led.Result().Cookies()
	if led.Code != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly {
		t.Fatalf("%d %v", led.Code, cookies)
	}
	look := request(t, http.MethodGet, "/x", "")
	look.AddCookie(cookies[0])
	seen := ask(e, look)
	if !strings.Contains(seen.Body.String(), "It is done.") {
		t.Errorf("the message is not shown: %s", seen.Body)
	}
	if gone := seen.Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
		t.Errorf("the message stays: %v", gone)
	}
	forged := request(t, http.MethodGet, "/x", "")
	forged.AddCookie(&http.Cookie{Name: cookies[0].Name, Value: cookies[0].Value[:len(cookies[0].Value)-6] + "AAAAAA"})
	if body := ask(e, forged).Body.String(); strings.Contains(body, "It is done.") {
		t.Error("a changed cookie is believed")
	}
}

func TestCookiesAreBoundToTheHostBehindTLS(t *testing.T) {
	t.Parallel()
	w, e, _ := frame(t, "https://app.example.com", visitorRoute(func(c echo.Context) error {
		FlashOK(c, "Hello")
		return c.NoContent(http.StatusNoContent)
	}))
	r := request(t, http.MethodPost, "/x", "")
	r.Host = "app.example.com"
	answer := ask(e, r)
	if got := answer.Header().Get("Strict-Transport-Security"); got == "" {
		t.Error("there is no HSTS")
	}
	if c := answer.Result().Cookies(); len(c) != 1 || !c[0].Secure || !strings.HasPrefix(c[0].Name, "__Host-") {
		t.Errorf("the cookie is %v", c)
	}
	if name := w.sessions.cookieName(); name != "__Host-surveyflow" {
		t.Errorf("the session's cookie is %s", name)
	}
}

func TestOnlyTrustedProxiesTellTheAddress(t *testing.T) {
	t.Parallel()
	var got string
	_, e, _ := frame(t, "http://localhost", visitorRoute(func(c echo.Context) error {
		got = c.RealIP()
		return c.NoContent(http.StatusNoContent)
	}))
	for remote, want := range map[string]string{"192.0.2.9:1": "203.0.113.5", "198.51.100.1:1": "198.51.100.1", "127.0.0.1:1": "127.0.0.1"} {
		r := request(t, http.MethodPost, "/x", "")
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "10.9.9.9, 203.0.113.5")
		if ask(e, r); got != want {
			t.Errorf("through %s the address is %s, not %s", remote, got, want)
		}
	}
}

func TestOnlyTrustedProxiesTellTheCertificateOfAClient(t *testing.T) {
	t.Parallel()
	const name = "X-Client-Cert"
	w, _, _ := frame(t, "http://localhost")
	w.cert = name
	var got, left string
	e := w.Echo([]Route{{Method: http.MethodGet, Pattern: "/y", Guard: GuardNone, Origin: OriginPublic, Handler: func(c echo.Context) error {
		got, left = ClientCertificate(c), c.Request().Header.Get(name)
		return c.NoContent(http.StatusNoContent)
	}}})
	for _, tc := range []struct {
		remote string
		sent   []string
		want   string
	}{
		{"192.0.2.9:1", []string{"one"}, "one"},
		{"[::ffff:192.0.2.9]:1", []string{"one"}, "one"},
		{"192.0.2.9:1", nil, ""},
		{"192.0.2.9:1", []string{"mine", "the proxy's"}, severalCertificates},
		{"198.51.100.1:1", []string{"spoofed"}, ""},
		{"127.0.0.1:1", []string{"spoofed"}, ""},
	} {
		r := request(t, http.MethodGet, "/y", "")
		r.RemoteAddr = tc.remote
		r.Header.Set("X-Forwarded-For", "192.0.2.9") // which is no connection
		for _, one := range tc.sent {
			r.Header.Add(strings.ToLower(name), one)
		}
		if ask(e, r); got != tc.want || left != "" {
			t.Errorf("through %s the certificate %q is %q, and %q is left", tc.remote, tc.sent, got, left)
		}
	}
}

func TestTheAppIsNotOnThePublicOrigin(t *testing.T) {
	t.Parallel()
	w, _, _ := frame(t, "https://app.example.com")
	base, err := link.NewBase("https://app.example.com", "https://answers.example.com")
	if err != nil {
		t.Fatal(err)
	}
	w.hosts = newHosts(base)
	ok := func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }
	e := w.Echo([]Route{
		{Method: http.MethodGet, Pattern: "/page", Handler: ok, Guard: GuardVisitor, Origin: OriginApp},
		{Method: http.MethodGet, Pattern: "/s", Handler: ok, Guard: GuardNone, Origin: OriginPublic},
	})
	for at, want := range map[string]int{
		"app.example.com/page": 204, "answers.example.com/page": 404, "answers.example.com/s": 204, "app.example.com/s": 204, "other.example.com/s": 404,
	} {
		host, path, _ := strings.Cut(at, "/")
		r := request(t, http.MethodGet, "/"+path, "")
		r.Host = host
		if answer := ask(e, r); answer.Code != want {
			t.Errorf("%s: %d, not %d", at, answer.Code, want)
		}
	}
}

func TestAGetLeavesNoTraceButHeadIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	_, e, _ := frame(t, "http://localhost", Route{
		Method: http.MethodGet, Pattern: "/y", Guard: GuardNone, Origin: OriginPublic,
		Handler: func(c echo.Context) error { return c.String(200, "hello") },
	})
	if answer := ask(e, request(t, http.MethodHead, "/y", "")); answer.Code != 200 {
		t.Errorf("HEAD got %d", answer.Code)
	}
	if answer := ask(e, request(t, http.MethodPost, "/y", "")); answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST got %d", answer.Code)
	}
}
