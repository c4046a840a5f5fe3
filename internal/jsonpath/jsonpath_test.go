package jsonpath_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/jsonpath"
)

type compliance struct {
	Name         string            `json:"name"`
	Selector     string            `json:"selector"`
	Document     json.RawMessage   `json:"document"`
	Result       []json.RawMessage `json:"result"`
	Results      [][]any           `json:"results"`
	ResultPaths  []string          `json:"result_paths"`
	ResultsPaths [][]string        `json:"results_paths"`
	Invalid      bool              `json:"invalid_selector"`
}

// suite is the official compliance suite for RFC 9535 (github.com/jsonpath-standard/jsonpath-compliance-test-suite at 7be7c1f).
func suite(t testing.TB) []compliance {
	t.Helper()
	text, err := os.ReadFile("testdata/cts.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tests []compliance `json:"tests"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Tests) != 703 {
		t.Fatalf("the suite has %d cases; want 703", len(file.Tests))
	}
	return file.Tests
}

func TestCompliance_suite_passes(t *testing.T) {
	t.Parallel()
	for _, c := range suite(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			path, err := jsonpath.Parse(c.Selector)
			if c.Invalid != (err != nil) {
				t.Fatalf("%q: error %v; invalid is %v", c.Selector, err, c.Invalid)
			}
			if !c.Invalid {
				c.check(t, path)
			}
		})
	}
}

func (c *compliance) check(t *testing.T, path *jsonpath.Path) {
	t.Helper()
	doc, err := jsonpath.ParseDocument(c.Document)
	if err != nil {
		t.Fatal(err)
	}
	found, err := path.Select(doc)
	if err != nil {
		t.Fatal(err)
	}
	values, paths := []any{}, []string{}
	for _, v := range found {
		values = append(values, decode(t, v.Raw()))
		paths = append(paths, v.Path())
	}
	possible, possiblePaths := c.Results, c.ResultsPaths
	if possible == nil {
		one := []any{}
		for _, r := range c.Result {
			one = append(one, decode(t, r))
		}
		possible, possiblePaths = [][]any{one}, [][]string{c.ResultPaths}
	}
	if !slices.ContainsFunc(possible, func(want []any) bool { return cmp.Equal(want, values) }) {
		t.Errorf("%q finds %v; want one of %v", c.Selector, values, possible)
	}
	if !slices.ContainsFunc(possiblePaths, func(want []string) bool { return slices.Equal(want, paths) }) {
		t.Errorf("%q finds them at %v; want one of %v", c.Selector, paths, possiblePaths)
	}
}

func decode(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func find(t *testing.T, query, document string) ([]*jsonpath.Value, error) {
	t.Helper()
	path, err := jsonpath.Parse(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	doc, err := jsonpath.ParseDocument([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return path.Select(doc)
}

func raws(values []*jsonpath.Value) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v.Raw())
	}
	return strings.Join(out, " ")
}

func TestValues_keep_their_spelling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, document, want string }{
		{"$.id", `{"id": 12345678901234567890123 }`, "12345678901234567890123"},
		{"$.n", `{"n":1.10e+2}`, "1.10e+2"},
		{"$.o", `{"o":{"z":1,"a":2}}`, `{"z":1,"a":2}`},
		{"$[?@ == 9007199254740993]", `[9007199254740992,9007199254740993]`, "9007199254740993"},
		{"$[?@ > 9007199254740992]", `[9007199254740992,9007199254740993]`, "9007199254740993"},
		{"$[?@ == 100]", `[1e2,100.0,100,"100"]`, "1e2 100.0 100"},
		{"$.a", `{"a":1,"a":2}`, "2"},
		{"$.*", `{"a":1,"b":3,"a":2}`, "2 3"},
		{"$[?@ > 1000]", `{` + strings.Repeat(`"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":1,"k":2,"l":3,"m":4,"n":5,"o":6,"p":7,"q":8,`, 3) + `"q":1001,"c":1002}`, "1002 1001"},
		{`$["ключ"].ö`, `{"ключ":{"ö":"ü"}}`, `"ü"`},
		{"$", "\xEF\xBB\xBF 7 ", "7"},
	} {
		found, err := find(t, c.query, c.document)
		if got := raws(found); got != c.want || err != nil {
			t.Errorf("%s in %s finds %s, %v; want %s", c.query, c.document, got, err, c.want)
		}
	}
}

