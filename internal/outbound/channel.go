package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// ChannelOptions say what sets the connections of a [Channel] apart.
type ChannelOptions struct {
	Hosts       []Hosts          // each of them must permit a host, at the dial and for every request and redirect
	Certificate *tls.Certificate // shown to servers that ask for one; nil means none
	Roots       *x509.CertPool   // authorities whose servers are trusted instead of the client's; nil means the client's
}

// Channel is a set of connections of its own, for the calls of one credential: what was authenticated with one is never
// used with another. It belongs to the [Client] that made it and is safe for concurrent use.
type Channel struct {
	hosts   []Hosts
	pools   pools
	asked   *dialer // opens connections for [Client.Handshake]
	secured *tls.Config
}

// pools are the connections to the world, and those to own addresses, which no guard saw.
type pools struct{ guarded, exempt *http.Transport }

// Channel makes a channel. Close what is no longer needed with [Channel.CloseIdle].
func (c *Client) Channel(o ChannelOptions) *Channel {
	secure := c.secure.Clone()
	if o.Certificate != nil {
		certificate := o.Certificate
		secure.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	}
	if o.Roots != nil {
		secure.RootCAs = o.Roots
	}
	guarded := &dialer{net: c.plain, tls: secure, guard: c.guard, hosts: o.Hosts}
	exempt := &dialer{net: c.plain, tls: secure, hosts: o.Hosts}
	return &Channel{hosts: o.Hosts, pools: pools{guarded.transport(), exempt.transport()}, asked: guarded, secured: secure}
}

// CloseIdle closes the connections that no call uses.
func (ch *Channel) CloseIdle() {
	ch.pools.guarded.CloseIdleConnections()
	ch.pools.exempt.CloseIdleConnections()
}

// permit returns an [*OutsideError] when a host is not in all lists of the channel.
func permit(lists []Hosts, host string, port uint16) error {
	for _, l := range lists {
		if !l.Permit(host, port) {
			return &OutsideError{List: ListCredential, Host: host}
		}
	}
	return nil
}

// limits gives the lists that the hosts of a request must be in.
func (r *Request) limits() []Hosts {
	if r.Channel == nil {
		return r.Only
	}
	return slices.Concat(r.Channel.hosts, r.Only)
}

// permit checks a request, or the hop that a redirect made of it, against the lists that limit it. Own addresses are exempt
// from the organisation's list, not from a credential's.
func (c *Client) permit(ctx context.Context, lists []Hosts, u *url.URL, own bool) error {
	number, _ := port(u)
	if err := permit(lists, u.Hostname(), number); err != nil {
		return err
	}
	if own || c.domains == nil {
		return nil
	}
	list, err := c.domains(ctx)
	if err != nil { // what cannot be asked is not let through
		return fail(FaultConnection, "outbound.domains", fmt.Errorf("read the allowed domains: %w", err))
	}
	if !list.Permit(u.Hostname(), number) {
		return &OutsideError{List: ListDomains, Host: u.Hostname()}
	}
	return nil
}

// HTTPClient gives a client for libraries that make their own requests, such as x/oauth2. Every request goes through
// [Client.Do]: guarded, without redirects, with at most [MaxBody] of an answer. A failed call is an [*Error].
func (c *Client) HTTPClient(ch *Channel, timeout time.Duration) *http.Client {
	return &http.Client{Transport: &tripper{client: c, channel: ch, timeout: timeout}}
}

type tripper struct {
	client  *Client
	channel *Channel
	timeout time.Duration
}

// RoundTrip makes the call.
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
		var err error
		if body, err = io.ReadAll(io.LimitReader(req.Body, MaxBody)); err != nil {
			return nil, fmt.Errorf("read request: %w", err)
		}
	}
	x := t.client.Do(req.Context(), Request{
		Method: req.Method, URL: req.URL.String(), Header: req.Header, Body: body, Timeout: t.timeout, Channel: t.channel,
	})
	if x.Err != nil {
		return nil, x.Err
	}
	return &http.Response{
		Status: http.StatusText(x.Status), StatusCode: x.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: x.Header,
		Body: io.NopCloser(bytes.NewReader(x.Body)), ContentLength: int64(len(x.Body)), Request: req,
	}, nil
}
