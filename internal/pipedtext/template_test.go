package pipedtext_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"surveyflow/internal/pipedtext"
)

// answers is a Source for tests: canonical tokens and their values.
type answers map[string]pipedtext.Value

func (a answers) Value(r pipedtext.Ref) pipedtext.Value { return a[r.String()] }

// every gives the same value for every token.
func every(v pipedtext.Value) pipedtext.Source {
	return pipedtext.SourceFunc(func(pipedtext.Ref) pipedtext.Value { return v })
}

var known = answers{
	"${q://QID1/SelectedChoicesRecode}":       pipedtext.Number("9"),
	"${q://QID1/ChoiceGroup/SelectedChoices}": pipedtext.Text("Very satisfied, Phone"),
	"${q://QID2/ChoiceTextEntryValue}":        pipedtext.Text("He said \"no\"\n& left: 100% <b>"),
	"${e://Field/segment}":                    pipedtext.Text("gold"),
	"${e://Field/My Field}":                   pipedtext.Text("spaced"),
	"${e://Field/trick}":                      pipedtext.Text("${m://Email}"),
	"${e://Field/up}":                         pipedtext.Text(".."),
	"${e://Field/path}":                       pipedtext.Text("a/b?c#d"),
	"${e://Field/url}":                        pipedtext.Text(" https://crm.example.com/hook?x=1 "),
	"${e://Field/host}":                       pipedtext.Text("eu.example.com"),
	"${e://Field/evil}":                       pipedtext.Text("evil.example.com/x@good.example.com"),
	"${m://Email}":                            pipedtext.Text("ada@example.com"),
	"~{ch://OCAC_a/$.id}":                     pipedtext.Number(json.Number("12345678901234567890123")),
	`~{ch://OCAC_a/$["JSON Request"]}`:        pipedtext.JSON([]byte(`{ "k" : [1, "2"] }`)),
	"~{ch://OCAC_a/$.list[*]}":                pipedtext.List(json.RawMessage("1"), json.RawMessage(`"a"`), json.RawMessage("null")),
	"~{ch://OCAC_a/result}":                   pipedtext.Bool(true),
	"~{ch://OCAC_a/fragment}":                 pipedtext.Text(`"k":"v","n":1`),
	"~{aedj://emailAddress}":                  pipedtext.Text("grace@example.com"),
	"~{cr://CR_x/token}":                      pipedtext.Text("s3cret"),
}

func TestTemplate_plainTextTakesValuesVerbatim(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "",
		"no tokens":                              "no tokens",
		"${m://Email}":                           "ada@example.com",
		"a ${m://Email} b ${e://Field/segment}.": "a ada@example.com b gold.",
		"${e://Field/My%20Field}+${e://Field/My Field}":       "spaced+spaced",
		"${e://Field/unknown}":                                "",
		"[${e://Field/unknown}]":                              "[]",
		"~{ch://OCAC_a/$.id}":                                 "12345678901234567890123",
		`x ~{ch://OCAC_a/$["JSON Request"]}`:                  `x {"k":[1,"2"]}`,
		"~{ch://OCAC_a/$.list[*]} ":                           `[1,"a",null] `,
		"~{ch://OCAC_a/result}!":                              "true!",
		"~{aedj://emailAddress} ~{cr://CR_x/token}":           "grace@example.com s3cret",
		"${e://Field/trick}":                                  "${m://Email}",
		"${e://Field/trick} once":                             "${m://Email} once",
		"${e://Field/segment|raw} ${e://Field/segment | raw}": "gold gold",
		"$${m://Email}}":                                      "$ada@example.com}",
		"${e://Field/${m://Email}}":                           "${e://Field/ada@example.com}",
		"${shell} ${x.y} ~{} ${ ~{":                           "${shell} ${x.y} ~{} ${ ~{",
		"${aid://x} ${m:Email} ~{m://Email} ${m://Email":      "${aid://x} ${m:Email} ~{m://Email} ${m://Email",
		"äö ${m://Email} 😀":                                   "äö ada@example.com 😀",
	} {
		tmpl, err := pipedtext.Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			continue
		}
		if got := tmpl.Text(known); got != want {
			t.Errorf("%q renders %q, want %q", text, got, want)
		}
		if got := string(tmpl.Append([]byte("> "), known)); got != "> "+want {
			t.Errorf("%q appends %q, want %q", text, got, "> "+want)
		}
		if tmpl.String() != text {
			t.Errorf("%q is kept as %q", text, tmpl.String())
		}
	}
}

