package survey_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func apiDefinition() models.SurveyDefinition {
	questions := slices.SortedFunc(maps.Values(exampleQuestions()), func(a, b models.Question) int { return strings.Compare(a.ID, b.ID) })
	for i := range questions {
		questions[i].Required = true // which binds respondents, not programs
	}
	return models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: questions}}, EmbeddedData: []models.EmbeddedField{{Name: "segment", Default: "none"}}}
}

func decode(t testing.TB, values string) map[string]json.RawMessage {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(values), &raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestValuesOfProgramsBecomeAnswers(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	for _, c := range []struct {
		name, values string
		want         models.Answers
		problems     string
	}{
		{"nothing", `{}`, models.Answers{}, ""},
		{"a recode value as number", `{"QID1":5}`, models.Answers{"QID1": {Choices: []int{1}}}, ""},
		{"a recode value as text", `{"QID1":"5"}`, models.Answers{"QID1": {Choices: []int{1}}}, ""},
		{"a choice id", `{"QID1":2}`, models.Answers{"QID1": {Choices: []int{2}}}, ""},
		{"an id behind a recode value", `{"QID1":1}`, models.Answers{"QID1": {Choices: []int{1}}}, ""},
		{"an array of one", `{"QID1":[2]}`, models.Answers{"QID1": {Choices: []int{2}}}, ""},
		{"two of a single choice", `{"QID1":[1,2]}`, nil, "values.QID1 response.error.one_choice"},
		{"an unknown choice", `{"QID1":77}`, nil, "values.QID1 response.error.choice"},
		{"an object", `{"QID1":{"a":1}}`, nil, "values.QID1 response.error.value"},
		{"null is unanswered", `{"QID1":null,"QID3_TEXT":null}`, models.Answers{}, ""},
		{"an own text", `{"QID1":3,"QID1_3_TEXT":"bus"}`, models.Answers{"QID1": {Choices: []int{3}, Other: map[int]string{3: "bus"}}}, ""},
		{"an own text alone", `{"QID1_3_TEXT":"bus"}`, models.Answers{"QID1": {Choices: []int{3}, Other: map[int]string{3: "bus"}}}, ""},
		{"a text for a choice that takes none", `{"QID1_2_TEXT":"x"}`, nil, "values.QID1_2_TEXT response.error.no_text"},
		{"several choices, text and number", `{"QID2":["4",1],"QID2_4_TEXT":"fax"}`, models.Answers{"QID2": {Choices: []int{1, 4}, Other: map[int]string{4: "fax"}}}, ""},
		{"one of several", `{"QID2":2}`, models.Answers{"QID2": {Choices: []int{2}}}, ""},
		{"texts", `{"QID3_TEXT":"a\u0000b","QID4_TEXT":"c\nd"}`, models.Answers{"QID3": {Text: "ab"}, "QID4": {Text: "c\nd"}}, ""},
		{"a text under the question's own name", `{"QID3":"a"}`, models.Answers{"QID3": {Text: "a"}}, ""},
		{"a number as text", `{"QID5_TEXT":"12345678901234567890.50"}`, models.Answers{"QID5": {Number: "12345678901234567890.50"}}, ""},
		{"a number as number", `{"QID5":1.5e3}`, models.Answers{"QID5": {Number: "1500"}}, ""},
		{"a small number", `{"QID5":-25E-4}`, models.Answers{"QID5": {Number: "-0.0025"}}, ""},
		{"a monstrous number", `{"QID5":1e9999999}`, nil, "values.QID5 response.error.number"},
		{"no number", `{"QID5_TEXT":"x"}`, nil, "values.QID5_TEXT response.error.number"},
		{"a score", `{"QID6":0}`, models.Answers{"QID6": {Number: "0"}}, ""},
		{"no score", `{"QID6":11}`, nil, "values.QID6 response.error.score"},
		{"what exports carry", `{"QID6":9,"QID6_NPS_GROUP":3,"QID1_DO":["1"],"_recordId":"R_1","status":0,"progress":100,"duration":3}`, models.Answers{"QID6": {Number: "9"}}, ""},
		{"an unknown question", `{"QID99":1}`, nil, "values.QID99 response.error.unknown"},
		{"a field that cannot be", `{"a/b":1}`, nil, "values.a/b field.error.name"},
		{"a field that is an object", `{"segment":{}}`, nil, "values.segment response.error.value"},
		{"a bad time", `{"startDate":"yesterday"}`, nil, "values.startDate response.error.time"},
		{"a time to come", `{"endDate":"2126-01-01T00:00:00Z"}`, nil, "values.endDate response.error.time"},
		{"an end before the start", `{"startDate":"2026-11-01T00:00:00Z","endDate":"2026-10-01T00:00:00Z"}`, nil, "values.startDate response.error.order"},
		{"a bad language", `{"userLanguage":"!"}`, nil, "values.userLanguage response.error.language"},
		{"a bad address", `{"ipAddress":"here"}`, nil, "values.ipAddress response.error.ip"},
		{"neither finished nor not", `{"finished":"perhaps"}`, nil, "values.finished response.error.boolean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t, c.values)})
			if c.problems != "" {
				e, ok := errors.AsType[*models.Error](err)
				if !ok || keys(e.Fields) != c.problems {
					t.Fatalf("got %v, want %s", err, c.problems)
				}
				for _, f := range e.Fields {
					if text := i18n.TMap(t.Context(), f.Key, f.Args); strings.Contains(text, "no value") || text == f.Key {
						t.Errorf("the sentence is %q", text)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, r.Answers.V); d != "" {
				t.Errorf("answers (-want +got):\n%s", d)
			}
		})
	}
}

func TestBrokenValuesAreNamed(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	for _, broken := range []string{"", "{", "1 2", "nul", `"a`} {
		_, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: map[string]json.RawMessage{"QID3_TEXT": json.RawMessage(broken)}})
		e, ok := errors.AsType[*models.Error](err)
		if !ok || keys(e.Fields) != "values.QID3_TEXT response.error.value" {
			t.Errorf("%q: got %v", broken, err)
		}
	}
}

