// Package web is what all rooms of handlers stand on: the server's frame around every request, the session and who is
// signed in, guards, forms, rendering, messages over redirects, and the one mapping from errors to HTTP.
package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
)

// Timeout is how long a request may take before its context ends.
const Timeout = 30 * time.Second

// Options are what the frame needs.
type Options struct {
	Base           link.Base
	TrustedProxies []netip.Prefix // whose forwarding headers count; none by default
	CertHeader     string         // in which they pass on the certificate of a client; empty: they do not
	People         *account.People
	Store          *store.Store
	CookieKey      []byte // 32 bytes that sign messages over redirects; the same on every node
	Clock          clock.Clock
	Log            *slog.Logger
}

// Web is the frame around every request. Make it with [New].
type Web struct {
	base     link.Base
	proxies  []netip.Prefix
	cert     string // see Options.CertHeader
	people   *account.People
	store    *store.Store
	sessions *sessionStore
	flashes  *flashes
	origin   *http.CrossOriginProtection
	hosts    hosts
	clock    clock.Clock
	log      *slog.Logger
}

// New makes the frame.
func New(o Options) (*Web, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if len(o.CookieKey) < 32 {
		return nil, fmt.Errorf("the key of cookies has %d bytes, not 32", len(o.CookieKey))
	}
	w := &Web{
		base: o.Base, proxies: o.TrustedProxies, cert: o.CertHeader, people: o.People, store: o.Store, clock: o.Clock, log: o.Log,
		sessions: &sessionStore{people: o.People, secure: o.Base.Secure()},
		flashes:  newFlashes(o.CookieKey, o.Base.Secure()),
		origin:   http.NewCrossOriginProtection(),
		hosts:    newHosts(o.Base),
	}
	for _, origin := range o.Base.Origins() {
		if err := w.origin.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust origin %s: %w", origin, err)
		}
	}
	return w, nil
}

// Echo makes the router with everything that surrounds each request, and the routes of the table.
// It panics when a route has no guard or no origin: that is a mistake in the program.
func (w *Web) Echo(routes []Route) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = w.handleError
	e.IPExtractor = w.ipExtractor()
	e.Use(w.requestID, w.observe, w.recoverPanic, w.checkHost, w.securityHeaders)
	if w.cert != "" {
		e.Use(w.takeCertificate)
	}
	for _, r := range routes {
		w.add(e, r)
	}
	return e
}

// ipExtractor decides whose word about a visitor's address counts: without trusted proxies only the connection's.
func (w *Web) ipExtractor() echo.IPExtractor {
	if len(w.proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range w.proxies {
		trust = append(trust, echo.TrustIPRange(ipNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
