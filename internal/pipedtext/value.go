package pipedtext

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Kind is the type of a [Value].
type Kind uint8

// The kinds of values.
const (
	KindMissing Kind = iota // not there, unanswered, or null
	KindText
	KindNumber
	KindBool
	KindJSON // an object or an array
)

// Value is what a token stands for. It is comparable; the zero Value is missing.
type Value struct {
	kind Kind
	text string // of KindNumber, KindBool and KindJSON always valid, compact JSON
}

// Text makes a text.
func Text(s string) Value { return Value{KindText, s} }

// Number makes a number from its digits, which are kept one by one however many they are; a string or a json.Number.
// What is no JSON number (RFC 8259 §6), such as 007, becomes a text.
func Number[N ~string](digits N) Value {
	if s := string(digits); isJSONNumber(s) {
		return Value{KindNumber, s}
	}
	return Text(string(digits))
}

// Bool makes a truth value.
func Bool(b bool) Value {
	if b {
		return Value{KindBool, "true"}
	}
	return Value{KindBool, "false"}
}

// JSON makes a value of the type that raw has; null is missing. Numbers keep their digits, objects their order.
// What is no valid JSON becomes a text.
func JSON(raw []byte) Value {
	raw = bytes.TrimSpace(raw)
	if !json.Valid(raw) {
		return Text(string(raw))
	}
	switch raw[0] {
	case 'n':
		return Value{}
	case 't', 'f':
		return Value{KindBool, string(raw)}
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s) // it is valid
		return Text(s)
	case '{', '[':
		var b bytes.Buffer
		b.Grow(len(raw))
		_ = json.Compact(&b, raw) // it is valid
		return Value{KindJSON, strings.ToValidUTF8(b.String(), "\uFFFD")}
	}
	return Value{KindNumber, string(raw)}
}

// List makes the value of a path that found several nodes: none is missing, one is itself, more are an array.
func List(nodes ...json.RawMessage) Value {
	switch len(nodes) {
	case 0:
		return Value{}
	case 1:
		return JSON(nodes[0])
	}
	b := []byte{'['}
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = JSON(n).AppendJSON(b)
	}
	return Value{KindJSON, string(append(b, ']'))}
}

// Kind tells the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Missing reports whether there is no value.
func (v Value) Missing() bool { return v.kind == KindMissing }

// String gives the value as plain text: scalars verbatim, objects and arrays as compact JSON, missing as "".
func (v Value) String() string { return v.text }

// AppendJSON appends the value as JSON of its own type, missing as null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindMissing:
		return append(dst, "null"...)
	case KindText:
		dst = append(dst, '"')
		return append(appendJSONString(dst, v.text), '"')
	}
	return append(dst, v.text...)
}

// MarshalJSON gives the value as JSON of its own type; [JSON] reads it back.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// isJSONNumber reports whether s is a number as JSON writes it.
func isJSONNumber(s string) bool {
	return s != "" && (s[0] == '-' || isDigit(s[0])) && isDigit(s[len(s)-1]) && json.Valid([]byte(s))
}

// isJSON reports whether s is a valid JSON text in valid UTF-8. It looks at the first character before it reads all:
// most answers are words.
func isJSON(s string) bool {
	first := strings.TrimLeft(s, " \t\r\n")
	if first == "" || !isDigit(first[0]) && strings.IndexByte(`"{[-tfn`, first[0]) < 0 {
		return false
	}
	return json.Valid([]byte(s)) && utf8.ValidString(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