func TestACreatedResponseKeepsItsMetadata(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	in.addWorkflow(t, nil)
	created, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t,
		`{"startDate":"2026-11-20T10:00:00+01:00","endDate":"2026-11-20 09:00:30","userLanguage":"PT-br","ipAddress":"192.0.2.7","segment":"gold","age":42,"vip":true,"QID6":9}`)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.store.Response(t.Context(), in.actor, in.survey.ID, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != models.ResponseCompleted || r.Channel != models.ChannelAPI || r.Language != "pt-BR" || r.IP != "192.0.2.7" || r.Duration().Seconds() != 30 || r.TokenHash != "" {
		t.Errorf("got %+v", r)
	}
	if d := cmp.Diff(map[string]string{"segment": "gold", "age": "42", "vip": "true"}, r.Fields.V); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	if n := in.runs(t); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
	back := survey.ExportResponse(&in.survey.Draft.V, r)
	if back.Values["startDate"] != "2026-11-20T09:00:00Z" || back.Values["userLanguage"] != "PT-BR" || back.Values["segment"] != "gold" {
		t.Errorf("got values %v", back.Values)
	}
}

func TestAnUnfinishedCreationIsPartial(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	in.addWorkflow(t, nil)
	r, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t, `{"finished":0}`)})
	if err != nil || r.State != models.ResponsePartial || r.RecordedAt == nil {
		t.Fatalf("got %+v, %v", r, err)
	}
	if n := in.runs(t); n != 0 {
		t.Errorf("%d runs for a workflow that wants complete responses", n)
	}
}

func TestTheSameKeyMakesOneResponse(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	in.addWorkflow(t, nil)
	first, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t, `{"QID6":1}`), Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t, `{"QID6":2}`), Key: "k"})
	if err != nil || second.ID != first.ID || second.Answers.V["QID6"].Number != "1" {
		t.Errorf("got %+v, %v", second, err)
	}
	if n := in.runs(t); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

func TestNothingIsCreatedForASurveyThatWasNeverLive(t *testing.T) {
	t.Parallel()
	in := newInstance(t, apiDefinition())
	if _, err := in.service.Create(t.Context(), survey.Creation{SurveyID: "SV_none"}); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("an unknown survey: %v", err)
	}
	if _, err := in.store.DeleteSurvey(t.Context(), in.actor, in.survey.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID}); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("a deleted survey: %v", err)
	}
}

func BenchmarkCreate(b *testing.B) {
	in := newInstance(b, apiDefinition())
	in.addWorkflow(b, nil)
	values := decode(b, `{"QID1":5,"QID2":["1","2"],"QID3_TEXT":"short","QID5_TEXT":"12","QID6":9,"segment":"gold"}`)
	b.ReportAllocs()
	b.SetParallelism(32) // many callers share a commit
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := in.service.Create(b.Context(), survey.Creation{SurveyID: in.survey.ID, Values: values}); err != nil {
				b.Error(err)
			}
		}
	})
}
