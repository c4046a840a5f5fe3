package pipedtext

import (
	"net/url"
	"slices"
	"strings"
)

// URLTemplate is a parsed URL. It is immutable and safe for concurrent use.
type URLTemplate struct {
	template  Template
	origin    string
	hostToken bool   // the first token is the host
	port      string // literal text between the host token and the path, such as ":8443"
	check     bool   // values can make the URL unreadable
}

// URLError says that the values of piped text made no usable URL. It never holds a part of the URL.
type URLError struct{ Reason Reason }

// EmptyURL is the reason of a [*URLError] when the token that is the URL or its host has no value.
const EmptyURL Reason = "empty_url"

// Error gives the text for logs.
func (e *URLError) Error() string { return "piped text: " + string(e.Reason) }

// Key gives the message key of the sentence for people.
func (e *URLError) Key() string { return "pipedtext.error." + string(e.Reason) }

// ParseURL reads an http or https URL. One token may be the whole URL or its host, with or without a port after it;
// in scheme, user, host and port there can be no other. In the path a value stays inside its segment, in query and
// fragment it is percent-encoded; with |raw it may hold delimiters. Spaces and other characters of the text itself that
// no URL can hold are encoded. It fails with a [*SyntaxError].
func ParseURL(text string) (URLTemplate, error) {
	tokens, err := scanWithin(text)
	if err != nil {
		return URLTemplate{}, err
	}
	u := URLTemplate{template: build(text, tokens)}
	if u.template.alone() {
		u.template.pieces[0].escape = urlWhole
		u.check = true
		return u, nil
	}
	start, end, err := authority(text, tokens)
	if err != nil {
		return URLTemplate{}, err
	}
	sample, err := url.Parse(urlSample(text, tokens))
	if err != nil || !usableHost(sample) {
		return URLTemplate{}, &SyntaxError{Length: len(text), Reason: InvalidURL}
	}
	if len(tokens) > 0 && tokens[0].start == start {
		u.hostToken, u.check = true, true
		u.port = text[tokens[0].end:end]
	} else {
		u.origin = origin(sample)
	}
	u.placeTokens(tokens, end)
	return u, nil
}

// authority finds user, host and port: text[start:end]. A token in it must be all of the host.
func authority(text string, tokens []token) (start, end int, err error) {
	literal := text
	if len(tokens) > 0 {
		literal = text[:tokens[0].start]
	}
	start = schemeLength(literal)
	switch {
	case start == 0 && len(tokens) > 0 && !strings.ContainsAny(literal, "./?#"):
		return 0, 0, &SyntaxError{tokens[0].start, tokens[0].end - tokens[0].start, TokenInHost}
	case start == 0:
		return 0, 0, &SyntaxError{0, len(literal), NotAbsolute}
	}
	end = start
	for _, tok := range tokens {
		if i := strings.IndexAny(text[end:tok.start], "/?#"); i >= 0 {
			break
		}
		if tok.start != start {
			return 0, 0, &SyntaxError{tok.start, tok.end - tok.start, TokenInHost}
		}
		end = tok.end
	}
	host := end
	if i := strings.IndexAny(text[end:], "/?#"); i >= 0 {
		end += i
	} else {
		end = len(text)
	}
	if host > start && !isPort(text[host:end]) {
		return 0, 0, &SyntaxError{start, host - start, TokenInHost}
	}
	return start, end, nil
}

