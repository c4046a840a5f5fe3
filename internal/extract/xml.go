package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"

	"surveyflow/internal/jsonpath"
	"surveyflow/models"
)

// Limits of XML and XPath.
const (
	maxXML      = jsonpath.MaxDocument
	maxXMLDepth = jsonpath.MaxDepth
	maxXMLNodes = 200_000
	maxXPath    = 2 << 10 // bytes
	maxMoves    = 1_000_000
	maxFound    = 10_000
)

// checkXPath fails with a *models.Error when a text is no XPath.
func checkXPath(text string) error {
	invalid := func(key string) error { return &models.Error{Code: models.CodeInvalid, Key: key} }
	switch {
	case text == "":
		return invalid("extract.error.path_empty")
	case len(text) > maxXPath:
		return invalid("jsonpath.error.too_long")
	}
	if _, err := compileXPath(text); err != nil {
		return &models.Error{Code: models.CodeInvalid, Key: "extract.error.xpath", Cause: err}
	}
	return nil
}

// compileXPath turns the library's panics into errors.
func compileXPath(text string) (x *xpath.Expr, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compile XPath: %v", p)
		}
	}()
	return xpath.Compile(expandNames(text))
}

type xmlDocument struct{ root *xmlquery.Node }

// readXML reads a document in UTF-8. Entities that it declares itself are unknown to encoding/xml, and so refused.
func readXML(text []byte) (*xmlDocument, error) {
	if len(text) > maxXML {
		return nil, ErrTooLarge
	}
	if err := checkXMLSize(text); err != nil {
		return nil, err
	}
	root, err := xmlquery.ParseWithOptions(bytes.NewReader(text), xmlquery.ParserOptions{Decoder: &xmlquery.DecoderOptions{
		Strict: true, CharsetReader: asItIs,
	}})
	if err != nil {
		return nil, ErrNotReadable
	}
	return &xmlDocument{root}, nil
}

// asItIs takes a text that is UTF-8 by now, whatever its declaration says.
func asItIs(_ string, in io.Reader) (io.Reader, error) { return in, nil }

// checkXMLSize looks at the marks of a text before it is read: what is nested too deeply, or has too many nodes, is refused
// before it takes memory.
func checkXMLSize(text []byte) error {
	if bytes.Count(text, []byte("<"))+bytes.Count(text, []byte("=")) > maxXMLNodes {
		return ErrTooLarge
	}
	depth := 0
	for i, c := range text {
		if c != '<' || i+1 == len(text) {
			continue
		}
		switch text[i+1] {
		case '/':
			depth--
		case '!', '?':
		default:
			if end := bytes.IndexByte(text[i:], '>'); end > 0 && text[i+end-1] != '/' {
				depth++
			}
		}
		if depth > maxXMLDepth {
			return ErrTooLarge
		}
	}
	return nil
}

// find evaluates an XPath.
func (d *xmlDocument) find(text string) (found json.RawMessage, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case errMoves:
			found, err = nil, ErrTooMuch
		default: // the library's way to say that an expression does not fit
			found, err = nil, ErrNotReadable
		}
	}()
	x, err := compileXPath(text) // an own one: a compiled expression has a state
	if err != nil {
		return nil, ErrNotReadable
	}
	moves := maxMoves
	switch v := x.Evaluate(walker{xmlquery.CreateXPathNavigator(d.root), &moves}).(type) {
	case *xpath.NodeIterator:
		var values []json.RawMessage
		for v.MoveNext() {
			if len(values) == maxFound {
				return nil, ErrTooMuch
			}
			values = append(values, jsonText(v.Current().Value()))
		}
		return list(values), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case string:
		return jsonText(v), nil
	}
	return nil, nil
}

func jsonText(s string) json.RawMessage {
	text, err := models.MarshalJSON(strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil { // a text can be encoded
		return nil
	}
	return text
}

// errMoves ends an evaluation that goes on for too long: the library knows no other way to be stopped.
var errMoves = errors.New("extract: too many moves")

// walker is a position in a document that counts how often it is moved, with all its copies.
type walker struct {
	*xmlquery.NodeNavigator
	left *int
}

func (w walker) spend(n int) {
	if *w.left -= n; *w.left < 0 {
		panic(errMoves)
	}
}

func (w walker) Value() string {
	v := w.NodeNavigator.Value()
	w.spend(1 + len(v)/16)
	return v
}

func (w walker) Copy() xpath.NodeNavigator {
	w.spend(1)
	n, ok := w.NodeNavigator.Copy().(*xmlquery.NodeNavigator)
	if !ok { // it copies its own kind
		panic(errMoves)
	}
	return walker{n, w.left}
}

func (w walker) MoveTo(other xpath.NodeNavigator) bool {
	w.spend(1)
	if o, ok := other.(walker); ok {
		other = o.NodeNavigator
	}
	return w.NodeNavigator.MoveTo(other)
}

func (w walker) MoveToParent() bool        { w.spend(1); return w.NodeNavigator.MoveToParent() }
func (w walker) MoveToNextAttribute() bool { w.spend(1); return w.NodeNavigator.MoveToNextAttribute() }
func (w walker) MoveToChild() bool         { w.spend(1); return w.NodeNavigator.MoveToChild() }
func (w walker) MoveToFirst() bool         { w.spend(1); return w.NodeNavigator.MoveToFirst() }
func (w walker) MoveToNext() bool          { w.spend(1); return w.NodeNavigator.MoveToNext() }
func (w walker) MoveToPrevious() bool      { w.spend(1); return w.NodeNavigator.MoveToPrevious() }

// parts lists the texts of elements without elements in them, and all attributes.
func (d *xmlDocument) parts(limit int) (parts []Part, more bool) {
	var walk func(n *xmlquery.Node, path string) bool
	add := func(path, text string) bool {
		if len(parts) == limit {
			more = true
			return false
		}
		parts = append(parts, Part{path, jsonText(text)})
		return true
	}
	walk = func(n *xmlquery.Node, path string) bool {
		for _, a := range n.Attr {
			if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
				continue
			}
			if name := qualified(a.Name.Space, a.Name.Local); !add(path+"/@"+name, a.Value) {
				return false
			}
		}
		steps := stepsOf(n)
		if len(steps) == 0 && n.Type == xmlquery.ElementNode {
			return add(path, n.InnerText())
		}
		for _, s := range steps {
			if !walk(s.node, path+"/"+s.name) {
				return false
			}
		}
		return true
	}
	walk(d.root, "")
	return parts, more
}

// step is a child element and how a path names it: with its number when its name comes more than once.
type step struct {
	node *xmlquery.Node
	name string
}

func stepsOf(n *xmlquery.Node) []step {
	var steps []step
	count := map[string]int{}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == xmlquery.ElementNode {
			name := qualified(c.Prefix, c.Data)
			count[name]++
			steps = append(steps, step{c, name})
		}
	}
	number := map[string]int{}
	for i, s := range steps {
		if count[s.name] > 1 {
			number[s.name]++
			steps[i].name = s.name + "[" + strconv.Itoa(number[s.name]) + "]"
		}
	}
	return steps
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}
