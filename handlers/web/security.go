package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// policy is the Content-Security-Policy of pages: everything from here, nothing inline, framed by nobody, framing
// only what is ours, such as the preview of a survey. connect-src lets
// htmx and app.js call back.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// hsts is one year (RFC 6797 §6.1), without subdomains, which are not ours to decide about.
const hsts = "max-age=31536000"

// securityHeaders sets the headers of all answers; a room may replace them.
func (w *Web) securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if w.base.Secure() {
			h.Set("Strict-Transport-Security", hsts)
		}
		return next(c)
	}
}

// hosts are the names that requests may use.
type hosts struct{ app, public string }

func newHosts(b link.Base) hosts {
	origins := b.Origins()
	var h hosts
	for i, o := range origins {
		u, err := url.Parse(o)
		if err != nil {
			continue
		}
		name := strings.ToLower(u.Host)
		if i == 0 {
			h.app = name
		}
		h.public = name
	}
	return h
}

// checkHost refuses requests under a name that is not ours: a page of another site whose name was pointed here (DNS
// rebinding) would otherwise be let in. Loopback names always are, since no foreign page can have them. Probes call by address and tell nothing: they are exempt, and so is the API.
func (w *Web) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if w.hosts.app == "" || w.hosts.known(c.Request().Host) || probe(c.Path()) || api(c.Path()) {
			return next(c)
		}
		return &models.Error{Code: models.CodeNotFound, Key: "error.host", Args: map[string]any{"Host": c.Request().Host}}
	}
}

// api reports whether a route is the API's. Programs reach it under names of their own network, or under the one that a
// client of Qualtrics' has built in (reference §4.1); what opens it is a token in a header, which no page makes a browser send.
func api(pattern string) bool {
	return pattern == link.PatternAPIRoot || strings.HasPrefix(pattern, link.PatternAPIRoot+"/")
}

func probe(pattern string) bool {
	return pattern == link.PatternHealth || pattern == link.PatternReady || pattern == link.PatternMetrics
}

func (h hosts) known(host string) bool {
	host = strings.ToLower(host)
	return host == h.app || host == h.public || loopback(host)
}

// loopback reports whether a Host header names this very machine.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	if name == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// checkOrigin keeps pages of the app off the public origin when that is another one, so that nothing served to
// strangers there shares an origin with them.
func (w *Web) checkOrigin(o Origin) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			host := strings.ToLower(c.Request().Host)
			if o == OriginApp && w.hosts.public != w.hosts.app && host == w.hosts.public && !probe(c.Path()) {
				return errNotFound()
			}
			return next(c)
		}
	}
}

// protect refuses forms that another site sends in a visitor's name (CSRF), by Sec-Fetch-Site and Origin.
func (w *Web) protect(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := w.origin.Check(c.Request()); err != nil {
			return &models.Error{Code: models.CodeForbidden, Key: "error.cross_site", Cause: err}
		}
		return next(c)
	}
}

// FromLoopback reports whether the request comes from this machine itself and through no proxy.
func FromLoopback(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

const certificateKey = "surveyflow.client_certificate"

// severalCertificates stands for more than one header: none of them is believed.
const severalCertificates = "?"

// ClientCertificate gives the certificate that a trusted proxy says the client has shown, as the proxy wrote it; empty when there is
// none. Nothing about it is checked yet.
func ClientCertificate(c echo.Context) string {
	given, _ := c.Get(certificateKey).(string)
	return given
}

// takeCertificate takes the header with the client's certificate off each request, and believes it when the connection is that of a
// trusted proxy: anybody can write headers, and certificates are no secrets.
func (w *Web) takeCertificate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		given := r.Header.Values(w.cert)
		r.Header.Del(w.cert)
		if len(given) > 0 && w.fromProxy(r) {
			value := given[0]
			if len(given) > 1 {
				value = severalCertificates
			}
			c.Set(certificateKey, value)
		}
		return next(c)
	}
}

// fromProxy reports whether the connection is that of a trusted proxy.
func (w *Web) fromProxy(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(w.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Addr().Unmap().WithZone("")) })
}

func ipNet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
