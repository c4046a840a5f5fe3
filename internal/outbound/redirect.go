package outbound

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redirects are the statuses that send a caller elsewhere.
var redirects = map[int]bool{
	http.StatusMovedPermanently: true, http.StatusFound: true, http.StatusSeeOther: true,
	http.StatusTemporaryRedirect: true, http.StatusPermanentRedirect: true,
}

// isRedirect reports whether the answer is a redirect to somewhere.
func isRedirect(status int, header http.Header) bool {
	return redirects[status] && header.Get("Location") != ""
}

// hop returns the call that the answer to a GET redirects to, or nil when its target cannot be called. Another host
// gets neither credentials nor the body, which may hold one too (contract §7 "credentials dropped on another host").
func (s sending) hop(resp *http.Response, listed []string) (*sending, Hop) {
	location, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return nil, Hop{}
	}
	target, _, err := parseURL(s.url.ResolveReference(location).String())
	if err != nil {
		return nil, Hop{}
	}
	next := sending{method: s.method, url: target, header: maps.Clone(s.header)}
	made := Hop{Status: resp.StatusCode, URL: target.String()}
	same := sameHost(s.url, target)
	if same && (resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect) {
		next.body = s.body
	}
	if next.body == nil {
		delete(next.header, "Content-Type")
	}
	for name := range s.header {
		if !same && isCredential(name, listed) {
			delete(next.header, name)
			made.Dropped = append(made.Dropped, name)
		}
	}
	slices.Sort(made.Dropped)
	return &next, made
}

// sameHost reports whether a redirect stays with the service that the credentials are meant for: the same name and
// port, where going from http to https at their usual ports is staying and the way back is not.
func sameHost(from, to *url.URL) bool {
	if from.Hostname() != to.Hostname() {
		return false
	}
	upgrade := from.Scheme == "http" && to.Scheme == "https" && from.Port() == "" && to.Port() == ""
	return upgrade || from.Scheme == to.Scheme && hostPort(from) == hostPort(to)
}

// isCredential reports whether a header may hold a secret: it is listed, or named like one (contract §7 "Secrets in
// writes"). Idempotency-Key is the one key that is none, and every call must have it.
func isCredential(name string, listed []string) bool {
	if slices.ContainsFunc(listed, func(l string) bool { return strings.EqualFold(l, name) }) {
		return true
	}
	lower := strings.ToLower(name)
	switch lower {
	case "authorization", "cookie":
		return true
	case "idempotency-key":
		return false
	}
	return strings.Contains(lower, "token") || strings.Contains(lower, "key") || strings.Contains(lower, "secret")
}
