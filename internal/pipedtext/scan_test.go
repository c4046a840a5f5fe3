package pipedtext_test

import (
	"reflect"
	"strings"
	"testing"

	"surveyflow/internal/pipedtext"
)

func TestParse_readsEveryForm(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		token     string
		want      pipedtext.Ref
		canonical string // "" when it is the token
	}{
		{token: "${q://QID1/QuestionText}", want: pipedtext.Ref{Scheme: "q", Name: "QID1", Path: "QuestionText"}},
		{token: "${q://QID1/ChoiceGroup/SelectedChoices}", want: pipedtext.Ref{Scheme: "q", Name: "QID1", Path: "ChoiceGroup/SelectedChoices"}},
		{token: "${q://QID2/ChoiceTextEntryValue/3}", want: pipedtext.Ref{Scheme: "q", Name: "QID2", Path: "ChoiceTextEntryValue/3"}},
		{token: "${q://QID4%231/SelectedAnswerRecode/1}", want: pipedtext.Ref{Scheme: "q", Name: "QID4#1", Path: "SelectedAnswerRecode/1"}, canonical: "${q://QID4#1/SelectedAnswerRecode/1}"},
		{token: "${e://Field/segment}", want: pipedtext.Ref{Scheme: "e", Name: "segment"}},
		{token: "${e://Field/a%7Db%25|raw}", want: pipedtext.Ref{Scheme: "e", Name: "a}b%"}, canonical: "${e://Field/a%7Db%25}"},
		{token: "${e://Field/100% sure/x}", want: pipedtext.Ref{Scheme: "e", Name: "100% sure/x"}, canonical: "${e://Field/100%25 sure/x}"},
		{token: "${e://Field/größe}", want: pipedtext.Ref{Scheme: "e", Name: "größe"}},
		{token: "${m://Email}", want: pipedtext.Ref{Scheme: "m", Name: "Email"}},
		{token: "${rm://Field/ResponseID}", want: pipedtext.Ref{Scheme: "rm", Name: "ResponseID"}},
		{token: "${date://CurrentDate/Y%2Fm%2Fd}", want: pipedtext.Ref{Scheme: "date", Name: "CurrentDate", Path: "Y/m/d"}},
		{token: "${date://CurrentDate/Y/m/d}", want: pipedtext.Ref{Scheme: "date", Name: "CurrentDate", Path: "Y/m/d"}, canonical: "${date://CurrentDate/Y%2Fm%2Fd}"},
		{token: "${date://OtherDate/m%2Fd%2FY/-1 day}", want: pipedtext.Ref{Scheme: "date", Name: "OtherDate", Path: "m/d/Y/-1 day"}},
		{token: "${date://OtherDate/c/-1%20year}", want: pipedtext.Ref{Scheme: "date", Name: "OtherDate", Path: "c/-1 year"}, canonical: "${date://OtherDate/c/-1 year}"},
		{token: "${rand://int/-5:100}", want: pipedtext.Ref{Scheme: "rand", Name: "int", Path: "-5:100"}},
		{token: "${l://SurveyURL}", want: pipedtext.Ref{Scheme: "l", Name: "SurveyURL"}},
		{token: "${l://SurveyLink?d=Take the survey?}", want: pipedtext.Ref{Scheme: "l", Name: "SurveyLink", Path: "Take the survey?"}},
		{token: "${lm://CurrentLoopNumber}", want: pipedtext.Ref{Scheme: "lm", Name: "CurrentLoopNumber"}},
		{token: "${lm://Field/1}", want: pipedtext.Ref{Scheme: "lm", Name: "Field", Path: "1"}},
		{token: "${loc://City}", want: pipedtext.Ref{Scheme: "loc", Name: "City"}},
		{token: "${gr://SC_1/Score}", want: pipedtext.Ref{Scheme: "gr", Name: "SC_1", Path: "Score"}},
		{token: "${qo://QO_1/QuotaCount}", want: pipedtext.Ref{Scheme: "qo", Name: "QO_1", Path: "QuotaCount"}},
		{token: "${se://Name}", want: pipedtext.Ref{Scheme: "se", Name: "Name"}},
		{token: "~{ch://OCAC_x/$.ticket.id}", want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: "$.ticket.id"}},
		{token: `~{ch://OCAC_x/$["JSON Request"]}`, want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: `$["JSON Request"]`}},
		{token: `~{ch://OCAC_x/$['a}b']}`, want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: `$['a}b']`}},
		{token: `~{ch://OCAC_x/$["a\"}|raw"]}`, want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: `$["a\"}|raw"]`}},
		{token: `~{ch://OCAC_x/$[?@.a || @.b=="{"]|raw}`, want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: `$[?@.a || @.b=="{"]`}, canonical: `~{ch://OCAC_x/$[?@.a || @.b=="{"]}`},
		{token: "~{ch://OCAC_x/$.a%20b}", want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: "$.a%20b"}},
		{token: "~{ch://OCAC_x/result}", want: pipedtext.Ref{Scheme: "ch", Name: "OCAC_x", Path: "result"}},
		{token: "~{aedj://emailAddress}", want: pipedtext.Ref{Scheme: "aedj", Name: "emailAddress"}},
		{token: "~{aedj://$.person.name.firstName}", want: pipedtext.Ref{Scheme: "aedj", Path: "$.person.name.firstName"}},
		{token: "~{cr://CR_x/token}", want: pipedtext.Ref{Scheme: "cr", Name: "CR_x", Path: "token"}},
	} {
		if tc.canonical == "" {
			tc.canonical = tc.token
		}
		tmpl, err := pipedtext.Parse(tc.token)
		if err != nil {
			t.Fatal(err)
		}
		refs := tmpl.Refs()
		if len(refs) != 1 || refs[0] != tc.want {
			t.Errorf("%s names %+v, want %+v", tc.token, refs, tc.want)
			continue
		}
		if got := refs[0].String(); got != tc.canonical {
			t.Errorf("%s is written %s, want %s", tc.token, got, tc.canonical)
		}
		again, err := pipedtext.Parse(tc.canonical)
		if err != nil || !reflect.DeepEqual(again.Refs(), refs) {
			t.Errorf("%s does not name the same as %s", tc.canonical, tc.token)
		}
		if problems := pipedtext.Check(tc.token); len(problems) > 0 {
			t.Errorf("%s: %v", tc.token, problems)
		}
	}
}

