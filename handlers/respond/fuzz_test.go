package respond_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/link"
)

// FuzzForm holds that no body makes the server fail, whatever it is.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "page=" + pageOne + "&QID1=9&QID2=1", "page=" + pageOne + "&QID1=9&QID2=3&QID2_3_TEXT=%00%ff%F0%9F", "&&&==%zz&page=%", "token=R_.&page=" + pageOne,
		"go=back&page=" + pageOne, "opened=-99999999999999999999&page=" + pageOne + "&link.segment=x&link.=y",
	} {
		f.Add(seed)
	}
	st := newSite(f, threePages())
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, link.Respond(st.slug), strings.NewReader(body))
		r.Host = st.Listener.Addr().String()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		st.Config.Handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("status %d for %q", w.Code, body)
		}
	})
}

func BenchmarkShow(b *testing.B) {
	st := newSite(b, threePages())
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, link.Respond(st.slug), nil)
		r.Host = st.Listener.Addr().String()
		w := httptest.NewRecorder()
		st.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
	}
}

func BenchmarkSubmitFirstPage(b *testing.B) {
	st := newSite(b, threePages())
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, link.Respond(st.slug), strings.NewReader("page="+pageOne+"&QID1=9&QID2=1"))
		r.Host = st.Listener.Addr().String()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		st.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
	}
}
