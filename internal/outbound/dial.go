package outbound

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"time"
)

// dialer opens the connections of one pool and takes the time of each step.
type dialer struct {
	net   net.Dialer
	guard *guard  // nil in the pool of own addresses
	hosts []Hosts // the only ones that connections may lead to
	tls   *tls.Config
}

// conn is a connection that knows how long its making took. Measuring here rather than by trace hooks of the request
// costs the calls that reuse a connection, nearly all of them, nothing.
type conn struct {
	net.Conn
	dns, connect, tls time.Duration
}

// dial connects to a host:port, if the guard permits the addresses that it resolves to.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return d.open(ctx, network, address)
}

// dialTLS connects like dial and makes the TLS handshake.
func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.open(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("server name: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	start, secured := time.Now(), tls.Client(c.Conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the handshake's error says more
		return nil, &handshakeError{err}
	}
	c.Conn, c.tls = secured, time.Since(start)
	return c, nil
}

// open resolves, checks and connects.
func (d *dialer) open(ctx context.Context, network, address string) (*conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address to dial: %w", err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port to dial: %w", err)
	}
	if err := permit(d.hosts, host, uint16(number)); err != nil {
		return nil, err
	}
	settle, dial := func(err error) error { return err }, d.net
	if d.guard != nil {
		if refused := d.guard.checkLiteral(host, uint16(number)); refused != nil {
			return nil, refused
		}
		p := &checkpoint{guard: d.guard, host: host}
		settle, dial.ControlContext = p.verdict, p.control
	}
	start, resolved := time.Now(), time.Time{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSDone: func(httptrace.DNSDoneInfo) { resolved = time.Now() }})
	raw, err := dial.DialContext(ctx, network, address)
	if err != nil {
		return nil, settle(err)
	}
	c := &conn{Conn: raw, connect: time.Since(start)}
	if !resolved.IsZero() {
		c.dns = resolved.Sub(start)
		c.connect -= c.dns
	}
	return c, nil
}

// transport makes the connection pool of the dialer. HTTP/1.1 only: one call per connection is what keeps a bad
// receiver's trouble to its own call, and every webhook receiver speaks it.
func (d *dialer) transport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil, // never from the environment
		DialContext:            d.dial,
		DialTLSContext:         d.dialTLS,
		Protocols:              protocols,
		DisableCompression:     true, // what is not unpacked cannot be a bomb
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxResponseHeader,
	}
}