// schemeLength gives the length of http:// or https:// at the beginning of s, or 0.
func schemeLength(s string) int {
	for _, scheme := range []string{"https://", "http://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// isPort reports whether s may follow a host: nothing, or a colon and digits.
func isPort(s string) bool {
	return s == "" || len(s) > 1 && s[0] == ':' && strings.Trim(s[1:], "0123456789") == ""
}

// urlSample gives the URL with a letter for each token.
func urlSample(text string, tokens []token) string {
	var b strings.Builder
	at := 0
	for _, tok := range tokens {
		b.WriteString(text[at:tok.start])
		b.WriteByte('x')
		at = tok.end
	}
	b.WriteString(text[at:])
	return b.String()
}

// placeTokens decides how each value is escaped and encodes the literal text after the authority, which ends at end.
func (u *URLTemplate) placeTokens(tokens []token, end int) {
	inQuery := false
	at := 0
	for i, tok := range tokens {
		p := &u.template.pieces[i]
		inQuery = inQuery || strings.ContainsAny(p.literal, "?#")
		p.literal = encodeLiteral(p.literal, end-at)
		at = tok.end
		switch {
		case i == 0 && u.hostToken:
			p.escape = urlHost
		case tok.raw:
			p.escape = urlRaw
			u.check = true
		case inQuery:
			p.escape = urlQuery
		default:
			p.escape = urlPath
		}
	}
	u.template.tail = encodeLiteral(u.template.tail, end-at)
}

// encodeLiteral encodes what no URL can hold in literal, but for its first bytes, which belong to the authority.
func encodeLiteral(literal string, first int) string {
	first = min(max(first, 0), len(literal))
	return literal[:first] + string(appendPercent(nil, literal[first:], inURL, 0))
}

// origin gives scheme, host and port in their normal form (RFC 6454 §4): lower case, without the default port.
func origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host
}

// OriginOf gives scheme, host and port of an address, as [URLTemplate.Origin] does; "" when it has none.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return origin(u)
}

// Origin gives the scheme, host and port that every rendering has, such as "https://crm.example.com" or
// "http://localhost:8080", in lower case and without a default port; "" when a token decides it.
func (u URLTemplate) Origin() string { return u.origin }

// String gives the text as it was parsed.
func (u URLTemplate) String() string { return u.template.String() }

// Refs lists what the URL names, each once, in the order of appearance.
func (u URLTemplate) Refs() []Ref { return u.template.Refs() }

// BeforeQuery lists what is named in host and path, each once: places that logs and intermediaries see.
func (u URLTemplate) BeforeQuery() []Ref {
	var refs []Ref
	for _, p := range u.template.pieces {
		if strings.ContainsAny(p.literal, "?#") {
			break
		}
		if !slices.Contains(refs, p.ref) {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// HostRef gives the token that is the URL's host, and whether there is one. A token that is the whole URL is none.
func (u URLTemplate) HostRef() (Ref, bool) {
	if !u.hostToken {
		return Ref{}, false
	}
	return u.template.pieces[0].ref, true
}

// URL renders the URL with the values of src, or fails with a [*URLError]. The host may come from a value: whether it
// may be called is asked at the dial.
func (u URLTemplate) URL(src Source) (string, error) {
	text := u.template.Text(src)
	if !u.check {
		return text, nil
	}
	var host string
	if u.template.alone() || u.hostToken {
		host = strings.TrimSpace(src.Value(u.template.pieces[0].ref).String())
		if host == "" {
			return "", &URLError{EmptyURL}
		}
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return "", &URLError{InvalidURL}
	case schemeLength(text) == 0:
		return "", &URLError{NotAbsolute}
	case !usableHost(parsed):
		return "", &URLError{InvalidURL}
	case u.hostToken && (parsed.Host != host+u.port || parsed.User != nil):
		return "", &URLError{InvalidURL}
	}
	return text, nil
}

// usableHost reports whether u has a host, and in it none of the characters that url.Parse lets through although no
// host can have them.
func usableHost(u *url.URL) bool {
	return u.Hostname() != "" && !strings.ContainsAny(u.Host, "\"<>")
}

// appendURLPath appends a value that stays inside its path segment: slashes and all that is reserved are encoded, and
// so are the dots of a value that would be a dot segment (RFC 3986 §3.3).
func appendURLPath(dst []byte, s string) []byte {
	switch s {
	case ".":
		return append(dst, "%2E"...)
	case "..":
		return append(dst, "%2E%2E"...)
	}
	return appendPercent(dst, s, unreserved, 0)
}

// appendURL appends a value that is a whole URL, as it is but for white space around it and characters after the
// authority that no URL can hold.
func appendURL(dst []byte, s string) []byte {
	s = strings.TrimSpace(s)
	end := schemeLength(s)
	if i := strings.IndexAny(s[end:], "/?#"); i >= 0 {
		end += i
	} else {
		end = len(s)
	}
	dst = append(dst, s[:end]...)
	return appendPercent(dst, s[end:], inURL, 0)
}
