package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// Options are what a [Client] is made of. The zero Options reach public addresses only.
type Options struct {
	Version  string        // of the program, for the User-Agent
	Allow    Allow         // addresses that are permitted although they are not public
	Own      Own           // the instance's own addresses
	TLS      *tls.Config   // nil means the system's roots; the server name is set per call
	Resolver *net.Resolver // nil means the system's
	// Domains gives the only hosts that may be called, own addresses excepted, at the moment of each call; nil means that
	// there is no such list. An error stops the call.
	Domains func(context.Context) (Hosts, error)
}

// Client makes guarded calls. It is safe for concurrent use, and meant to be shared: it keeps connections open.
type Client struct {
	userAgent []string
	guard     *guard
	own       Own
	domains   func(context.Context) (Hosts, error)
	plain     net.Dialer
	secure    *tls.Config
	pools     pools // of calls without a channel: a connection that no guard saw must not serve any other path
}

// New makes a [Client].
func New(o Options) *Client {
	secure := o.TLS
	if secure == nil {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	g := newGuard(o.Allow)
	// The transport lets a dial live on after its call, for the next one to use: it needs an end of its own.
	plain := net.Dialer{Timeout: MaxTimeout, Resolver: o.Resolver}
	return &Client{
		userAgent: []string{"Surveyflow/" + o.Version},
		guard:     g,
		own:       o.Own,
		domains:   o.Domains,
		plain:     plain,
		secure:    secure,
		pools:     pools{(&dialer{net: plain, tls: secure, guard: g}).transport(), (&dialer{net: plain, tls: secure}).transport()},
	}
}

// CloseIdle closes the connections that no call uses.
func (c *Client) CloseIdle() {
	c.pools.guarded.CloseIdleConnections()
	c.pools.exempt.CloseIdleConnections()
}

// CheckURL returns an [*Error] when a URL can never be called: it is none, or its host is an address that the guard
// refuses. Host names pass; they are checked when they are called.
func (c *Client) CheckURL(raw string) error {
	u, _, err := parseURL(raw)
	if err != nil {
		return err
	}
	number, _ := port(u)
	if refused := c.guard.checkLiteral(u.Hostname(), number); refused != nil && !c.own.names(u) {
		return refusal(refused)
	}
	return nil
}

// IsOwn reports whether a URL is one of the instance's own addresses, where a call carries the chain depth (contract §7).
func (c *Client) IsOwn(raw string) bool {
	u, _, err := parseURL(raw)
	return err == nil && c.own.names(u)
}

// sending is one request on its way: that of the caller, or that of the hop a redirect made of it.
type sending struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
}

// Do makes the call and returns its record, whatever became of it. It takes no longer than the request's timeout, and
// ends at once when ctx does.
func (c *Client) Do(ctx context.Context, r Request) *Exchange {
	start := time.Now() // the wall's durations, not the injected clock: a network is being measured
	x := &Exchange{Request: Sent{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body}}
	first, err := c.prepare(&r)
	if err != nil {
		x.Err = classify(ctx, ctx, "", 0, err)
	} else {
		x.Request.URL, x.Request.Header = first.url.String(), first.header
		c.call(ctx, &r, first, x, start)
	}
	x.Timing.Total = time.Since(start)
	return x
}

// prepare checks the request and makes it ready to send.
func (c *Client) prepare(r *Request) (*sending, error) {
	if !callable[r.Method] {
		return nil, fail(FaultRequest, "outbound.method", errors.New("method cannot be sent"), "Method", r.Method)
	}
	u, user, err := parseURL(r.URL)
	if err != nil {
		return nil, err
	}
	header, err := c.sentHeader(r.Header, user)
	if err != nil {
		return nil, err
	}
	return &sending{method: r.Method, url: u, header: header, body: r.Body}, nil
}

// call sends the request, follows one redirect if it may, and fills in what came of it.
func (c *Client) call(parent context.Context, r *Request, s *sending, x *Exchange, start time.Time) {
	ctx, cancel := context.WithTimeout(parent, r.timeout())
	defer cancel()
	t := newTrace(start)
	traced := httptrace.WithClientTrace(ctx, &t.hooks)

	pools := c.pools
	if r.Channel != nil {
		pools = r.Channel.pools
	}
	own := c.own.names(s.url)
	pool, follow := pools.guarded, r.FollowRedirect && r.Method == http.MethodGet
	if own {
		pool, follow = pools.exempt, false
	}
	if err := c.permit(ctx, r.limits(), s.url, own); err != nil {
		x.Err = classify(parent, ctx, s.url.Host, r.timeout(), err)
		return
	}
	resp, err := s.over(traced, pool)
	if err == nil && follow && isRedirect(resp.StatusCode, resp.Header) {
		if next, hop := s.hop(resp, r.Credentials); next != nil {
			discard(resp)
			x.Hops = []Hop{hop}
			if !sameHost(s.url, next.url) {
				pools = c.pools // another host sees no client certificate either
			}
			s = next
			if err = c.permit(ctx, r.limits(), s.url, false); err == nil {
				resp, err = s.over(traced, pools.guarded) //nolint:bodyclose // take closes it
			}
		}
	}
	if err == nil {
		err = x.take(resp, r.maxBody())
	}
	if err != nil {
		x.Err = classify(parent, ctx, s.url.Host, r.timeout(), err)
	}
	x.Timing = t.timing()
}

// over makes one round trip over a pool. The transport itself repeats a call when a kept connection turns out to be
// closed before anything came back; the Idempotency-Key that every call carries (contract §4) makes that harmless.
func (s *sending) over(ctx context.Context, pool *http.Transport) (*http.Response, error) {
	req := http.Request{
		Method: s.method, URL: s.url, Host: s.url.Host, Header: s.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if len(s.body) > 0 {
		req.ContentLength = int64(len(s.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.body)), nil }
		req.Body, _ = req.GetBody()
	}
	return pool.RoundTrip(req.WithContext(ctx))
}

// discard gives a connection back to its pool if the rest of the answer is small, and drops it otherwise.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, smallBuffer) // a broken connection is of no use anyway
	_ = resp.Body.Close()
}

// take reads the answer into the exchange. A body over the cap closes the connection.
func (x *Exchange) take(resp *http.Response, most int) error {
	defer func() { _ = resp.Body.Close() }() // read as far as wanted; nothing is lost
	x.Status, x.Header = resp.StatusCode, resp.Header
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Nobody asked for it, and the transport would no longer end the reading in time.
		return fail(FaultProtocol, "outbound.protocol", errors.New("the service switched protocols unasked"), "Host", resp.Request.URL.Host)
	}
	var err error
	x.Body, x.Truncated, err = readBody(resp, most)
	switch {
	case err != nil:
		return err
	case isRedirect(x.Status, x.Header):
		x.Location = x.Header.Get("Location")
		return fail(FaultRedirect, "outbound.redirect", fmt.Errorf("redirect %d not followed", x.Status), "Status", x.Status, "Location", x.Location)
	case x.Truncated:
		return fail(FaultTooLarge, "outbound.too_large", fmt.Errorf("body over %d bytes", most),
			"Host", resp.Request.URL.Host, "Megabytes", most>>20)
	}
	return nil
}