func TestTemplate_escapesForItsPlace(t *testing.T) {
	t.Parallel()
	quote := "${q://QID2/ChoiceTextEntryValue}"
	for _, tc := range []struct {
		name  string
		parse func(string) (pipedtext.Template, error)
		text  string
		want  string
	}{
		{"header loses line breaks", pipedtext.ParseHeader, "re: " + quote, `re: He said "no" & left: 100% <b>`},
		{"header loses them with raw too", pipedtext.ParseHeader, "${q://QID2/ChoiceTextEntryValue|raw}", `He said "no" & left: 100% <b>`},
		{"XML", pipedtext.ParseXML, "<a b='" + quote + "'/>", `<a b='He said &#34;no&#34;&#xA;&amp; left: 100% &lt;b&gt;'/>`},
		{"XML raw", pipedtext.ParseXML, "<a>${q://QID2/ChoiceTextEntryValue|raw}</a>", "<a>He said \"no\"\n& left: 100% <b></a>"},
		{"form", pipedtext.ParseForm, "a=" + quote + "&b=${m://Email}", "a=He+said+%22no%22%0A%26+left%3A+100%25+%3Cb%3E&b=ada%40example.com"},
		{"form raw", pipedtext.ParseForm, "${m://Email|raw}=1", "ada@example.com=1"},
		{"JSON inside quotes", pipedtext.ParseJSON, `{"a":"<` + quote + `>"}`, `{"a":"<He said \"no\"\n& left: 100% <b>>"}`},
		{"JSON outside quotes", pipedtext.ParseJSON, `{"a":` + quote + `}`, `{"a":"He said \"no\"\n& left: 100% <b>"}`},
		{"JSON number", pipedtext.ParseJSON, `[~{ch://OCAC_a/$.id},"~{ch://OCAC_a/$.id}"]`, `[12345678901234567890123,"12345678901234567890123"]`},
		{"JSON object", pipedtext.ParseJSON, `{"a":~{ch://OCAC_a/$["JSON Request"]}}`, `{"a":{"k":[1,"2"]}}`},
		{"JSON object in a string", pipedtext.ParseJSON, `{"a":"~{ch://OCAC_a/$["JSON Request"]}"}`, `{"a":"{\"k\":[1,\"2\"]}"}`},
		{"JSON missing", pipedtext.ParseJSON, `{"a":${e://Field/no},"b":"${e://Field/no}"}`, `{"a":null,"b":""}`},
		{"JSON after an escaped quote", pipedtext.ParseJSON, `{"a\"":${m://Email},"b\\":"${m://Email}"}`, `{"a\"":"ada@example.com","b\\":"ada@example.com"}`},
		{"JSON fragment", pipedtext.ParseJSON, `{"e":{~{ch://OCAC_a/fragment|raw}}}`, `{"e":{"k":"v","n":1}}`},
		{"JSON fragment without raw", pipedtext.ParseJSON, `[~{ch://OCAC_a/fragment}]`, `["\"k\":\"v\",\"n\":1"]`},
		{"JSON one pass", pipedtext.ParseJSON, `"${e://Field/trick}"`, `"${m://Email}"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := tc.parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := tmpl.Text(known); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestParseJSON_textThatIsJSONGoesInAsItIs(t *testing.T) {
	t.Parallel()
	tmpl, err := pipedtext.ParseJSON("${e://Field/x}")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"3": "3", "-1.5e3": "-1.5e3", "true": "true", "null": "null", `"q"`: `"q"`, `{"a":[]}`: `{"a":[]}`, " 3 ": " 3 ",
		"": `""`, "gold": `"gold"`, "007": `"007"`, "1,5": `"1,5"`, "+1": `"+1"`, "nan": `"nan"`, "{": `"{"`, "1 2": `"1 2"`,
		"\x00\x1f\x7f": "\"\\u0000\\u001F\x7f\"", "a\xffb": "\"a\uFFFDb\"", "\"\xff\"": "\"\\\"\uFFFD\\\"\"", "\u2028": "\"\u2028\"",
	} {
		if got := tmpl.Text(every(pipedtext.Text(value))); got != want {
			t.Errorf("%q becomes %s, want %s", value, got, want)
		}
	}
}

func TestTemplate_valueOfOneTokenKeepsItsType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pipedtext.Value{
		"${q://QID1/SelectedChoicesRecode}":     pipedtext.Number("9"),
		"${q://QID1/SelectedChoicesRecode|raw}": pipedtext.Number("9"),
		" ${q://QID1/SelectedChoicesRecode}":    pipedtext.Text(" 9"),
		"~{ch://OCAC_a/result}":                 pipedtext.Bool(true),
		"${e://Field/unknown}":                  {},
		"${e://Field/unknown}${e://Field/no}":   pipedtext.Text(""),
		"9":                                     pipedtext.Text("9"),
		"":                                      pipedtext.Text(""),
	} {
		tmpl, err := pipedtext.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := tmpl.Value(known); got != want {
			t.Errorf("%q has the value %v of kind %d, want %v of kind %d", text, got, got.Kind(), want, want.Kind())
		}
	}
}

func TestTemplate_listsWhatItNamesOnce(t *testing.T) {
	t.Parallel()
	tmpl, err := pipedtext.ParseJSON(`{"${m://Email}": ~{ch://OCAC_a/$['a}b']}, "x": "${m://Email|raw} ${rand://int/1:9} ${rand://int/1:9}"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []pipedtext.Ref{
		{Scheme: "m", Name: "Email"},
		{Scheme: "ch", Name: "OCAC_a", Path: "$['a}b']"},
		{Scheme: "rand", Name: "int", Path: "1:9", At: 65},
		{Scheme: "rand", Name: "int", Path: "1:9", At: 83},
	}
	if got := tmpl.Refs(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestParse_keepsItsLimits(t *testing.T) {
	t.Parallel()
	const token = "${m://Email}"
	for _, tc := range []struct {
		name, text string
		want       *pipedtext.SyntaxError
	}{
		{"longest", strings.Repeat("x", pipedtext.MaxLength), nil},
		{"too long", strings.Repeat("x", pipedtext.MaxLength+2), &pipedtext.SyntaxError{Offset: pipedtext.MaxLength, Length: 2, Reason: pipedtext.TooLong}},
		{"most tokens", strings.Repeat(token, pipedtext.MaxTokens), nil},
		{"too many tokens", strings.Repeat(token, pipedtext.MaxTokens+2), &pipedtext.SyntaxError{Offset: len(token) * pipedtext.MaxTokens, Length: len(token), Reason: pipedtext.TooManyTokens}},
	} {
		_, err := pipedtext.Parse(tc.text)
		if got, _ := errors.AsType[*pipedtext.SyntaxError](err); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestParse_errorsOfTheirPlaces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		parse func(string) (pipedtext.Template, error)
		text  string
		want  pipedtext.SyntaxError
	}{
		{pipedtext.ParseHeader, "a\r\nb", pipedtext.SyntaxError{Offset: 1, Length: 1, Reason: pipedtext.ControlCharacter}},
		{pipedtext.ParseJSON, `"\${m://Email}"`, pipedtext.SyntaxError{Offset: 1, Length: 1, Reason: pipedtext.AfterBackslash}},
	} {
		_, err := tc.parse(tc.text)
		got, ok := errors.AsType[*pipedtext.SyntaxError](err)
		if !ok || *got != tc.want {
			t.Errorf("%q: got %v, want %v", tc.text, err, &tc.want)
		}
	}
}

func TestReasons_haveASentence(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../i18n/locales/pipedtext.en.json")
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]string
	if err := json.Unmarshal(data, &sentences); err != nil {
		t.Fatal(err)
	}
	reasons := []pipedtext.Reason{
		pipedtext.UnknownScheme, pipedtext.WrongSign, pipedtext.MissingSlashes, pipedtext.Unterminated, pipedtext.UnknownFilter,
		pipedtext.Malformed, pipedtext.TooLong, pipedtext.TooManyTokens, pipedtext.ControlCharacter, pipedtext.AfterBackslash,
		pipedtext.InvalidJSON, pipedtext.NotAbsolute, pipedtext.TokenInHost, pipedtext.InvalidURL, pipedtext.EmptyURL,
	}
	for _, r := range reasons {
		if key := (&pipedtext.SyntaxError{Reason: r}).Key(); sentences[key] == "" {
			t.Errorf("%s has no sentence", key)
		}
	}
	if len(sentences) != len(reasons) {
		t.Errorf("%d sentences for %d reasons", len(sentences), len(reasons))
	}
}
