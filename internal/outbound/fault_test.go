package outbound_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/outbound"
)

func TestDo_survives_receivers_that_misbehave(t *testing.T) {
	t.Parallel()
	const timeout = 300 * time.Millisecond // of those that have to wait for it
	write := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	hang := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			untilGone(conn)
		}
	}
	forever := func(head, line string, pause time.Duration) func(net.Conn) {
		return func(conn net.Conn) {
			_, err := io.WriteString(conn, head)
			for tick := time.NewTicker(pause); err == nil; <-tick.C {
				_, err = io.WriteString(conn, line)
			}
		}
	}
	const head = "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name   string
		answer func(net.Conn)
		fault  outbound.Fault
		key    string
		status int
	}{
		{"hangs", hang(""), outbound.FaultTimeout, "outbound.timeout", 0},
		{"hangs within the headers", hang(head + "X-A: b"), outbound.FaultTimeout, "outbound.timeout", 0},
		{"hangs within the body", hang(head + "Content-Length: 1000000\r\n\r\nbegin"), outbound.FaultTimeout, "outbound.timeout", 200},
		{"drips headers", forever(head, "X", 10*time.Millisecond), outbound.FaultTimeout, "outbound.timeout", 0},
		{"drips its body", forever(head+"Content-Length: 1000000\r\n\r\n", "x", 10*time.Millisecond), outbound.FaultTimeout, "outbound.timeout", 200},
		{"drips chunks", forever(head+"Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 10*time.Millisecond), outbound.FaultTimeout, "outbound.timeout", 200},
		{"sends headers without end", forever(head, "X-A: "+strings.Repeat("b", 1000)+"\r\n", time.Microsecond), outbound.FaultProtocol, "outbound.protocol", 0},
		{"sends one header line without end", forever(head+"X-A: ", strings.Repeat("b", 1000), time.Microsecond), outbound.FaultProtocol, "outbound.protocol", 0},
		{"sends interim answers without end", forever("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", time.Microsecond), outbound.FaultProtocol, "outbound.protocol", 0},
		{"sends a body without end", forever(head+"Connection: close\r\n\r\n", strings.Repeat("b", 64<<10), time.Microsecond), outbound.FaultTooLarge, "outbound.too_large", 200},
		{"switches protocols", hang("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), outbound.FaultProtocol, "outbound.protocol", 101},
		{"closes without an answer", write(""), outbound.FaultConnection, "outbound.connection.closed", 0},
		{"closes within the body", write(head + "Content-Length: 100\r\n\r\nbegin"), outbound.FaultConnection, "outbound.connection.closed", 200},
		{"closes within a chunk", write(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nbe"), outbound.FaultConnection, "outbound.connection.closed", 200},
		{"answers garbage", write("SSH-2.0-OpenSSH_9.2\r\n\r\n"), outbound.FaultProtocol, "outbound.protocol", 0},
		{"answers a garbage status", write("HTTP/1.1 twohundred OK\r\n\r\n"), outbound.FaultProtocol, "outbound.protocol", 0},
		{"answers garbage headers", write(head + "no colon here\r\n\r\n"), outbound.FaultProtocol, "outbound.protocol", 0},
		{"contradicts itself about the length", write(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), outbound.FaultProtocol, "outbound.protocol", 0},
		{"answers garbage chunks", write(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), outbound.FaultProtocol, "outbound.protocol", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := rawReceiver(t, tt.answer)
			limit := outbound.MaxTimeout
			if tt.fault == outbound.FaultTimeout {
				limit = timeout
			}
			x := localClient(t).Do(t.Context(), outbound.Request{Method: http.MethodPost, URL: url, Body: []byte("{}"), Timeout: limit})
			wantFault(t, x, tt.fault, tt.key)
			if x.Status != tt.status || x.Succeeded() {
				t.Errorf("status = %d, succeeded %v, want %d", x.Status, x.Succeeded(), tt.status)
			}
			if x.Retryable() != (tt.fault != outbound.FaultTooLarge) {
				t.Errorf("retryable = %v", x.Retryable())
			}
			if x.Timing.Total > limit+time.Minute || len(x.Body) > outbound.MaxBody || len(x.Err.Error()) > 600 {
				t.Errorf("the call cost %v, %d bytes and an error of %d", x.Timing.Total, len(x.Body), len(x.Err.Error()))
			}
			if tt.status == 200 && strings.Contains(tt.name, "closes within the body") && (string(x.Body) != "begin" || !x.Truncated) {
				t.Errorf("what came of the body is %q, truncated %v", x.Body, x.Truncated)
			}
		})
	}
}

func TestDo_ends_calls_to_receivers_that_read_nothing(t *testing.T) {
	t.Parallel()
	url := rawReceiver(t, func(net.Conn) { <-t.Context().Done() })
	x := localClient(t).Do(t.Context(), outbound.Request{Method: http.MethodPost, URL: url, Body: make([]byte, 20<<20), Timeout: 100 * time.Millisecond})
	wantFault(t, x, outbound.FaultTimeout, "outbound.timeout")
}

func TestDo_tells_a_refused_connection_and_an_unknown_host(t *testing.T) {
	t.Parallel()
	wantFault(t, get(t, localClient(t), "http://"+closedPort), outbound.FaultConnection, "outbound.connection.refused")

	c := newClient(t, outbound.Options{Resolver: resolvingTo()})
	x := get(t, c, "http://nowhere.example.com/")
	wantFault(t, x, outbound.FaultDNS, "outbound.dns.not_found")
	if !x.Retryable() {
		t.Error("a look-up that failed is not worth a retry")
	}
}

func TestDo_tells_our_shutdown_from_a_timeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	c := localClient(t)
	for range 2 { // the second call starts when it is over already
		x := c.Do(ctx, outbound.Request{Method: http.MethodGet, URL: server.URL})
		wantFault(t, x, outbound.FaultCanceled, "outbound.canceled")
		if x.Retryable() {
			t.Error("a canceled call counts as a try")
		}
	}

	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	url := rawReceiver(t, untilGone)
	wantFault(t, c.Do(ctx, outbound.Request{Method: http.MethodGet, URL: url}), outbound.FaultTimeout, "outbound.timeout")
}

func TestDo_checks_certificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = quiet
	t.Cleanup(server.Close)
	trusting := outbound.Options{
		Allow: allow(t, "127.0.0.1"), Resolver: resolvingTo("127.0.0.1"),
		TLS: server.Client().Transport.(*http.Transport).TLSClientConfig,
	}
	port := portOf(t, server.URL)

	x := get(t, newClient(t, trusting), "https://example.com:"+port)
	if !x.Succeeded() || x.Timing.TLS <= 0 || x.Timing.Connect <= 0 {
		t.Errorf("trusted certificate: %v, %+v", x.Err, x.Timing)
	}
	if x := get(t, newClient(t, trusting), server.URL); !x.Succeeded() {
		t.Errorf("certificate for the address: %v", x.Err)
	}
	x = get(t, newClient(t, trusting), "https://crm.internal:"+port)
	wantFault(t, x, outbound.FaultCertificate, "outbound.certificate.host")
	if x.Retryable() {
		t.Error("a bad certificate is worth a retry")
	}
	wantFault(t, get(t, localClient(t), server.URL), outbound.FaultCertificate, "outbound.certificate.authority")

	late := trusting
	late.TLS = trusting.TLS.Clone()
	late.TLS.Time = func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }
	wantFault(t, get(t, newClient(t, late), server.URL), outbound.FaultCertificate, "outbound.certificate.expired")
}

func TestDo_tells_a_failed_handshake(t *testing.T) {
	t.Parallel()
	plain := receiver(t, func(http.ResponseWriter, *http.Request) {})
	plain.Config.ErrorLog = quiet
	x := get(t, localClient(t), strings.Replace(plain.URL, "http:", "https:", 1))
	wantFault(t, x, outbound.FaultTLS, "outbound.tls")
	if !x.Retryable() {
		t.Error("a failed handshake is not worth a retry")
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	silent := outbound.Request{Method: http.MethodGet, URL: "https://" + listener.Addr().String(), Timeout: 50 * time.Millisecond}
	wantFault(t, localClient(t).Do(t.Context(), silent), outbound.FaultTimeout, "outbound.timeout")
}
