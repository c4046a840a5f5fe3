package richtext

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"surveyflow/internal/pipedtext"
)

// Pipe gives a stored text with its piped text resolved, again as a stored text. A value stays text: it formats nothing and
// leads nowhere, also with the filter |raw. In a link it is encoded, and the site that the link leads to stays what the text
// says; a link that values would have to lead elsewhere becomes its words. It is one pass.
func Pipe(text string, values pipedtext.Source) string {
	if !strings.Contains(text, "{") {
		return text
	}
	if !IsHTML(text) {
		return FromPlain(fill(text, values))
	}
	nodes := parse(text)
	for _, n := range nodes {
		pipeNode(n, values)
	}
	return write(nodes, stored)
}

// fill resolves the tokens of a plain text.
func fill(text string, values pipedtext.Source) string {
	t, err := pipedtext.Parse(text)
	if err != nil {
		return text
	}
	return t.Text(values)
}

func pipeNode(n *html.Node, values pipedtext.Source) {
	if n.Type == html.TextNode {
		n.Data = fill(n.Data, broken(values))
		return
	}
	for i, a := range n.Attr {
		if a.Key == "href" {
			n.Attr[i].Val = pipeAddress(a.Val, values)
		}
	}
	for c := range n.ChildNodes() {
		pipeNode(c, values)
	}
}

// broken gives values with their line breaks marked.
func broken(values pipedtext.Source) pipedtext.Source {
	return pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		v := values.Value(r)
		if text := v.String(); strings.Contains(text, "\n") {
			return pipedtext.Text(strings.ReplaceAll(text, "\n", lineBreak))
		}
		return v
	})
}

// pipeAddress resolves the tokens of a link; empty when it may not be followed then.
func pipeAddress(address string, values pipedtext.Source) string {
	if !strings.Contains(address, "{") {
		return address
	}
	if isMail(address) {
		return fill(address, encoded(values))
	}
	t, err := pipedtext.ParseURL(address)
	if err != nil || t.Origin() == "" {
		return ""
	}
	to, err := t.URL(values)
	if err != nil {
		return ""
	}
	return to
}

// encoded gives values as parts of an address of mail.
func encoded(values pipedtext.Source) pipedtext.Source {
	return pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		return pipedtext.Text(strings.ReplaceAll(url.QueryEscape(values.Value(r).String()), "+", "%20"))
	})
}
