package pipedtext

import (
	"strings"
	"unicode/utf8"
)

// escape is what is done to a value so that it fits the place of its token.
type escape uint8

const (
	plain      escape = iota // nothing
	header                   // no line breaks, no control characters
	xmlText                  // entities
	form                     // application/x-www-form-urlencoded
	jsonValue                // a JSON value
	jsonString               // the inside of a JSON string
	urlPath                  // a part of one path segment
	urlQuery                 // a part of a query or fragment
	urlRaw                   // only what no URL can hold is encoded
	urlHost                  // a host, checked after rendering
	urlWhole                 // a URL, checked after rendering
)

// append appends the value, escaped.
func (e escape) append(dst []byte, v Value) []byte {
	switch e {
	case header:
		return appendHeader(dst, v.text)
	case xmlText:
		return appendXML(dst, v.text)
	case form:
		return appendPercent(dst, v.text, unreserved, '+')
	case jsonValue:
		return appendJSONValue(dst, v)
	case jsonString:
		return appendJSONString(dst, v.text)
	case urlPath:
		return appendURLPath(dst, v.text)
	case urlQuery:
		return appendPercent(dst, v.text, unreserved, 0)
	case urlRaw:
		return appendPercent(dst, v.text, inURL, 0)
	case urlHost:
		return append(dst, strings.TrimSpace(v.text)...)
	case urlWhole:
		return appendURL(dst, v.text)
	}
	return append(dst, v.text...)
}

// appendHeader puts one space for every run of line breaks and drops other control characters.
func appendHeader(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\r' || c == '\n':
			if i == 0 || s[i-1] != '\r' && s[i-1] != '\n' {
				dst = append(dst, ' ')
			}
		case !isControl(c) || c == '\t':
			dst = append(dst, c)
		}
	}
	return dst
}

// appendXML escapes like encoding/xml.EscapeText.
func appendXML(dst []byte, s string) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		entity := xmlEntity(r)
		switch {
		case entity != "":
			dst = append(dst, entity...)
		case r == utf8.RuneError || !inXML(r):
			dst = append(dst, "\uFFFD"...)
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return dst
}

// xmlEntity gives the entity that a character needs. White space needs one because an attribute's is normalised
// (XML 1.0 §3.3.3).
func xmlEntity(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&#34;"
	case '\'':
		return "&#39;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	case '\r':
		return "&#xD;"
	}
	return ""
}

// inXML reports whether XML can carry the character (XML 1.0 §2.2).
func inXML(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// charSet is a set of ASCII characters.
type charSet [128]bool

// chars makes the set of letters, digits and the others.
func chars(others string) *charSet {
	var set charSet
	for c := range set {
		set[c] = isLetter(byte(c)) || isDigit(byte(c))
	}
	for i := range len(others) {
		set[others[i]] = true
	}
	return &set
}

var (
	unreserved = chars("-._~")                    // RFC 3986 §2.3
	inURL      = chars("-._~:/?#[]@!$&'()*+,;=%") // and the reserved ones and percent, RFC 3986 §2.2
)

// appendPercent encodes every byte outside keep; space, unless 0, stands for the space.
func appendPercent(dst []byte, s string, keep *charSet, space byte) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < utf8.RuneSelf && keep[c]:
			dst = append(dst, c)
		case c == ' ' && space != 0:
			dst = append(dst, space)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