func TestShortPaths_find_their_value_again(t *testing.T) {
	t.Parallel()
	doc, err := jsonpath.ParseDocument([]byte(`{"a":[{"first name":1,"it's":2,"\u0001\\":[true]}],"ö_1":{"2":null,"":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(*jsonpath.Value)
	var seen []string
	walk = func(v *jsonpath.Value) {
		for _, text := range []string{v.Path(), v.ShortPath()} {
			path, err := jsonpath.Parse(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if found, err := path.Select(doc); err != nil || len(found) != 1 || found[0] != v || !path.Singular() {
				t.Errorf("%s finds %v, %v", text, found, err)
			}
		}
		seen = append(seen, v.ShortPath())
		for _, child := range v.Children() {
			walk(child)
		}
	}
	walk(doc)
	if !slices.Contains(seen, `$.a[0]['it\'s']`) || !slices.Contains(seen, "$.ö_1['2']") {
		t.Errorf("short paths: %q", seen)
	}
}

func TestSyntax_errors_say_what_and_where(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query  string
		reason jsonpath.Reason
		at     int
	}{
		{"", jsonpath.NoRoot, 0},
		{"ticket.id", jsonpath.NoRoot, 0},
		{"$.", jsonpath.UnexpectedEnd, 2},
		{"$.a b", jsonpath.Unexpected, 3},
		{"$['a", jsonpath.UnexpectedEnd, 4},
		{`$["\x"]`, jsonpath.BadString, 3},
		{"$[01]", jsonpath.BadNumber, 2},
		{"$[?size(@)]", jsonpath.UnknownFunction, 3},
		{"$[?length(@,1) == 1]", jsonpath.WrongArguments, 3},
		{"$[?count(1) == 1]", jsonpath.WrongArguments, 3},
		{"$[?@.* == 1]", jsonpath.NotComparable, 3},
		{"$[?1]", jsonpath.NotATest, 3},
		{"$[?length(@)]", jsonpath.NotATest, 3},
		{"$.a]", jsonpath.Unexpected, 3},
		{"$" + strings.Repeat("[?@", 60) + strings.Repeat("]", 60), jsonpath.TooNested, 150},
		{"$[?" + strings.Repeat("(", 100_000), jsonpath.TooLong, jsonpath.MaxLength},
		{"$[?" + strings.Repeat("(", 8000), jsonpath.TooNested, 53},
	} {
		_, err := jsonpath.Parse(c.query)
		e, ok := errors.AsType[*jsonpath.SyntaxError](err)
		if !ok || e.Reason != c.reason || e.Offset > len(c.query) || c.reason != jsonpath.TooNested && e.Offset != c.at {
			t.Errorf("%.40q fails with %v; want %s at %d", c.query, err, c.reason, c.at)
		}
	}
}

func TestDocuments_are_limited(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		document string
		want     error
	}{
		{nested(jsonpath.MaxDepth), nil},
		{nested(jsonpath.MaxDepth + 1), jsonpath.ErrTooDeep},
		{nested(1_000_000), jsonpath.ErrNotJSON}, // encoding/json gives up first
		{strings.Repeat(" ", jsonpath.MaxDocument) + "1", jsonpath.ErrTooLarge},
		{"", jsonpath.ErrNotJSON},
		{"<html>", jsonpath.ErrNotJSON},
		{`{"a":1}{}`, jsonpath.ErrNotJSON},
	} {
		if _, err := jsonpath.ParseDocument([]byte(c.document)); !errors.Is(err, c.want) {
			t.Errorf("%.20q: %v; want %v", c.document, err, c.want)
		}
	}
}

func TestQueries_that_look_at_too_much_are_given_up_soon(t *testing.T) {
	t.Parallel()
	numbers := "[" + strings.Repeat("1,", 20_000) + "1]"
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	long := `["` + strings.Repeat("a", 1_000_000) + `"]`
	for _, c := range []struct{ query, document string }{
		{"$..*..*..*..*..*..*", deep},
		{"$" + strings.Repeat("..*", 1000), deep},
		{"$[" + strings.Repeat("*,", 2000) + "*]", numbers},
		{"$[?count($[?count($[*]) > 0]) > 0]", numbers},
		{"$[?$ == $]", numbers},
		{"$[" + strings.Repeat("?search(@,'(a*)*b'),", 400) + "0]", long},
		{"$[?match(@, '(((a{100}){100}){100}')]", long},
	} {
		path, err := jsonpath.Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonpath.ParseDocument([]byte(c.document))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = path.Select(doc)
		took := time.Since(began)
		if took > time.Minute {
			t.Errorf("%.40s took %v", c.query, took)
		}
		if !errors.Is(err, jsonpath.ErrTooMuch) && !strings.Contains(c.query, "{100}") {
			t.Errorf("%.40s: %v; want ErrTooMuch", c.query, err)
		}
	}
}

func TestRegular_expressions_are_those_of_RFC_9485(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{`a{2,3}`, "aaa", true},
		{`a{2,3}`, "a", false},
		{`a{2,}`, "aaaaa", true},
		{`a{2}`, "aa", true},
		{`a{,2}`, "a", false},
		{`a{1`, "a", false},
		{`[a-c]+`, "abc", true},
		{`[^a-c]`, "d", true},
		{`[-a]`, "-", true},
		{`[a-]`, "-", true},
		{`[a-c-]`, "-", true},
		{`[^-a]`, "-", false},
		{`[\p{L}\d]`, "a", false},
		{`[\p{Lu}0-9]+`, "A1", true},
		{`\p{Xx}`, "a", false},
		{`\p{L`, "a", false},
		{`\pL`, "a", false},
		{`\d`, "1", false},
		{`\w`, "a", false},
		{`(?i)a`, "a", false},
		{`(?:a)`, "a", false},
		{`a*?`, "a", false},
		{`a**`, "a", false},
		{`(a|b)*c`, "ababc", true},
		{`()`, "", true},
		{`a|`, "", true},
		{`(a`, "a", false},
		{`a)`, "a", false},
		{`[`, "[", false},
		{`[]`, "", false},
		{`]`, "]", false},
		{`\.\-\[\{\n`, ".-[{\n", true},
		{`a.c`, "a\nc", false},
		{`a/b"'`, `a/b"'`, true},
		{`\`, `\`, false},
		{`[\p{Nd}-z]`, "-", false},
		{strings.Repeat("(", 60) + strings.Repeat(")", 60), "", false},
		{strings.Repeat("a", 1001), strings.Repeat("a", 1001), false},
	} {
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace
		document, err := json.Marshal([]string{c.text})
		if err != nil {
			t.Fatal(err)
		}
		found, err := find(t, "$[?match(@, '"+quoted(c.pattern)+"')]", string(document))
		if err != nil || len(found) == 1 != c.want {
			t.Errorf("%.40s matches %.40q: %v, %v; want %v", c.pattern, c.text, len(found) == 1, err, c.want)
		}
	}
}

// FuzzSelect holds that nothing panics or takes long, that what is found can be found again at its path, and that reading a
// query's own text gives the same.
func FuzzSelect(f *testing.F) {
	for _, c := range suite(f) {
		f.Add(c.Selector, string(c.Document))
	}
	f.Fuzz(func(t *testing.T, query, document string) {
		path, err := jsonpath.Parse(query)
		if err != nil {
			if e, ok := errors.AsType[*jsonpath.SyntaxError](err); !ok || e.Offset < 0 || e.Offset > len(query) {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		doc, err := jsonpath.ParseDocument([]byte(document))
		if err != nil {
			return
		}
		found, err := path.Select(doc)
		if err != nil {
			return
		}
		for _, v := range found[:min(len(found), 20)] {
			again, err := jsonpath.Parse(v.Path())
			if err != nil {
				t.Fatalf("%q found a value at %q: %v", query, v.Path(), err)
			}
			if same, err := again.Select(doc); err != nil || len(same) != 1 || same[0] != v {
				t.Fatalf("%q finds %v, %v", v.Path(), same, err)
			}
		}
	})
}

func BenchmarkSelect(b *testing.B) {
	document := []byte(`{"items":[` + strings.Repeat(`{"id":1,"name":"Ada","tags":["a","b"],"price":12.5},`, 200) + `{"id":2,"name":"Bob","tags":[],"price":1}]}`)
	doc, err := jsonpath.ParseDocument(document)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("document", func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		for b.Loop() {
			if _, err := jsonpath.ParseDocument(document); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, query := range []string{"$.items[3].name", "$..id", "$.items[?@.price < 10].name", "$.items[?search(@.name, '^B')].id"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				path, err := jsonpath.Parse(query)
				if err != nil {
					b.Fatal(err)
				}
				if found, err := path.Select(doc); err != nil || len(found) == 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}