func TestCheck_saysWhatIsNoToken(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text   string
		at     int
		length int
		reason pipedtext.Reason
	}{
		{"a ${abc://x} b", 2, 10, pipedtext.UnknownScheme},
		{"${Q://QID1/QuestionText}", 0, 24, pipedtext.UnknownScheme},
		{"${abc://x", 0, 8, pipedtext.UnknownScheme},
		{"${ch://OCAC_x/result}", 0, 21, pipedtext.WrongSign},
		{"~{m://Email}", 0, 12, pipedtext.WrongSign},
		{"${m:Email}", 0, 3, pipedtext.MissingSlashes},
		{"${m:/Email}", 0, 3, pipedtext.MissingSlashes},
		{"x ${m://Email", 2, 6, pipedtext.Unterminated},
		{`{"a": "${m://Email", "b": {}}`, 7, 6, pipedtext.Unterminated},
		{"${m://Em\nail}", 0, 6, pipedtext.Unterminated},
		{"~{ch://OCAC_x/$['a}", 0, 7, pipedtext.Unterminated},
		{"~{ch://OCAC_x/$[0}", 0, 7, pipedtext.Unterminated},
		{"${m://" + strings.Repeat("x", 3000) + "}", 0, 6, pipedtext.Unterminated},
		{"${m://Email|upper}", 0, 18, pipedtext.UnknownFilter},
		{"${m://Email|x|raw}", 0, 18, pipedtext.UnknownFilter},
		{"~{ch://OCAC_x/$.a|raw|raw}", 0, 26, pipedtext.UnknownFilter},
		{"${m://}", 0, 7, pipedtext.Malformed},
		{"${q://QID1}", 0, 11, pipedtext.Malformed},
		{"${q:///x}", 0, 9, pipedtext.Malformed},
		{"${e://segment}", 0, 14, pipedtext.Malformed},
		{"${e://Field/}", 0, 13, pipedtext.Malformed},
		{"${rand://int/9:1}", 0, 17, pipedtext.Malformed},
		{"${rand://float/1:9}", 0, 19, pipedtext.Malformed},
		{"${date://Yesterday/c}", 0, 21, pipedtext.Malformed},
		{"${date://CurrentDate/}", 0, 22, pipedtext.Malformed},
		{"${date://OtherDate/c/-1 fortnite}", 0, 33, pipedtext.Malformed},
		{"${l://SurveyLink?x=1}", 0, 21, pipedtext.Malformed},
		{"~{ch://OCAC_x}", 0, 14, pipedtext.Malformed},
		{"~{aedj://}", 0, 10, pipedtext.Malformed},
	} {
		want := []*pipedtext.SyntaxError{{Offset: tc.at, Length: tc.length, Reason: tc.reason}}
		if got := pipedtext.Check(tc.text); !reflect.DeepEqual(got, want) {
			t.Errorf("%.60s: got %v, want %v", tc.text, got, want)
		}
		tmpl, err := pipedtext.Parse(tc.text)
		if err != nil || tmpl.Text(every(pipedtext.Text("!"))) != tc.text {
			t.Errorf("%.60s does not stay as it is", tc.text)
		}
	}
	for _, text := range []string{"", "plain", "${name}", "${ a:b }", "$e{ q://QID1/x }", "`${a.b}`", "~{}", "$", "~"} {
		if got := pipedtext.Check(text); got != nil {
			t.Errorf("%q is blamed: %v", text, got)
		}
	}
}

func TestCheckJSON_saysWhereTheJSONIsBroken(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]int{
		`{"a": ${m://Email}, "b": "x ${m://Email}"}`: -1,
		`{"a": ${m://Email} "b": 1}`:                 19,
		`{"a": ${m://Email}`:                         17,
		`[${m://Email}${m://Email}]`:                 13,
		`{"e": {~{ch://OCAC_x/fragment|raw}}}`:       -1,
		`{"e": "~{ch://OCAC_x/fragment|raw}",}`:      36,
		`{"a": "~{ch://OCAC_x/$["JSON Request"]}"}`:  -1,
		`{"a": 01, "b": "${m://Email}"}`:             7,
		``:                                           0,
	} {
		got := pipedtext.CheckJSON(text)
		switch {
		case at < 0 && len(got) != 0:
			t.Errorf("%s: %v", text, got)
		case at >= 0 && (len(got) != 1 || got[0].Reason != pipedtext.InvalidJSON || got[0].Offset != at):
			t.Errorf("%s: got %v, want it at %d", text, got, at)
		}
	}
}
