package outbound

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Request is one call to make. Do does not change it, and expects that Header and Body are not changed afterwards
// either: the exchange refers to them.
type Request struct {
	Method string // GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
	// URL is http or https. A user and password in it are sent as Basic authentication and leave the URL.
	URL string
	// Header is sent as it is, under canonical names; [CheckHeader] says what is refused.
	Header http.Header
	Body   []byte
	// Timeout bounds the whole call, redirect and body included. Zero means [DefaultTimeout], more than [MaxTimeout] that.
	Timeout time.Duration
	// FollowRedirect lets a GET follow one redirect (contract §7 "Success and retry"); other methods never do.
	FollowRedirect bool
	// Credentials names headers that hold a secret, beside those that are known by their names, so that a redirect to
	// another host drops them.
	Credentials []string
	// Channel has the connections that the call uses; nil means those that all calls without a credential share.
	Channel *Channel
	// MaxBody is how many bytes of the answer's body are read. Zero means [MaxBody].
	MaxBody int
	// Only are further lists that the host must be in, also that of a redirect, beside the channel's.
	Only []Hosts
}

// timeout returns how long the call may take.
func (r *Request) timeout() time.Duration {
	if r.Timeout <= 0 {
		return DefaultTimeout
	}
	return min(r.Timeout, MaxTimeout)
}

// maxBody returns how many bytes of the answer's body are read.
func (r *Request) maxBody() int {
	if r.MaxBody <= 0 {
		return MaxBody
	}
	return r.MaxBody
}

// callable are the methods that can be sent. CONNECT and TRACE make no call of a service.
var callable = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true,
	http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true,
}

// hopByHop are the headers that concern the connection and not the call (RFC 9110 §7.6.1), and those whose value only
// the connection can know. Whoever sets them by hand can smuggle a second request into the first.
var hopByHop = map[string]bool{
	"Connection": true, "Content-Length": true, "Host": true, "Http2-Settings": true, "Keep-Alive": true,
	"Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true,
}

// CheckHeader returns an [*Error] when a header cannot be sent: a name that is none, a value with a line break or
// another control character, a header of the connection (Host, Content-Length, Transfer-Encoding …), or User-Agent,
// which names Surveyflow on every call (contract §4).
func CheckHeader(name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return fail(FaultRequest, "outbound.header.name", errors.New("malformed header name"), "Name", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fail(FaultRequest, "outbound.header.value", fmt.Errorf("control character in header %s", name), "Name", name)
	}
	switch canonical := http.CanonicalHeaderKey(name); {
	case hopByHop[canonical]:
		return fail(FaultRequest, "outbound.header.connection", fmt.Errorf("header %s belongs to the connection", name), "Name", name)
	case canonical == "User-Agent":
		return fail(FaultRequest, "outbound.header.ours", fmt.Errorf("header %s is set for every call", name), "Name", name)
	}
	return nil
}

// parseURL reads an absolute http or https URL and takes user and password out of it. The host comes back in lower case
// and ASCII, the fragment is gone.
func parseURL(raw string) (*url.URL, *url.Userinfo, error) {
	u, err := url.Parse(raw)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		return nil, nil, fail(FaultURL, "outbound.url.invalid", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, nil, fail(FaultURL, "outbound.url.scheme", errors.New("scheme is not http or https"), "Scheme", u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, nil, fail(FaultURL, "outbound.url.host", errors.New("no host"))
	}
	if _, ok := port(u); !ok {
		return nil, nil, fail(FaultURL, "outbound.url.port", errors.New("port out of range"), "Port", u.Port())
	}
	host, err := httpguts.PunycodeHostPort(u.Host)
	if err != nil || !httpguts.ValidHostHeader(host) {
		return nil, nil, fail(FaultURL, "outbound.url.host", errors.New("malformed host"))
	}
	user := u.User
	u.Host, u.User, u.Fragment, u.RawFragment = strings.ToLower(host), nil, "", ""
	return u, user, nil
}

// port returns the port that u is called at, and whether it is one.
func port(u *url.URL) (uint16, bool) {
	switch {
	case u.Port() != "":
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		return uint16(n), err == nil && n != 0
	case u.Scheme == "https":
		return 443, true
	default:
		return 80, true
	}
}

// sentHeader checks the given headers and returns those to send. The values are shared, the map is new.
func (c *Client) sentHeader(given http.Header, user *url.Userinfo) (http.Header, error) {
	h := make(http.Header, len(given)+2)
	for name, values := range given {
		for _, value := range values {
			if err := CheckHeader(name, value); err != nil {
				return nil, err
			}
		}
		if len(values) == 0 {
			continue
		}
		canonical := http.CanonicalHeaderKey(name)
		if before, double := h[canonical]; double { // two spellings of one name
			values = append(before[:len(before):len(before)], values...)
		}
		h[canonical] = values
	}
	if user != nil && h["Authorization"] == nil {
		password, _ := user.Password()
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	h["User-Agent"] = c.userAgent
	return h, nil
}
