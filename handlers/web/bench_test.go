package web

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
)

// BenchmarkFrame measures what surrounds each request of a program: the aim of the whole acceptance is hundreds of
// microseconds, so this must stay in the single ones.
func BenchmarkFrame(b *testing.B) {
	base, err := link.NewBase("http://localhost:8080", "")
	if err != nil {
		b.Fatal(err)
	}
	w, err := New(Options{Base: base, CookieKey: make([]byte, 32), Log: slog.New(slog.NewTextHandler(bufio.NewWriter(io.Discard), nil))})
	if err != nil {
		b.Fatal(err)
	}
	e := w.Echo([]Route{{
		Method: http.MethodPost, Pattern: "/API/v3/surveys/:surveyID/responses", Guard: GuardToken, Origin: OriginApp,
		Handler: func(c echo.Context) error { return c.NoContent(http.StatusNoContent) },
	}})
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/API/v3/surveys/SV_1/responses", nil)
	r.Host = "localhost:8080"
	b.ReportAllocs()
	for b.Loop() {
		e.ServeHTTP(httptest.NewRecorder(), r)
	}
}
