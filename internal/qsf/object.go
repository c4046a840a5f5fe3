// Package qsf translates between Qualtrics' JSON of questions and surveys and the models of Surveyflow. It only computes.
//
// What the product does not use yet is kept beside the model (models.RawFields) and comes back as it was; [Unused] names it.
package qsf

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"surveyflow/models"
)

// Object is a JSON object whose members keep their order: clients show choices in the order in which they come.
type Object []Member

// Member is one member of an [Object].
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := models.MarshalJSON(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := models.MarshalJSON(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Get gives a member's value; nil when the object has none of that name.
func (o Object) Get(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// add appends members: names and values in turn.
func (o *Object) add(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		*o = append(*o, Member{pairs[i].(string), pairs[i+1]})
	}
}

// addExtra appends what was kept, by name, but for what the object has already.
func (o *Object) addExtra(extra models.RawFields, but ...string) {
	for _, name := range sortedNames(extra) {
		if o.Get(name) == nil && !slices.Contains(but, name) {
			o.add(name, extra[name])
		}
	}
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	return names
}

// compareNames puts numbers first, in their order, and then everything else.
func compareNames(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// mapOf reads a JSON object. PHP writes an empty map as [] and a map with the keys 0, 1, 2 … as an array, so that an array
// is taken as well: list says so, and its names count from 0.
func mapOf(raw json.RawMessage) (members map[string]json.RawMessage, list, ok bool) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")) || bytes.Equal(trimmed, []byte("false")) {
		return nil, false, true
	}
	if trimmed[0] != '[' {
		return members, false, json.Unmarshal(trimmed, &members) == nil
	}
	var elements []json.RawMessage
	if json.Unmarshal(trimmed, &elements) != nil {
		return nil, true, false
	}
	members = make(map[string]json.RawMessage, len(elements))
	for i, e := range elements {
		members[strconv.Itoa(i)] = e
	}
	return members, true, true
}

// textOf reads a text, or a number or boolean as its text; false for anything else.
func textOf(raw json.RawMessage) (string, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if len(raw) > 0 && d.Decode(&v) != nil {
		return "", false
	}
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return models.CleanText(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// blank reports whether a value says nothing: null, false, zero, an empty or switched-off text, or a container of such.
func blank(raw json.RawMessage) bool {
	var v any
	return json.Unmarshal(raw, &v) != nil || blankValue(v)
}

func blankValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return slices.Contains([]string{"", "false", "off", "none", "no"}, strings.ToLower(v))
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !blankValue(e) })
	case map[string]any:
		for _, e := range v {
			if !blankValue(e) {
				return false
			}
		}
	}
	return true
}

// raw encodes a value that always can be.
func raw(v any) json.RawMessage {
	text, err := models.MarshalJSON(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}
