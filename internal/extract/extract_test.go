package extract_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/extract"
	"surveyflow/models"
)

func find(t *testing.T, body, contentType, path string) (string, error) {
	t.Helper()
	p, err := extract.ParsePath(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	found, err := extract.Read([]byte(body), contentType).Find(p)
	return string(found), err
}

const soap = `<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<ticket xmlns="urn:x" id="T-1" s:must="1"><owner>Ada &amp; Bob</owner><tag>a</tag><tag>b</tag><empty/><c><![CDATA[1 < 2]]></c></ticket>
</s:Body></s:Envelope>`

func TestPaths_find_parts_of_an_answer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, contentType, path, want string }{
		{`{"ticket":{"id":12345678901234567890}}`, "application/json", "$.ticket.id", "12345678901234567890"},
		{`{"a":[{"b":1},{"b":"x"}]}`, "", "$.a[*].b", `[1,"x"]`},
		{`{"a": {"z": 1, "a": [ ]}}`, "text/html", " $.a ", `{"z":1,"a":[]}`},
		{`{"a":1}`, "", "$.b", ""},
		{`{"a":null}`, "", "$.a", "null"},
		{"{\"a\":\"caf\xe9\"}", "application/json; charset=ISO-8859-1", "$.a", `"café"`},
		{"\xEF\xBB\xBF{\"a\":1}", "", "$.a", "1"},
		{soap, "text/xml", "/s:Envelope/s:Body/ticket/owner", `"Ada & Bob"`},
		{soap, "", "//ticket/@id", `"T-1"`},
		{soap, "", "//tag", `["a","b"]`},
		{soap, "", "//tag[2]/text()", `"b"`},
		{soap, "", "count(//tag)", "2"},
		{soap, "", "count(//tag) > 1", "true"},
		{soap, "", "concat(//owner, '!')", `"Ada & Bob!"`},
		{soap, "", "//ticket[tag='b']/c", `"1 < 2"`},
		{soap, "", "//nothing", ""},
		{soap, "", "//Q{urn:x}ticket/Q{urn:x}owner", `"Ada & Bob"`},
		{soap, "", "//Q{urn:y}ticket", ""},
		{soap, "", "/Q{http://schemas.xmlsoap.org/soap/envelope/}Envelope/s:Body/Q{urn:x}*/tag[2]", `"b"`},
		{soap, "", "//@Q{http://schemas.xmlsoap.org/soap/envelope/}must", `"1"`},
		{soap, "", "//Q{urn:x}tag[1]", `"a"`},
		{soap, "", "//Q{urn:x}tag[. = 'b']", `"b"`},
		{soap, "", "concat('Q{urn:x}tag', \"Q{y}z\")", `"Q{urn:x}tagQ{y}z"`},
		{soap, "", "count(//*[namespace-uri()='urn:x'])", "6"},
		{soap, "", "//*[local-name()='owner']", `"Ada & Bob"`},
		{"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>caf\xe9</a>", "", "/a", `"café"`},
		{"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>é</a>", "", "/a", `"é"`}, // says so, and is not
		{"\xFF\xFE<\x00a\x00>\x00\xe9\x00<\x00/\x00a\x00>\x00", "application/xml", "/a", `"é"`},
		{"<a>\xb1</a>", "text/xml; charset=\"windows-1251\"", "/a", `"±"`},
	} {
		if got, err := find(t, c.body, c.contentType, c.path); got != c.want || err != nil {
			t.Errorf("%s in %.60q finds %s, %v; want %s", c.path, c.body, got, err, c.want)
		}
	}
}

