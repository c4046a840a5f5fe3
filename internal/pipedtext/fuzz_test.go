package pipedtext_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/pipedtext"
)

// FuzzParse holds that literal text is kept, that canonical tokens name the same thing, and that values stay as they are.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"a ${m://Email} b", "${e://Field/a%7Db|raw}", `~{ch://OCAC_x/$["a}b"]}`, "${date://OtherDate/Y%2Fm/-1 day}", "${rand://int/1:9}",
		"${l://SurveyLink?d=x}", "~{aedj://$.a}", "${e://Field/${m://Email}}", "~{ch://a/$[\\\"~{ch://a/$[\\\"", "${x://y}", "~{cr://CR_1/token | raw}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		problems := pipedtext.Check(text)
		for _, p := range problems {
			if p.Offset < 0 || p.Length <= 0 || p.Offset+p.Length > len(text) {
				t.Fatalf("%q: problem outside the text: %+v", text, p)
			}
		}
		tmpl, err := pipedtext.Parse(text)
		if err != nil {
			return
		}
		const mark = "${m://Email}"
		rendered := tmpl.Text(every(pipedtext.Text(mark)))
		refs := tmpl.Refs()
		if len(refs) == 0 && rendered != text {
			t.Fatalf("%q without tokens renders %q", text, rendered)
		}
		if strings.Count(rendered, mark) < len(refs) {
			t.Fatalf("%q renders %q", text, rendered)
		}
		for _, r := range refs {
			again, err := pipedtext.Parse(r.String())
			if err != nil {
				t.Fatal(err)
			}
			r.At = 0
			if !slices.Equal(again.Refs(), []pipedtext.Ref{r}) {
				t.Fatalf("%q: %s names %+v, not %+v", text, r, again.Refs(), r)
			}
		}
	})
}

// FuzzJSONText holds that a text whose JSON is whole around its tokens is valid JSON whatever the values, with the same
// shape around them.
func FuzzJSONText(f *testing.F) {
	for _, text := range []string{
		`{"a": ${m://Email}, "b": "x ${m://Email} y"}`, `"${m://Email}\\"`, `[~{ch://OCAC_x/$["a"]}, 1]`, `{"${m://Email}": 1}`, `"\u12${m://Email}"`,
	} {
		for _, value := range []string{"x", `"`, `\`, "\xff", "{}", "1 2", "\u2028", `"a`, "nul", "-"} {
			f.Add(text, value)
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.Contains(text, "raw") || len(pipedtext.CheckJSON(text)) > 0 {
			return
		}
		tmpl, err := pipedtext.ParseJSON(text)
		if err != nil {
			if !errors.As(err, new(*pipedtext.SyntaxError)) {
				t.Fatal(err)
			}
			return
		}
		for _, v := range []pipedtext.Value{{}, pipedtext.Text(value), pipedtext.JSON([]byte(value)), pipedtext.Number(value), pipedtext.List([]byte(value), []byte("1"))} {
			if got := tmpl.Append(nil, every(v)); !json.Valid(got) {
				t.Fatalf("%s with %q of kind %d: %s", text, v, v.Kind(), got)
			}
		}
		quoted, err := pipedtext.ParseJSON(`["${m://Email}","end"]`)
		if err != nil {
			t.Fatal(err)
		}
		var back []string
		if err := json.Unmarshal(quoted.Append(nil, every(pipedtext.Text(value))), &back); err != nil || len(back) != 2 || back[0] != strings.ToValidUTF8(value, "\uFFFD") && !strings.Contains(back[0], "\uFFFD") {
			t.Fatalf("%q comes back as %q (%v)", value, back, err)
		}
	})
}

// FuzzURL holds that values change neither scheme, user, host and port nor the number of path segments.
func FuzzURL(f *testing.F) {
	for _, text := range []string{
		"https://h.example:8443/a/${m://Email}/b?q=${m://Email}#${m://Email}", "http://h?${m://Email}", "https://u@h/${m://Email}${m://Email}", "https://${m://Email}/x", "${m://Email}",
		"https://h.example/a/${m://Email|raw}",
	} {
		for _, value := range []string{"x", "..", "/", "\\", "@evil", "?", "%2f", "\r\n", "\xff", ":80", "evil.example", "https://evil.example/"} {
			f.Add(text, value)
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		tmpl, err := pipedtext.ParseURL(text)
		if err != nil {
			return
		}
		calm, err := tmpl.URL(every(pipedtext.Text("x")))
		if tmpl.Origin() == "" {
			if got, err := tmpl.URL(every(pipedtext.Text(value))); err == nil {
				if u, err := url.Parse(got); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
					t.Fatalf("%q with %q: %q", text, value, got)
				}
			}
			return
		}
		if err != nil {
			t.Fatalf("%q with a letter: %v", text, err)
		}
		got, err := tmpl.URL(every(pipedtext.Text(value)))
		if err != nil {
			if strings.Contains(text, "raw") {
				return
			}
			t.Fatalf("%q with %q: %v", text, value, err)
		}
		want, err := url.Parse(calm)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q with %q: %v", text, value, err)
		}
		if u.Scheme != want.Scheme || u.Host != want.Host || u.User.String() != want.User.String() {
			t.Fatalf("%q with %q calls %q", text, value, got)
		}
		if strings.Contains(text, "raw") {
			return
		}
		if a, b := strings.Split(u.EscapedPath(), "/"), strings.Split(want.EscapedPath(), "/"); len(a) != len(b) || dots(a) > dots(b) {
			t.Fatalf("%q with %q has the path %q", text, value, u.EscapedPath())
		}
		if strings.ContainsAny(got, " \r\n\t\x00\"<>") {
			t.Fatalf("%q with %q: %q", text, value, got)
		}
	})
}

// dots counts dot segments.
func dots(segments []string) (n int) {
	for _, s := range segments {
		if s == "." || s == ".." {
			n++
		}
	}
	return n
}

// FuzzXML holds that a value in a text or an attribute comes back as it was, and nothing else changes.
func FuzzXML(f *testing.F) {
	for _, value := range []string{"x", `"><b>`, "'", "]]>", "&amp;", "\x00", "\xff", "\r\n\t", "😀", "\uFFFE", "--><!--"} {
		f.Add(value)
	}
	tmpl, err := pipedtext.ParseXML(`<r a="${m://Email}" b='${m://Email}'>${m://Email}<end/></r>`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var doc struct {
			A   string    `xml:"a,attr"`
			B   string    `xml:"b,attr"`
			C   string    `xml:",chardata"`
			End *struct{} `xml:"end"`
		}
		text := tmpl.Text(every(pipedtext.Text(value)))
		d := xml.NewDecoder(strings.NewReader(text))
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%q: %v in %s", value, err, text)
		}
		var want strings.Builder
		if err := xml.EscapeText(&want, []byte(value)); err != nil {
			t.Fatal(err)
		}
		if doc.End == nil || doc.A != doc.C || doc.B != doc.C || !strings.Contains(text, "'>"+want.String()+"<end/>") {
			t.Fatalf("%q becomes %s", value, text)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q: something stands after the document: %v", value, err)
		}
	})
}
