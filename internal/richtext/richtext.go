// Package richtext is the formatting that texts of a survey may have: one small subset of HTML, kept as text.
//
// A stored text is either plain, as it was typed and with line breaks, or HTML: it is HTML exactly when a tag stands in it
// ([IsHTML]). Everything that leaves this package as HTML went through the sanitiser, whatever was stored; the one place
// that prints it is components.RichText. The package is pure.
package richtext

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxLength is the longest text in bytes that is read as HTML; a longer one is shown as it is written.
const maxLength = 64 << 10

// markup finds a tag of HTML, and not "<name>" or "3 < 5 > 4", which people write in plain text.
var markup = regexp.MustCompile(`(?i)</?(?:a|abbr|b|big|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strike|strong|` +
	`sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>`)

// IsHTML reports whether a stored text is HTML; else it is plain.
func IsHTML(text string) bool {
	return strings.Contains(text, "<") && len(text) <= maxLength && markup.MatchString(text)
}

// Clean gives the form in which a text from an editor or a program is stored: of HTML the safe subset, in one spelling;
// HTML that formats nothing as plain text; plain text as it is. Cleaning twice changes nothing.
func Clean(text string) string {
	if !IsHTML(text) {
		return text
	}
	return FromHTML(text)
}

// FromHTML is [Clean] for a text that is HTML also when no tag stands in it, such as "Tom &amp; Jerry".
func FromHTML(text string) string {
	if len(text) > maxLength {
		return text
	}
	clean := text
	for range 3 { // leaving out one element can make others superfluous; the second pass is nearly always the last
		nodes := parse(clean)
		if plain, ok := unformatted(nodes); ok {
			return FromPlain(plain)
		}
		next := write(nodes, stored)
		if next == clean {
			break
		}
		clean = next
	}
	return clean
}

// FromPlain gives the stored form of a plain text: the text itself, unless that would be taken for HTML.
func FromPlain(text string) string {
	if !IsHTML(text) {
		return text
	}
	return "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p>"
}

// HTML gives a stored text as HTML that is safe to print: of HTML the subset, with links that open beside the survey; plain
// text escaped.
func HTML(text string) string {
	if !IsHTML(text) {
		return html.EscapeString(text)
	}
	return write(parse(text), printed)
}

// Plain gives a stored text without formatting: paragraphs, list items and breaks on lines of their own.
func Plain(text string) string {
	if !IsHTML(text) {
		return text
	}
	return plainOf(parse(text))
}

// Line is [Plain] on one line, for labels, titles and lists.
func Line(text string) string { return strings.Join(strings.Fields(Plain(text)), " ") }

// unformatted gives what plain text would say the same as the nodes: text with breaks, or one paragraph of it.
func unformatted(nodes []*html.Node) (string, bool) {
	if len(nodes) == 1 && elements[nodes[0].DataAtom] == atom.P {
		nodes = children(nodes[0])
	}
	for _, n := range nodes {
		if n.Type != html.TextNode && n.DataAtom != atom.Br {
			return "", false
		}
	}
	return plainOf(nodes), true
}
