package jsonpath

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Limits of a document.
const (
	MaxDocument = 4 << 20 // bytes
	MaxDepth    = 200     // arrays and objects within each other
)

// Errors of [ParseDocument].
var (
	ErrNotJSON  = errors.New("jsonpath: the document is not valid JSON")
	ErrTooLarge = errors.New("jsonpath: the document is too large")
	ErrTooDeep  = errors.New("jsonpath: the document is nested too deeply")
)

// Kind is the type of a [Value].
type Kind uint8

// The types of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Value is a JSON value at its place in a document. It keeps its spelling: numbers have all their digits, objects the
// order of their members. A document is immutable and safe for concurrent use.
type Value struct {
	kind     Kind
	raw      []byte   // the value as it is written in the document
	text     string   // of a string: decoded
	children []*Value // of an array or object
	parent   *Value   // nil for the root
	name     string   // of a member
	index    int      // among its parent's children
}

// ParseDocument reads a JSON text. Of members with the same name the last one counts, as in encoding/json.
// It fails with [ErrNotJSON], [ErrTooLarge] or [ErrTooDeep]. The document keeps data, which must not change.
func ParseDocument(data []byte) (*Value, error) {
	if len(data) > MaxDocument {
		return nil, ErrTooLarge
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")) // RFC 8259 §8.1 lets readers ignore it
	if !json.Valid(data) {
		return nil, ErrNotJSON
	}
	r := reader{data: data}
	v := r.value(nil, 0)
	if r.tooDeep {
		return nil, ErrTooDeep
	}
	return v, nil
}

// Kind tells the type of the value.
func (v *Value) Kind() Kind { return v.kind }

// Raw gives the value as it is written in its document, without the space around it.
func (v *Value) Raw() json.RawMessage { return v.raw }

// Text gives a string decoded, and every other value as it is written.
func (v *Value) Text() string {
	if v.kind == String {
		return v.text
	}
	return string(v.raw)
}

// Children gives the elements of an array and the values of an object's members, in their order.
func (v *Value) Children() []*Value { return v.children }

// Path gives the place of the value as a normalized path (RFC 9535 §2.7).
func (v *Value) Path() string { return string(v.appendPath(nil)) }

func (v *Value) appendPath(b []byte) []byte {
	if v.parent == nil {
		return append(b, '$')
	}
	b = append(v.parent.appendPath(b), '[')
	if v.parent.kind == Array {
		b = strconv.AppendInt(b, int64(v.index), 10)
	} else {
		b = appendQuoted(b, v.name)
	}
	return append(b, ']')
}

// ShortPath gives the place of the value as people write it, with dots where names allow it: $.items[0]['first name'].
func (v *Value) ShortPath() string {
	if v.parent == nil {
		return "$"
	}
	if v.parent.kind == Object && isShorthand(v.name) {
		return v.parent.ShortPath() + "." + v.name
	}
	last := []byte{'['}
	if v.parent.kind == Array {
		last = strconv.AppendInt(last, int64(v.index), 10)
	} else {
		last = appendQuoted(last, v.name)
	}
	return v.parent.ShortPath() + string(append(last, ']'))
}

// appendQuoted writes a name within single quotes, escaped as normalized paths are.
func appendQuoted(b []byte, name string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '\'')
	for i := range len(name) {
		c := name[i]
		if short := strings.IndexByte("\b\f\n\r\t'\\", c); short >= 0 {
			b = append(b, '\\', `bfnrt'\`[short])
		} else if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return append(b, '\'')
}

// member finds the value of a member; nil when there is none.
func (v *Value) member(name string) *Value {
	if v.kind != Object {
		return nil
	}
	for _, child := range v.children {
		if child.name == name {
			return child
		}
	}
	return nil
}

// element finds an element by its index, a negative one counted from the end; nil when there is none.
func (v *Value) element(index int) *Value {
	if index < 0 {
		index += len(v.children)
	}
	if v.kind != Array || index < 0 || index >= len(v.children) {
		return nil
	}
	return v.children[index]
}

// reader reads a text that is known to be valid.
type reader struct {
	data    []byte
	at      int
	tooDeep bool
}

func (r *reader) space() {
	for r.at < len(r.data) && (r.data[r.at] == ' ' || r.data[r.at] == '\n' || r.data[r.at] == '\r' || r.data[r.at] == '\t') {
		r.at++
	}
}

func (r *reader) value(parent *Value, depth int) *Value {
	r.space()
	start := r.at
	v := &Value{parent: parent}
	switch r.data[r.at] {
	case '{', '[':
		r.container(v, depth)
	case '"':
		v.kind, v.text = String, r.text()
	case 't', 'f':
		v.kind = Bool
		r.word()
	case 'n':
		r.word()
	default:
		v.kind = Number
		r.word()
	}
	v.raw = r.data[start:r.at]
	return v
}

// container reads an array or an object. Of what is nested too deeply it reads nothing more.
func (r *reader) container(v *Value, depth int) {
	v.kind = Array
	if r.data[r.at] == '{' {
		v.kind = Object
	}
	if depth == MaxDepth {
		r.tooDeep = true
	}
	r.at++
	var names nameIndex
	for r.space(); !r.tooDeep && r.data[r.at] != ']' && r.data[r.at] != '}'; r.space() {
		if r.data[r.at] == ',' {
			r.at++
			r.space()
		}
		name := ""
		if v.kind == Object {
			name = r.text()
			r.space()
			r.at++ // the colon
		}
		child := r.value(v, depth+1)
		child.name, child.index = name, len(v.children)
		if v.kind == Object {
			if i := names.find(v, name); i >= 0 { // the last one counts
				child.index = i
				v.children[i] = child
				continue
			}
		}
		v.children = append(v.children, child)
	}
	r.at++
}

// nameIndex finds the members of an object that is being read: of a small one by looking, of a large one in a map.
type nameIndex map[string]int

const smallObject = 16 // members

func (x *nameIndex) find(v *Value, name string) int {
	n := len(v.children)
	if n < smallObject {
		return slices.IndexFunc(v.children, func(c *Value) bool { return c.name == name })
	}
	if *x == nil {
		*x = make(nameIndex, 2*n)
		for i, c := range v.children {
			(*x)[c.name] = i
		}
	}
	if i, ok := (*x)[name]; ok {
		return i
	}
	(*x)[name] = n
	return -1
}

// text reads a string and decodes it.
func (r *reader) text() string {
	start := r.at
	plain := true
	for r.at++; r.data[r.at] != '"'; r.at++ {
		if r.data[r.at] == '\\' {
			plain = false
			r.at++
		}
	}
	r.at++
	if plain {
		return strings.ToValidUTF8(string(r.data[start+1:r.at-1]), "\uFFFD")
	}
	var s string
	_ = json.Unmarshal(r.data[start:r.at], &s) // it is valid
	return s
}

// word reads to the end of a number, true, false or null.
func (r *reader) word() {
	for r.at < len(r.data) && strings.IndexByte(" \n\r\t,]}", r.data[r.at]) < 0 {
		r.at++
	}
}
