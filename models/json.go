package models

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// JSON keeps a value of any type as JSON text in one database column.
type JSON[T any] struct{ V T }

// Value gives the JSON text for the database.
func (j JSON[T]) Value() (driver.Value, error) {
	text, err := MarshalJSON(j.V)
	if err != nil {
		return nil, err
	}
	return string(text), nil
}

// Scan reads the JSON text of a database column; NULL leaves the zero value.
func (j *JSON[T]) Scan(src any) error {
	var text []byte
	switch s := src.(type) {
	case nil:
		return nil
	case string:
		text = []byte(s)
	case []byte:
		text = s
	default:
		return fmt.Errorf("read JSON column: unexpected %T", src)
	}
	if len(text) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(&j.V)
}

// MarshalJSON is json.Marshal without the escaping of <, > and &, which only HTML needs.
func MarshalJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// CleanText makes outside text safe to store: broken UTF-8 becomes the replacement character and NUL is removed,
// because PostgreSQL refuses both.
func CleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}
