package outbound

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Own is the set of the instance's own addresses that calls may always reach, wherever they resolve to (contract §7
// "Own addresses"). The zero Own is empty.
type Own struct {
	bases []ownBase
}

// ownBase is one base URL of the instance: exact scheme, host and port, and the path everything lies under.
type ownBase struct {
	scheme, host, prefix string
}

// NewOwn takes the values of BASE_URL and PUBLIC_URL; empty ones are left out.
func NewOwn(baseURLs ...string) (Own, error) {
	var o Own
	for _, raw := range baseURLs {
		if raw == "" {
			continue
		}
		u, _, err := parseURL(raw)
		if err != nil {
			return Own{}, fmt.Errorf("base URL: %w", err)
		}
		o.bases = append(o.bases, ownBase{u.Scheme, hostPort(u), strings.TrimSuffix(path.Clean("/"+u.Path), "/")})
	}
	return o, nil
}

// names reports whether u, as [parseURL] returns it, is one of the instance's doors for other programs: /receiver,
// /inbound-event, /api.php or /API, the last in any case.
func (o Own) names(u *url.URL) bool {
	for _, b := range o.bases {
		if b.scheme != u.Scheme || b.host != hostPort(u) {
			continue
		}
		if rest, ok := plainPath(u, b.prefix); ok && isDoor(rest) {
			return true
		}
	}
	return false
}

// plainPath returns the cleaned path below prefix. A path that a proxy in front of the instance could read differently
// from what is checked here (dot segments, percent signs, backslashes) is never an own one: no own path has them.
func plainPath(u *url.URL, prefix string) (string, bool) {
	raw := u.EscapedPath()
	if strings.ContainsAny(raw, `%\`) {
		return "", false
	}
	for segment := range strings.SplitSeq(raw, "/") {
		if segment == "." || segment == ".." {
			return "", false
		}
	}
	return strings.CutPrefix(path.Clean("/"+raw), prefix)
}

// isDoor reports whether a cleaned path belongs to the addresses that others call (contract §3).
func isDoor(p string) bool {
	return strings.HasPrefix(p, "/receiver/") || strings.HasPrefix(p, "/inbound-event/") || p == "/api.php" ||
		len(p) > len("/API/") && strings.EqualFold(p[:len("/API/")], "/API/")
}

// hostPort returns the host of u in lower case with its port, also when that is the scheme's usual one.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return u.Host + ":443"
	}
	return u.Host + ":80"
}
