package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"surveyflow/static"
)

// get asks the handler for a path with the given headers (pairs).
func get(t *testing.T, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestAHashedAddressIsKeptForEver(t *testing.T) {
	t.Parallel()
	url := static.URL("css/app.css")
	if !regexp.MustCompile(`^/static/css/app\.[0-9a-f]{12}\.css$`).MatchString(url) {
		t.Fatalf("URL is %s", url)
	}
	res := get(t, url)
	if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control is %q", got)
	}
	if got := res.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
}

func TestAnAddressWithAnOldOrNoHashIsAskedForEachTime(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/static/js/app.js", "/static/js/app.000000000000.js"} {
		res := get(t, path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d, %q", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
		again := get(t, path, "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.StatusCode)
		}
	}
}

func TestWhoeverTakesGzipGetsIt(t *testing.T) {
	t.Parallel()
	url := static.URL("js/htmx.min.js")
	plain, err := io.ReadAll(get(t, url, "Accept-Encoding", "br, gzip;q=0").Body)
	if err != nil {
		t.Fatal(err)
	}
	res := get(t, url, "Accept-Encoding", "br, gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("headers %v", res.Header)
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil || string(unpacked) != string(plain) {
		t.Errorf("unpacked differs from plain: %v", err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/static/", "/static/css/app.src.css", "/static/../go.mod", "/static/css"} {
		if got := get(t, path).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}

func TestRespondentsLoadLittle(t *testing.T) {
	t.Parallel()
	body, err := io.ReadAll(get(t, static.URL("css/respond.css")).Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 20_000 {
		t.Errorf("respond.css has %d bytes: a respondent's page must stay under 25 kB with everything", len(body))
	}
}

func TestStylesheetsLoadNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"css/app.css", "css/respond.css"} {
		body, err := io.ReadAll(get(t, static.URL(name)).Body)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`@import|url\(\s*["']?(https?:)?//`).FindString(string(body)); found != "" {
			t.Errorf("%s contains %s", name, found)
		}
	}
}
