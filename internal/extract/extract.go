// Package extract finds parts of what a web service answered: by JSONPath (RFC 9535) in JSON, by XPath 1.0 in XML.
//
// Answers come from anywhere, and paths from any owner: documents, paths and the work of finding are limited.
package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"surveyflow/internal/jsonpath"
	"surveyflow/models"
)

// Path is a checked path. It is immutable and safe for concurrent use.
type Path struct {
	text string
	json *jsonpath.Path // nil for an XPath
}

// ParsePath checks a path: one that begins with $ is a JSONPath, any other an XPath.
// It fails with a *models.Error whose key and args say what is wrong.
func ParsePath(text string) (*Path, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "$") {
		if err := checkXPath(text); err != nil {
			return nil, err
		}
		return &Path{text: text}, nil
	}
	p, err := jsonpath.Parse(text)
	if e, ok := errors.AsType[*jsonpath.SyntaxError](err); ok {
		position := utf8.RuneCountInString(text[:min(e.Offset, len(text))]) + 1
		return nil, &models.Error{Code: models.CodeInvalid, Key: e.Key(), Args: map[string]any{"Position": position}, Cause: err}
	}
	return &Path{text: text, json: p}, err
}

// String gives the path as it was written, without space around it.
func (p *Path) String() string { return p.text }

// Document is the body of an answer, ready to be searched. What is neither JSON nor XML has no parts.
// It is not safe for concurrent use.
type Document struct {
	json *jsonpath.Value
	xml  *xmlDocument
	err  error
}

// Errors of a [Document].
var (
	ErrNotReadable = errors.New("extract: the answer is neither JSON nor XML")
	ErrTooLarge    = errors.New("extract: the answer is too large or nested too deeply")
	ErrTooMuch     = errors.New("extract: the path looks at too much of the answer")
)

// Read reads the body of an answer. Its first character decides between XML and JSON, whatever the content type says; the
// charset that it says counts.
func Read(body []byte, contentType string) *Document {
	text := toUTF8(body, contentType)
	switch start := bytes.TrimLeft(text, "\xEF\xBB\xBF \t\r\n"); {
	case len(start) == 0:
		return &Document{err: ErrNotReadable}
	case start[0] == '<':
		x, err := readXML(text)
		return &Document{xml: x, err: err}
	}
	v, err := jsonpath.ParseDocument(text)
	switch {
	case errors.Is(err, jsonpath.ErrNotJSON):
		err = ErrNotReadable
	case err != nil:
		err = ErrTooLarge
	}
	return &Document{json: v, err: err}
}

// Err tells why the document has no parts; nil when it may have some.
func (d *Document) Err() error { return d.err }

// toUTF8 decodes what is not in UTF-8 by its byte order mark, the charset of the content type, or an XML declaration.
func toUTF8(body []byte, contentType string) []byte {
	declared := xmlEncoding(body)
	if i := strings.Index(strings.ToLower(contentType), "charset="); i >= 0 {
		declared, _, _ = strings.Cut(contentType[i+len("charset="):], ";")
		declared = strings.Trim(declared, ` "'`)
	}
	if bytes.HasPrefix(body, []byte{0xFF, 0xFE}) {
		declared = "utf-16le"
	} else if bytes.HasPrefix(body, []byte{0xFE, 0xFF}) {
		declared = "utf-16be"
	} else if wide := bytes.IndexByte(body, 0) >= 0; utf8.Valid(body) && !wide && !strings.HasPrefix(strings.ToLower(declared), "iso-2022") {
		return body // true of nearly all, whatever they say
	}
	e, name := charset.Lookup(declared)
	if e == nil || name == "utf-8" {
		return body
	}
	text, err := io.ReadAll(io.LimitReader(e.NewDecoder().Reader(bytes.NewReader(body)), jsonpath.MaxDocument+1))
	if err != nil {
		return body
	}
	return text
}

// xmlEncoding gives the encoding that an XML declaration names; empty without one.
func xmlEncoding(body []byte) string {
	head := string(body[:min(len(body), 200)])
	if !strings.HasPrefix(head, "<?xml") {
		return ""
	}
	head, _, _ = strings.Cut(head, "?>")
	_, name, found := strings.Cut(head, "encoding=")
	if !found || len(name) < 2 {
		return ""
	}
	name, _, _ = strings.Cut(name[1:], name[:1])
	return name
}

// Find gives what a path names as JSON: one value as itself, several as an array, none as nil. Parts of XML are texts.
// It fails with [ErrNotReadable] when the document is of the other kind or of none, with [ErrTooLarge] or [ErrTooMuch].
func (d *Document) Find(p *Path) (json.RawMessage, error) {
	switch {
	case d.err != nil:
		return nil, d.err
	case (p.json != nil) != (d.json != nil):
		return nil, ErrNotReadable
	case d.xml != nil:
		return d.xml.find(p.text)
	}
	found, err := p.json.Select(d.json)
	if err != nil {
		return nil, ErrTooMuch
	}
	values := make([]json.RawMessage, len(found))
	for i, v := range found {
		values[i] = v.Raw()
	}
	return list(values), nil
}

// list gives no value as nil, one as itself, several as an array.
func list(values []json.RawMessage) json.RawMessage {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return compact(values[0])
	}
	b := []byte{'['}
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, compact(v)...)
	}
	return append(b, ']')
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD"))
}

// Part is one value of a document and the path that finds it.
type Part struct {
	Path  string
	Value json.RawMessage
}

// Parts lists the single values of a document (texts, numbers, true, false and null; text and attributes of XML), each with the
// shortest path that people write for it, up to max of them in the document's order. more tells that there are more.
func (d *Document) Parts(limit int) (parts []Part, more bool) {
	switch {
	case d.json != nil:
		return jsonParts(d.json, nil, limit)
	case d.xml != nil:
		return d.xml.parts(limit)
	}
	return nil, false
}

func jsonParts(v *jsonpath.Value, parts []Part, limit int) ([]Part, bool) {
	if v.Kind() != jsonpath.Array && v.Kind() != jsonpath.Object {
		if len(parts) == limit {
			return parts, true
		}
		return append(parts, Part{v.ShortPath(), compact(v.Raw())}), false
	}
	more := false
	for _, child := range v.Children() {
		if parts, more = jsonParts(child, parts, limit); more {
			break
		}
	}
	return parts, more
}

// LastName suggests a name for what a path finds: the last name in it, such as "id" of $.ticket.id and /ticket/@id.
func LastName(path string) string {
	name := ""
	word := func(r rune) bool {
		return r == '_' || r >= 0x80 || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return !word(r) }) {
		if strings.Trim(part, "0123456789") != "" && part != "text" {
			name = part
		}
	}
	return name
}