func TestAnswers_that_cannot_be_read_have_no_parts(t *testing.T) {
	t.Parallel()
	bomb := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><lolz>&lol2;</lolz>`
	external := `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`
	for _, c := range []struct {
		body, path string
		want       error
	}{
		{"", "$.a", extract.ErrNotReadable},
		{"Accepted", "$.a", extract.ErrNotReadable},
		{`{"a":1`, "$.a", extract.ErrNotReadable},
		{`{"a":1}`, "/a", extract.ErrNotReadable},
		{"<a>1</a>", "$.a", extract.ErrNotReadable},
		{"<a><b></a>", "/a", extract.ErrNotReadable},
		{"<!doctype html><p>Hello<br>", "/p", extract.ErrNotReadable},
		{bomb, "/lolz", extract.ErrNotReadable},
		{external, "/a", extract.ErrNotReadable},
		{strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300), "/a", extract.ErrTooLarge},
		{"<r>" + strings.Repeat("<a/>", 250_000) + "</r>", "/r", extract.ErrTooLarge},
		{strings.Repeat("[", 300) + strings.Repeat("]", 300), "$", extract.ErrTooLarge},
	} {
		if got, err := find(t, c.body, "", c.path); !errors.Is(err, c.want) || got != "" {
			t.Errorf("%s in %.60q: %s, %v; want %v", c.path, c.body, got, err, c.want)
		}
	}
}

func TestPaths_that_look_at_too_much_are_given_up_soon(t *testing.T) {
	t.Parallel()
	wide := "<r>" + strings.Repeat("<a><b>x</b></a>", 5000) + "</r>"
	for _, path := range []string{
		"//*[//*[//*[//*]]]", "//*[count(//*) > count(//*/preceding::*)]", "//*[string(/) = concat(string(/), string(/))]", "//*/following::*/preceding::*",
		"//a | //b | //a/.. | //b/../..//*",
	} {
		began := time.Now()
		_, err := find(t, wide, "", path)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s took %v", path, took)
		}
		if !errors.Is(err, extract.ErrTooMuch) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// CVE-2026-4645: an expression that is true or false made older versions of the library go round for ever.
func TestPaths_that_are_conditions_end(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"1=1": "true", "true()": "true", "not(//a)": "false", "count(//a) = 2": "true", "//a[1=1]": `["x","y"]`, "//a[true()]": `["x","y"]`, "//a[false()]": "",
		"//*[not(*)][true()=(1=1)]": `["x","y"]`, "count(//a)": "2", "string(//a[2])": `"y"`,
	} {
		got, err := find(t, "<r><a>x</a><a>y</a></r>", "", path)
		if err != nil || string(got) != want {
			t.Errorf("%s gives %s, %v; want %s", path, got, err, want)
		}
	}
}

func TestPaths_are_checked(t *testing.T) {
	t.Parallel()
	for path, key := range map[string]string{
		"": "extract.error.path_empty", "$.": "jsonpath.error.unexpected_end", "$.ä b": "jsonpath.error.unexpected", "//[": "extract.error.xpath",
		"foo(": "extract.error.xpath", "//Q{urn:x}": "extract.error.xpath", "//Q{": "extract.error.xpath", "//a[nosuch()]": "extract.error.xpath", strings.Repeat("/a", 2000): "jsonpath.error.too_long",
		strings.Repeat("(", 1000): "extract.error.xpath",
	} {
		_, err := extract.ParsePath(path)
		e, ok := errors.AsType[*models.Error](err)
		if !ok || e.Key != key {
			t.Errorf("%.20q: %v; want %s", path, err, key)
		}
		if path == "$.ä b" && e.Args["Position"] != 4 {
			t.Errorf("at %v; want the 4th character", e.Args)
		}
	}
}

func TestParts_are_found_again_by_their_paths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body  string
		paths string
	}{
		{`{"id":1,"items":[{"first name":"a"},true],"none":null,"empty":{}}`, "$.id $.items[0]['first name'] $.items[1] $.none"},
		{soap, "/s:Envelope/s:Body/ticket/@id /s:Envelope/s:Body/ticket/@s:must /s:Envelope/s:Body/ticket/owner /s:Envelope/s:Body/ticket/tag[1] " +
			"/s:Envelope/s:Body/ticket/tag[2] /s:Envelope/s:Body/ticket/empty /s:Envelope/s:Body/ticket/c"},
		{`"just text"`, "$"},
		{`Accepted`, ""},
	} {
		doc := extract.Read([]byte(c.body), "")
		parts, more := doc.Parts(100)
		var paths []string
		for _, part := range parts {
			paths = append(paths, part.Path)
			p, err := extract.ParsePath(part.Path)
			if err != nil {
				t.Errorf("%s: %v", part.Path, err)
				continue
			}
			if again, err := doc.Find(p); string(again) != string(part.Value) || err != nil {
				t.Errorf("%s finds %s, %v; want %s", part.Path, again, err, part.Value)
			}
		}
		if got := strings.Join(paths, " "); got != c.paths || more {
			t.Errorf("%.40s has %s; want %s", c.body, got, c.paths)
		}
	}
	if parts, more := extract.Read([]byte(`[1,2,3,4]`), "").Parts(3); len(parts) != 3 || !more {
		t.Errorf("%d parts, more: %v", len(parts), more)
	}
}

func TestNames_are_suggested_from_paths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"$.ticket.id": "id", "$['first name']": "name", "$.items[0].sku": "sku", "$.items[0]": "items", "$": "", "/a/b/@id": "id", "//tag[2]/text()": "tag", "/s:Body/größe": "größe",
	} {
		if got := extract.LastName(path); got != want {
			t.Errorf("%s suggests %q; want %q", path, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("/s:Envelope//tag[2]/@id", soap)
	f.Add("count(//a[b='c']) + 1", "<a><b>c</b></a>")
	f.Add("$..a[?@.b == 1]", `{"a":[{"b":1}]}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		p, err := extract.ParsePath(path)
		if err != nil {
			return
		}
		doc := extract.Read([]byte(body), "")
		if _, err := doc.Find(p); err != nil {
			return
		}
		doc.Parts(50)
	})
}
