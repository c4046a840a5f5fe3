package apiv3

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"surveyflow/handlers/web"
)

func TestTheDescriptionNamesExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := b.describe()
	described := map[string]bool{}
	for path, operations := range doc["paths"].(map[string]any) {
		for method := range operations.(map[string]any) {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	names := map[string]bool{}
	for _, e := range b.api.table {
		route := e.method + " " + pathOf(e.pattern)
		if !described[route] {
			t.Errorf("%s is not described", route)
		}
		delete(described, route)
		if e.name == "" || e.summary == "" || e.tag == "" || names[e.name] {
			t.Errorf("%s: name %q, tag %q, summary %q", route, e.name, e.tag, e.summary)
		}
		names[e.name] = true
	}
	for route := range described {
		t.Errorf("%s is described but no route", route)
	}
	for _, r := range b.api.Routes() {
		if r.Errors == nil || r.Guard != web.GuardToken && !slices.Contains([]string{"openapi.json", "API", "*", "token"}, r.Pattern[strings.LastIndexByte(r.Pattern, '/')+1:]) {
			t.Errorf("%s %s: guard %s, errors %t", r.Method, r.Pattern, r.Guard, r.Errors != nil)
		}
	}
}

func TestEveryReferenceOfTheDescriptionLeadsSomewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := b.describe()
	text, err := json.Marshal(doc)
	b.check(err)
	components := doc["components"].(map[string]any)["schemas"].(map[string]any)
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).FindAllSubmatch(text, -1) {
		if components[string(ref[1])] == nil {
			t.Errorf("there is no component %s", ref[1])
		}
	}
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", doc["openapi"])
	}
}

func TestTheDescriptionNeedsNoTokenAndNoEnvelope(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.do("", "GET", "/openapi.json", "")
	if r.status != 200 || r.Meta.HTTPStatus != "" || !strings.Contains(string(r.body), `"openapi":"3.1.0"`) {
		t.Errorf("answer %d %.200s", r.status, r.body)
	}
}

// describe gives the description as clients read it.
func (b *bench) describe() map[string]any {
	text, err := json.Marshal(b.api.describe())
	b.check(err)
	var doc map[string]any
	b.check(json.Unmarshal(text, &doc))
	return doc
}

// obeys checks an answer against the description of its route.
func (b *bench) obeys(method, path string, r *reply) {
	b.Helper()
	var route *endpoint
	for i := range b.api.table {
		if e := &b.api.table[i]; e.method == method && matches(e.pattern, path) {
			route = e
		}
	}
	if route == nil {
		return
	}
	b.once.Do(func() { b.doc = b.describe() })
	doc := b.doc
	operation := doc["paths"].(map[string]any)[pathOf(route.pattern)].(map[string]any)[strings.ToLower(method)].(map[string]any)
	responses := operation["responses"].(map[string]any)
	chosen := responses["default"]
	if r.status == 200 {
		chosen = responses["200"]
	}
	s := chosen.(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
	var body any
	b.check(json.Unmarshal(r.body, &body))
	v := validator{components: doc["components"].(map[string]any)["schemas"].(map[string]any)}
	v.check(s, body, "")
	for _, problem := range v.problems {
		b.Errorf("%s %s answers otherwise than it is described: %s\n%s", method, path, problem, r.body)
	}
}

// validator knows as much of JSON Schema as the description uses.
type validator struct {
	components map[string]any
	problems   []string
}

func (v *validator) check(s map[string]any, value any, at string) {
	if ref, ok := s["$ref"].(string); ok {
		s = v.components[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	if options, ok := s["anyOf"].([]any); ok {
		for _, option := range options {
			try := validator{components: v.components}
			if try.check(option.(map[string]any), value, at); len(try.problems) == 0 {
				return
			}
		}
		v.problems = append(v.problems, at+" fits no alternative")
		return
	}
	if !ofType(s["type"], value) {
		v.problems = append(v.problems, fmt.Sprintf("%s is %T, not %v", at, value, s["type"]))
		return
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, value) {
		v.problems = append(v.problems, fmt.Sprintf("%s is %v, none of %v", at, value, enum))
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(s, value, at)
	case []any:
		if items, ok := s["items"].(map[string]any); ok {
			for i, e := range value {
				v.check(items, e, fmt.Sprintf("%s[%d]", at, i))
			}
		}
	}
}

func (v *validator) object(s, value map[string]any, at string) {
	names, _ := s["required"].([]any)
	for _, name := range names {
		if _, ok := value[name.(string)]; !ok {
			v.problems = append(v.problems, at+" lacks "+name.(string))
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, member := range value {
		if p, ok := properties[name].(map[string]any); ok {
			v.check(p, member, at+"."+name)
		} else if more, ok := s["additionalProperties"].(map[string]any); ok {
			v.check(more, member, at+"."+name)
		}
	}
}

// ofType reports whether a value is of one of the types that a schema names; it may name none.
func ofType(types, value any) bool {
	if types == nil {
		return true
	}
	if list, ok := types.([]any); ok {
		return slices.ContainsFunc(list, func(t any) bool { return ofType(t, value) })
	}
	switch value := value.(type) {
	case nil:
		return types == "null"
	case bool:
		return types == "boolean"
	case string:
		return types == "string"
	case float64:
		return types == "number" || types == "integer" && value == float64(int64(value))
	case []any:
		return types == "array"
	}
	return types == "object"
}
