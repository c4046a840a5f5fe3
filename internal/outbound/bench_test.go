package outbound_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"surveyflow/internal/outbound"
)

// BenchmarkDo is the hot path: a small JSON POST to a receiver that keeps its connections. The receiver's own cost is
// in the figures; BenchmarkTransport is the same exchange without this package.
func BenchmarkDo(b *testing.B) {
	server := benchReceiver(b)
	client := outbound.New(outbound.Options{Version: "1.0", Allow: allow(b, "127.0.0.1")})
	b.Cleanup(client.CloseIdle)
	request := outbound.Request{Method: http.MethodPost, URL: server.URL + "/hook?survey=SV_1", Header: benchHeader(), Body: benchBody}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if x := client.Do(b.Context(), request); !x.Succeeded() {
				b.Errorf("exchange failed: %v", x.Err)
			}
		}
	})
}

// BenchmarkTransport is what net/http alone costs for the same exchange.
func BenchmarkTransport(b *testing.B) {
	server := benchReceiver(b)
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/hook?survey=SV_1", bytes.NewReader(benchBody))
			if err != nil {
				b.Fatal(err)
			}
			req.Header = benchHeader()
			resp, err := transport.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
	})
}

var benchBody = []byte(`{"type":"survey.response.completed","data":{"satisfaction":"Very satisfied","score":9,"segment":"gold"}}`)

func benchHeader() http.Header {
	return http.Header{
		"Content-Type":     {"application/json"},
		"Idempotency-Key":  {"RN_000000000000000.OCAC_000000000000000"},
		"X-Surveyflow-Run": {"RN_000000000000000"},
	}
}

func benchReceiver(b *testing.B) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	b.Cleanup(server.Close)
	return server
}
