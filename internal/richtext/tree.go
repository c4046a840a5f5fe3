package richtext

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// elements are what a text may be made of, each with the name that it is stored under: editors and other products write the
// same things in several ways.
var elements = map[atom.Atom]atom.Atom{
	atom.P: atom.P, atom.Div: atom.P, atom.Br: atom.Br, atom.Strong: atom.Strong, atom.B: atom.Strong, atom.Em: atom.Em, atom.I: atom.Em,
	atom.U: atom.U, atom.Ul: atom.Ul, atom.Ol: atom.Ol, atom.Li: atom.Li, atom.A: atom.A, atom.Blockquote: atom.Blockquote,
	atom.H1: atom.H3, atom.H2: atom.H3, atom.H3: atom.H3, atom.H4: atom.H3, atom.H5: atom.H3, atom.H6: atom.H3,
}

// safeAddress matches where links may lead. Spaces stand in piped text alone.
var safeAddress = regexp.MustCompile(`(?i)^(?:https?://|mailto:)(?:[^\s"'<>\\]|[$~]\{[^{}"'<>\\]*\})+$`)

// policy is the one judge of what is safe.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name := range elements {
		p.AllowElements(name.String())
	}
	p.AllowNoAttrs().OnElements("a")
	p.AllowAttrs("href").Matching(safeAddress).OnElements("a")
	p.RequireParseableURLs(false) // piped text in an address does not parse; safeAddress judges
	return p
}()

// parse reads HTML into what of it is safe, every element closed.
func parse(text string) []*html.Node {
	body := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(policy.Sanitize(text)), body)
	if err != nil { // what is nested too deeply
		return []*html.Node{{Type: html.TextNode, Data: text}}
	}
	return nodes
}

func children(n *html.Node) []*html.Node {
	var all []*html.Node
	for c := range n.ChildNodes() {
		all = append(all, c)
	}
	return all
}

// form says what HTML is written for.
type form int

const (
	stored  form = iota // for the database: nothing that could be made when it is printed
	printed             // for a page
)

// lineBreak stands in a text for a break of its lines: in HTML those of the text itself are spaces.
const lineBreak = "\u2028"

// write writes nodes and nothing that is not one of elements.
func write(nodes []*html.Node, f form) string {
	var b strings.Builder
	for _, n := range nodes {
		writeNode(&b, n, f)
	}
	return strings.TrimSpace(b.String())
}

func writeNode(b *strings.Builder, n *html.Node, f form) {
	if n.Type == html.TextNode {
		b.WriteString(strings.ReplaceAll(html.EscapeString(n.Data), lineBreak, "<br>"))
		return
	}
	name := elements[n.DataAtom]
	if name == atom.Br {
		b.WriteString("<br>")
		return
	}
	address := href(n)
	known := n.Type == html.ElementNode && name != 0 && (name != atom.A || address != "")
	if known {
		b.WriteString("<" + name.String())
		if name == atom.A {
			writeAddress(b, address, f)
		}
		b.WriteByte('>')
	}
	for c := range n.ChildNodes() {
		writeNode(b, c, f)
	}
	if known {
		b.WriteString("</" + name.String() + ">")
	}
}

// writeAddress writes the attributes of a link. One that leads to a page opens beside the survey, so that nothing typed gets
// lost, and tells the other site nothing.
func writeAddress(b *strings.Builder, address string, f form) {
	b.WriteString(` href="` + html.EscapeString(address) + `"`)
	if f == printed && !isMail(address) {
		b.WriteString(` target="_blank" rel="noopener noreferrer nofollow"`)
	}
}

func isMail(address string) bool {
	return len(address) >= 7 && strings.EqualFold(address[:7], "mailto:")
}

// href gives where a link leads; empty when that is nowhere safe.
func href(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "href" && safeAddress.MatchString(a.Val) {
			return a.Val
		}
	}
	return ""
}

// plainOf gives what nodes say in plain text.
func plainOf(nodes []*html.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		plainNode(&b, n)
	}
	return strings.TrimSpace(blankLines.ReplaceAllString(b.String(), "\n\n"))
}

var (
	blankLines = regexp.MustCompile(`[ \t]*\n[ \t]*(?:\n[ \t]*)+`)
	spaces     = regexp.MustCompile(`[ \t\r\n\f]+`)
)

func plainNode(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		text := spaces.ReplaceAllString(n.Data, " ")
		if s := b.String(); s == "" || s[len(s)-1] == '\n' || s[len(s)-1] == ' ' {
			text = strings.TrimPrefix(text, " ")
		}
		b.WriteString(text)
		return
	}
	switch elements[n.DataAtom] {
	case atom.Br:
		b.WriteByte('\n')
		return
	case atom.P, atom.H3, atom.Blockquote, atom.Ul, atom.Ol, atom.Li:
		newLine(b)
		defer newLine(b)
	}
	for c := range n.ChildNodes() {
		plainNode(b, c)
	}
}

// newLine ends the line unless one has just begun.
func newLine(b *strings.Builder) {
	if s := b.String(); s != "" && s[len(s)-1] != '\n' {
		b.WriteByte('\n')
	}
}
