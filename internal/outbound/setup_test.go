package outbound_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"surveyflow/internal/i18n"
	"surveyflow/internal/outbound"
)

// No call may leave anything running once its receiver and its client are gone.
func TestMain(m *testing.M) {
	code := m.Run()
	var left error
	for patience := time.Now().Add(time.Minute); code == 0 && time.Now().Before(patience); {
		if left = goleak.Find(); left == nil { // it looks for less than a second: what is closed may take longer to end
			break
		}
	}
	if left != nil {
		fmt.Fprintln(os.Stderr, left)
		code = 1
	}
	os.Exit(code)
}

// allow reads an OUTBOUND_ALLOW list that must be right.
func allow(t testing.TB, list string) outbound.Allow {
	t.Helper()
	a, err := outbound.ParseAllow(list)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newClient makes a client that lives as long as the test.
func newClient(t testing.TB, o outbound.Options) *outbound.Client {
	t.Helper()
	c := outbound.New(o)
	t.Cleanup(c.CloseIdle)
	return c
}

// localClient may call every receiver on 127.0.0.1.
func localClient(t testing.TB) *outbound.Client {
	t.Helper()
	return newClient(t, outbound.Options{Version: "1.2.3", Allow: allow(t, "127.0.0.1")})
}

// receiver starts an HTTP server on 127.0.0.1.
func receiver(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// rawReceiver starts a TCP server on 127.0.0.1 that reads the head of one request per connection and then answers by
// hand. answer runs until the client has gone when it reads from conn.
func rawReceiver(t testing.TB, answer func(conn net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				answer(conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String()
}

// untilGone blocks until the other side closes the connection.
func untilGone(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// closedPort is an address of 127.0.0.1 that nobody listens on. A port that was free a moment ago may be another test's.
const closedPort = "127.0.0.1:1"

// portOf returns the port of a server's URL.
func portOf(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// nameServer returns a resolver that is told the addresses of a name at every look-up; none means no such host.
func nameServer(addresses func(name string) []netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serveNames(server, addresses)
		return client, nil
	}}
}

// serveNames answers DNS queries in the form they have over TCP: two bytes of length, then the message.
func serveNames(conn net.Conn, addresses func(name string) []netip.Addr) {
	defer func() { _ = conn.Close() }()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := answerName(query, addresses)
		if _, err := conn.Write(binary.BigEndian.AppendUint16(nil, uint16(len(answer)))); err != nil {
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// answerName answers one query for A records; every other type has none.
func answerName(query []byte, addresses func(name string) []netip.Addr) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil
	}
	m.Response, m.RecursionAvailable = true, true
	m.Additionals = nil
	q := m.Questions[0]
	if q.Type == dnsmessage.TypeA {
		found := addresses(strings.TrimSuffix(q.Name.String(), "."))
		if len(found) == 0 {
			m.RCode = dnsmessage.RCodeNameError
		}
		for _, a := range found {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: a.As4()},
			})
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// resolvingTo is a name server on which every name has the same addresses.
func resolvingTo(addresses ...string) *net.Resolver {
	var parsed []netip.Addr
	for _, a := range addresses {
		parsed = append(parsed, netip.MustParseAddr(a))
	}
	return nameServer(func(string) []netip.Addr { return parsed })
}

// get calls url by GET.
func get(t testing.TB, c *outbound.Client, url string) *outbound.Exchange {
	t.Helper()
	return c.Do(t.Context(), outbound.Request{Method: http.MethodGet, URL: url, Timeout: outbound.MaxTimeout})
}

// wantFault checks the class of what went wrong, and that people and logs are told.
func wantFault(t testing.TB, x *outbound.Exchange, fault outbound.Fault, key string) {
	t.Helper()
	if x.Fault() != fault {
		t.Fatalf("fault = %q (%v), want %q", x.Fault(), x.Err, fault)
	}
	wantError(t, x.Err, key)
}

// wantError checks an error's message: the key, and that the catalogue has a sentence that takes all its values.
func wantError(t testing.TB, err error, key string) {
	t.Helper()
	e, ok := errors.AsType[*outbound.Error](err)
	if !ok {
		t.Fatalf("error is %T (%v), want *outbound.Error", err, err)
	}
	if e.Key != key {
		t.Errorf("key = %q, want %q", e.Key, key)
	}
	if sentence := i18n.TMap(t.Context(), e.Key, e.Args); !i18n.Has(e.Key) || strings.Contains(sentence, "<no value>") {
		t.Errorf("%s with %v reads %q", e.Key, e.Args, sentence)
	}
	if e.Error() == "" || e.Unwrap() == nil {
		t.Errorf("the log is not told the cause: %q", e.Error())
	}
}

// quiet keeps what a server says about broken handshakes out of the test's output.
var quiet = log.New(io.Discard, "", 0)
