package pipedtext_test

import (
	"strings"
	"testing"

	"surveyflow/internal/pipedtext"
)

var body = `{"ticket": {"subject": "Feedback from ${m://FirstName} ${m://LastName}", "score": ${q://QID1/SelectedChoicesRecode}, ` +
	`"comment": "${q://QID2/ChoiceTextEntryValue}", "parent": ~{ch://OCAC_a/$.id}, "tags": ["survey", "auto"], "note": "` + strings.Repeat("x", 270) + `"}}`

var person = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
	switch r.Scheme {
	case "m":
		return pipedtext.Text("Ada")
	case "q":
		if r.Path == "SelectedChoicesRecode" {
			return pipedtext.Number("9")
		}
		return pipedtext.Text("It was \"fine\", but\nslow.")
	}
	return pipedtext.Number("12345678901234567890")
})

func BenchmarkAppendJSON(b *testing.B) {
	tmpl, err := pipedtext.ParseJSON(body)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		dst = tmpl.Append(dst[:0], person)
	}
}

func BenchmarkTextJSON(b *testing.B) {
	tmpl, err := pipedtext.ParseJSON(body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = tmpl.Text(person)
	}
}

func BenchmarkURL(b *testing.B) {
	u, err := pipedtext.ParseURL("https://crm.example.com/tickets/${q://QID1/SelectedChoicesRecode}?name=${m://FirstName}")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.URL(person); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnv(b *testing.B) {
	tmpl, err := pipedtext.Parse("${date://CurrentDate/Y-m-d H:i:s/-1 day} ${rand://int/1:100}")
	if err != nil {
		b.Fatal(err)
	}
	env := &pipedtext.Env{Source: person}
	dst := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		dst = tmpl.Append(dst[:0], env)
	}
}

func BenchmarkParseJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pipedtext.ParseJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParse_hostile reads the text that makes the search for the end of a token longest.
func BenchmarkParse_hostile(b *testing.B) {
	text := strings.Repeat(`~{ch://a/$[\"`, pipedtext.MaxLength/13)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pipedtext.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
