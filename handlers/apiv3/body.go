package apiv3

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"surveyflow/models"
)

// maxDepth is how deep a body may be nested.
const maxDepth = 64

// body reads the request's JSON object into a struct. Members that the struct does not have are ignored, wrong types are
// models.CodeInvalid with the member's name, broken JSON with its position.
func (c *call) body(to any) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	return decode(text, to)
}

// optionalBody is body for requests that may come without one.
func (c *call) optionalBody(to any) error {
	text, err := c.text()
	if err != nil || len(text) == 0 {
		return err
	}
	return decode(text, to)
}

// text reads the whole body, of a content type that is JSON or not said.
func (c *call) text() ([]byte, error) {
	var b bytes.Buffer
	if err := c.readTo(&b); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(withoutBOM(b.Bytes())), nil
}

// readTo reads the body into a buffer.
func (c *call) readTo(b *bytes.Buffer) error {
	r := c.Request()
	if !isJSON(r.Header.Get("Content-Type")) {
		return echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	if n := r.ContentLength; n > 0 { // no larger than the route's limit, which was checked
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(r.Body); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return &models.Error{Code: models.CodeInvalid, Key: "api.error.body_broken", Cause: fmt.Errorf("read body: %w", err)}
	}
	return nil
}

// isJSON reports whether a content type is JSON in UTF-8; without one, JSON is meant.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == echo.MIMEApplicationJSON {
		return true
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != echo.MIMEApplicationJSON && !strings.HasPrefix(kind, "application/") || !strings.HasSuffix(kind, "json") {
		return false
	}
	charset := strings.ToLower(params["charset"])
	return charset == "" || charset == "utf-8" || charset == "utf8" || charset == "us-ascii"
}

// decode reads a JSON object into a struct.
func decode(text []byte, to any) error {
	if len(text) == 0 {
		return invalid("", "api.error.body_empty")
	}
	if tooDeep(text) {
		return invalid("", "api.error.body_depth", "Max", maxDepth)
	}
	if text[0] != '{' && json.Valid(text) {
		return invalid("", "api.error.body_object")
	}
	err := json.Unmarshal(text, to)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line, column := position(text, e.Offset)
		return invalid("", "api.error.body_syntax", "Position", e.Offset, "Line", line, "Column", column)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return wrongType(e, to)
	}
	if e, ok := errors.AsType[*models.Error](err); ok {
		return e
	}
	return &models.Error{Code: models.CodeInvalid, Key: "api.error.body_broken", Cause: err}
}

// wrongType tells which member of what was read into a value is of the wrong type.
func wrongType(e *json.UnmarshalTypeError, to any) error {
	member := memberPath(reflect.TypeOf(to), e.Field)
	return typeError(member, member, e)
}

// typeError tells what a member was and what it has to be.
func typeError(at, member string, e *json.UnmarshalTypeError) error {
	want := wanted(e.Type)
	if member == "" || want == "" {
		return invalid(at, "api.error.body_type", "Got", e.Value)
	}
	got, _, _ := strings.Cut(e.Value, " ") // a number comes with its digits
	return invalid(at, "api.error.body_type."+want, "Field", toldText(member), "Got", got)
}

// wanted names, for messages, what JSON a type is read from; empty when that is not plain.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return ""
}

// memberPath leaves out of the path of an error what callers do not write: encoding/json names embedded structs in it.
func memberPath(t reflect.Type, path string) string {
	var kept []string
	for name := range strings.SplitSeq(path, ".") {
		for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
			t = t.Elem()
		}
		var f reflect.StructField
		if t != nil && t.Kind() == reflect.Struct {
			f = fieldNamed(t, name)
		}
		if t = f.Type; !f.Anonymous {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, ".")
}

// fieldNamed gives the field of a struct that a path names so: by the name of its member, or of an embedded struct by that of its type.
func fieldNamed(t reflect.Type, name string) (embedded reflect.StructField) {
	for f := range t.Fields() {
		member, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if member == name {
			f.Anonymous = false
			return f
		}
		if f.Anonymous && member == "" && f.Name == name {
			embedded = f
		}
	}
	return embedded
}

// position gives line and column of the byte that ended the reading, from 1.
func position(text []byte, offset int64) (line, column int) {
	before := text[:min(max(int(offset)-1, 0), len(text))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// tooDeep reports whether objects and arrays are nested deeper than maxDepth.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// buffers hold the bodies of the busiest call, one after the other.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestKept is the largest buffer that is used again, in bytes.
const largestKept = 64 << 10

func giveBack(b *bytes.Buffer) {
	if b.Cap() <= largestKept {
		b.Reset()
		buffers.Put(b)
	}
}
