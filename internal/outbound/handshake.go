package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// Handshake is what became of a TLS handshake with a server.
type Handshake struct {
	Version string            // "TLS 1.3"
	Server  *x509.Certificate // what the server showed
	Asked   bool              // the server asked for a client certificate
	Shown   bool              // and was shown ours
	Took    time.Duration
}

// handshakeWait is how long a server that asked for a certificate has to say that it refuses it: since TLS 1.3 the handshake
// of the client ends before the server has looked (RFC 8446 §4.4.2.4). Most say sooner that they take it, by a ticket for the
// next session (§4.6.1).
const handshakeWait = 5 * time.Second

// Handshake connects to the host of an https URL over a channel and makes the TLS handshake, to see whether its client
// certificate is taken. Nothing else is sent. The error is an [*Error].
func (c *Client) Handshake(ctx context.Context, ch *Channel, raw string) (*Handshake, error) {
	u, _, err := parseURL(raw)
	if err == nil && u.Scheme != "https" {
		err = fail(FaultURL, "outbound.url.https", errors.New("no TLS without https"))
	}
	if err == nil {
		err = c.permit(ctx, (&Request{Channel: ch}).limits(), u, false)
	}
	host := ""
	if u != nil {
		host = u.Host
	}
	limited, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	var h *Handshake
	if err == nil {
		h, err = ch.handshake(limited, u)
	}
	if err != nil {
		return nil, classify(ctx, limited, host, handshakeTimeout, err)
	}
	return h, nil
}

func (ch *Channel) handshake(ctx context.Context, u *url.URL) (*Handshake, error) {
	number, _ := port(u)
	raw, err := ch.asked.open(ctx, "tcp", net.JoinHostPort(u.Hostname(), strconv.Itoa(int(number))))
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Close() }()
	var asked, shown atomic.Bool
	config := ch.secured.Clone()
	config.ServerName = u.Hostname()
	own := config.GetClientCertificate
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked.Store(true)
		if own == nil {
			return new(tls.Certificate), nil
		}
		certificate, err := own(info)
		shown.Store(err == nil && len(certificate.Certificate) > 0)
		return certificate, err
	}
	taken := &ticket{conn: raw}
	config.ClientSessionCache = taken
	start, conn := time.Now(), tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, &handshakeError{err}
	}
	h := &Handshake{Took: time.Since(start), Asked: asked.Load(), Shown: shown.Load()}
	state := conn.ConnectionState()
	h.Version, h.Server = tls.VersionName(state.Version), state.PeerCertificates[0]
	if !h.Asked || state.Version < tls.VersionTLS13 {
		return h, nil
	}
	_ = conn.SetReadDeadline(start.Add(h.Took + handshakeWait)) // a connection that is gone fails the read, too
	taken.awaited = true
	if _, err := conn.Read(make([]byte, 1)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &handshakeError{err}
	}
	return h, nil
}

// ticket is a cache of sessions that keeps none. It ends the wait for what a server thinks of a certificate: who gives a ticket
// has taken it. Its methods are called by who reads from the connection alone.
type ticket struct {
	conn    net.Conn
	awaited bool
}

func (t *ticket) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (t *ticket) Put(string, *tls.ClientSessionState) {
	if t.awaited {
		_ = t.conn.SetReadDeadline(time.Unix(1, 0))
	}
}
