package outbound_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/outbound"
)

func TestDo_sends_the_request_and_records_both_sides(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":7}`)
	})
	request := outbound.Request{
		Method: http.MethodPost, URL: strings.Replace(server.URL, "http://", "HTTP://ada:s3cret@", 1) + "/tickets?lang=en#part",
		Header: http.Header{"content-type": {"application/json"}, "X-Tag": {"a"}, "x-tag": {"a"}, "X-None": nil, "X-Text": {"grün\tist"}},
		Body:   []byte(`{"score":9}`),
	}
	x := localClient(t).Do(t.Context(), request)
	if !x.Succeeded() || x.Fault() != outbound.FaultNone || x.Retryable() {
		t.Fatalf("exchange failed: %v", x.Err)
	}

	sent := http.Header{
		"Authorization": {"Basic YWRhOnMzY3JldA=="}, "Content-Type": {"application/json"}, "User-Agent": {"Surveyflow/1.2.3"},
		"X-Tag": {"a", "a"}, "X-Text": {"grün\tist"},
	}
	want := &outbound.Exchange{
		Request: outbound.Sent{Method: http.MethodPost, URL: server.URL + "/tickets?lang=en", Header: sent, Body: []byte(`{"score":9}`)},
		Status:  http.StatusCreated,
		Header:  http.Header{"X-Answer": {"yes"}, "Content-Length": {"8"}, "Content-Type": {"text/plain; charset=utf-8"}, "Date": x.Header["Date"]},
		Body:    []byte(`{"id":7}`),
		Timing:  x.Timing,
	}
	if diff := cmp.Diff(want, x); diff != "" {
		t.Errorf("exchange (-want +got):\n%s", diff)
	}
	arrived := sent.Clone()
	arrived.Set("Content-Length", "11")
	if diff := cmp.Diff(arrived, got.Header); diff != "" {
		t.Errorf("headers at the receiver (-want +got):\n%s", diff)
	}
	if got.URL.String() != "/tickets?lang=en" || string(body) != `{"score":9}` || got.ProtoMajor != 1 {
		t.Errorf("receiver saw %s %q by %s", got.URL, body, got.Proto)
	}
	if _, kept := request.Header["User-Agent"]; kept || len(request.Header) != 5 {
		t.Errorf("the caller's headers were changed: %v", request.Header)
	}
}

func TestDo_keeps_connections_and_times_the_making_of_them(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000)) // chunked
	})
	port := portOf(t, server.URL)
	c := newClient(t, outbound.Options{Allow: allow(t, "127.0.0.1"), Resolver: resolvingTo("127.0.0.1")})
	url := "http://crm.example.com:" + port + "/"

	first, second := get(t, c, url), get(t, c, url)
	if first.Timing.DNS <= 0 || first.Timing.Connect <= 0 || first.Timing.TLS != 0 {
		t.Errorf("first call: %+v, want the time of look-up and connect", first.Timing)
	}
	if second.Timing.DNS != 0 || second.Timing.Connect != 0 {
		t.Errorf("second call made a connection of its own: %+v", second.Timing)
	}
	for _, x := range []*outbound.Exchange{first, second} {
		if x.Timing.FirstByte <= 0 || x.Timing.FirstByte < x.Timing.DNS+x.Timing.Connect || x.Timing.Total < x.Timing.FirstByte || len(x.Body) != 100_000 {
			t.Errorf("timing %+v, %d bytes", x.Timing, len(x.Body))
		}
	}
}

func TestDo_repeats_a_call_whose_kept_connection_was_closed(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	c := localClient(t)
	post := outbound.Request{Method: http.MethodPost, URL: server.URL, Body: []byte("again"), Header: http.Header{"Idempotency-Key": {"RN_1.OCAC_1"}}}
	for range 20 {
		if x := c.Do(t.Context(), post); string(x.Body) != "again" {
			t.Fatalf("answer %q, error %v", x.Body, x.Err)
		}
		server.CloseClientConnections()
	}
}

func TestDo_sends_every_method(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Length", r.Header.Get("Content-Length"))
		_, _ = io.WriteString(w, r.Method)
	})
	c := localClient(t)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		x := c.Do(t.Context(), outbound.Request{Method: method, URL: server.URL})
		want := method
		if method == "HEAD" {
			want = ""
		}
		if !x.Succeeded() || string(x.Body) != want || x.Truncated {
			t.Errorf("%s: %v, body %q", method, x.Err, x.Body)
		}
	}
	for _, method := range []string{"CONNECT", "TRACE", "get", "", "GET /x HTTP/1.1\r\nHost: y", "BREW"} {
		wantFault(t, c.Do(t.Context(), outbound.Request{Method: method, URL: server.URL}), outbound.FaultRequest, "outbound.method")
	}
}

func TestDo_refuses_what_is_no_url(t *testing.T) {
	t.Parallel()
	c := localClient(t)
	for url, key := range map[string]string{
		"":                             "outbound.url.scheme",
		"crm.example.com/x":            "outbound.url.scheme",
		"ftp://crm.example.com":        "outbound.url.scheme",
		"file:///etc/passwd":           "outbound.url.scheme",
		"javascript:alert(1)":          "outbound.url.scheme",
		"http://":                      "outbound.url.host",
		"http:crm.example.com":         "outbound.url.host",
		"http:///x":                    "outbound.url.host",
		"http://:80/":                  "outbound.url.host",
		"http://crm.example.com:0/":    "outbound.url.port",
		"http://crm.example.com:99999": "outbound.url.port",
		"http://crm.example.com:x/":    "outbound.url.invalid",
		"http://crm example.com/":      "outbound.url.invalid",
		"http://[::1/":                 "outbound.url.invalid",
		"http://a\r\nb/":               "outbound.url.invalid",
		"http://crm.example.com/%zz":   "outbound.url.invalid",
	} {
		x := get(t, c, url)
		wantFault(t, x, outbound.FaultURL, key)
		wantError(t, c.CheckURL(url), key)
		if x.Retryable() || x.Request.URL != url {
			t.Errorf("%q: retryable %v, recorded as %q", url, x.Retryable(), x.Request.URL)
		}
	}
	if x := get(t, c, "http://crm.example.com/?secret=1%zz:%zz\x7f"); strings.Contains(x.Err.Error(), "secret") {
		t.Errorf("the log is told the URL: %v", x.Err)
	}
}

func TestDo_calls_hosts_of_other_scripts_by_their_ascii_names(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	port := portOf(t, server.URL)
	c := newClient(t, outbound.Options{Allow: allow(t, "xn--bcher-kva.example"), Resolver: resolvingTo("127.0.0.1")})
	if x := get(t, c, "http://Bücher.example:"+port); string(x.Body) != "xn--bcher-kva.example:"+port {
		t.Errorf("Host = %q, error %v", x.Body, x.Err)
	}
}

func TestCheckHeader_refuses_headers_of_the_connection_and_broken_ones(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, key string }{
		{"Host", "evil.com", "outbound.header.connection"},
		{"content-length", "3", "outbound.header.connection"},
		{"Connection", "close", "outbound.header.connection"},
		{"Keep-Alive", "timeout=5", "outbound.header.connection"},
		{"Proxy-Authorization", "x", "outbound.header.connection"},
		{"Proxy-Connection", "x", "outbound.header.connection"},
		{"TE", "trailers", "outbound.header.connection"},
		{"Trailer", "X", "outbound.header.connection"},
		{"transfer-encoding", "chunked", "outbound.header.connection"},
		{"Upgrade", "h2c", "outbound.header.connection"},
		{"HTTP2-Settings", "x", "outbound.header.connection"},
		{"user-agent", "curl", "outbound.header.ours"},
		{"", "x", "outbound.header.name"},
		{"X Y", "x", "outbound.header.name"},
		{"X:Y", "x", "outbound.header.name"},
		{"X\r\nY", "x", "outbound.header.name"},
		{"Größe", "x", "outbound.header.name"},
		{"X-A", "a\r\nX-B: b", "outbound.header.value"},
		{"X-A", "a\nb", "outbound.header.value"},
		{"X-A", "a\x00b", "outbound.header.value"},
		{"X-A", "a\x7f", "outbound.header.value"},
	} {
		wantError(t, outbound.CheckHeader(tt.name, tt.value), tt.key)
		x := localClient(t).Do(t.Context(), outbound.Request{Method: "GET", URL: "http://127.0.0.1/", Header: http.Header{tt.name: {tt.value}}})
		wantFault(t, x, outbound.FaultRequest, tt.key)
	}
	for name, value := range map[string]string{"Accept-Encoding": "gzip", "X-A": "ü", "Authorization": "Bearer x", "Cookie": "a=b", "X-Empty": ""} {
		if err := outbound.CheckHeader(name, value); err != nil {
			t.Errorf("CheckHeader(%s) = %v", name, err)
		}
	}
}

func TestDo_does_not_unpack_answers(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(make([]byte, 50<<20))
	_ = w.Close()
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("Accept-Encoding = %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	if x := get(t, localClient(t), server.URL); !x.Succeeded() || !bytes.Equal(x.Body, packed.Bytes()) {
		t.Errorf("%d bytes of body, want the %d that were sent (%v)", len(x.Body), packed.Len(), x.Err)
	}
}

func TestDo_bounds_the_body(t *testing.T) {
	t.Parallel()
	size, length := 0, false
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if length {
			w.Header().Set("Content-Length", "10485760")
		}
		status := http.StatusOK
		if r.URL.Path == "/fails" {
			status = http.StatusInternalServerError
		}
		w.WriteHeader(status)
		_, _ = w.Write(make([]byte, size))
	})
	c := localClient(t)
	size = outbound.MaxBody
	if x := get(t, c, server.URL); !x.Succeeded() || x.Truncated || len(x.Body) != outbound.MaxBody {
		t.Errorf("body of the limit: %d bytes, truncated %v, %v", len(x.Body), x.Truncated, x.Err)
	}
	size = 10 << 20
	for _, length = range []bool{false, true} {
		x := get(t, c, server.URL)
		wantFault(t, x, outbound.FaultTooLarge, "outbound.too_large")
		if !x.Truncated || len(x.Body) != outbound.MaxBody || x.Status != http.StatusOK || x.Retryable() || x.Succeeded() {
			t.Errorf("10 MB: %d bytes, truncated %v, status %d, retryable %v", len(x.Body), x.Truncated, x.Status, x.Retryable())
		}
		if x := get(t, c, server.URL+"/fails"); !x.Retryable() {
			t.Error("a 500 with 10 MB is not worth a retry")
		}
	}
	size, length = 1, false
	if x := get(t, c, server.URL); !x.Succeeded() || x.Timing.Connect == 0 {
		t.Errorf("the connection with the rest of 10 MB was used again: %+v, %v", x.Timing, x.Err)
	}
}

func TestDo_leaves_the_callers_own_trace_alone(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(http.ResponseWriter, *http.Request) {})
	connected := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected++ }})
	if x := localClient(t).Do(ctx, outbound.Request{Method: http.MethodGet, URL: server.URL}); !x.Succeeded() || connected != 1 {
		t.Errorf("connected %d times, %v", connected, x.Err)
	}
}
