package apiv3

import (
	"strings"
	"testing"

	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestNonsenseIsNeverOurFault(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		var w struct{ ID string }
		b.newWorkflow(b.ada, s.id, "").into(&w)
		response := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
		run := b.finishRun(models.RunFailed)
		ids := strings.NewReplacer(":surveyId", s.id, ":workflowId", w.ID, ":runId", run, ":questionId", "QID1", ":responseId", response)
		b.nonsenseBodies(ids)
		b.nonsenseQueries(ids)
		b.nonsenseNames(ids)
	})
}

// must fails the test when an answer says that something is wrong with us.
func (b *bench) must(method, path, body string) {
	b.Helper()
	if status, answer := b.raw(b.ada, method, path, body); status >= 500 || status == 0 {
		b.Errorf("%s %s %s: %d %s", method, path, body, status, answer)
	}
}

// nonsenseBodies sends values of all kinds as every member that any route reads.
func (b *bench) nonsenseBodies(ids *strings.Replacer) {
	b.Helper()
	names := []string{
		"SurveyName", "Language", "ProjectCategory", "QuestionText", "QuestionType", "Selector", "Choices", "ChoiceOrder", "Validation", "RecodeValues",
		"DataExportTag", "Published", "name", "isActive", "expiration", "ownerId", "values", "surveyId", "event", "condition", "tasks", "notifications",
		"revision", "from", "responseId", "enabled",
	}
	var bodies []string
	for _, v := range []string{`null`, `-1e999`, `"\u0000\ud800"`, `[[]]`, `{}`, `{"":{"\u0000":["\u0000"]}}`, `true`, `[null]`} {
		bodies = append(bodies, v)
		for _, name := range names {
			bodies = append(bodies, `{"`+name+`":`+v+`}`,
				`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"a"}},"name":"x","SurveyName":"x","values":{"a":`+v+`},`+
					`"tasks":[{"config":{"url":"https://x.example.com","body":`+v+`},"type":"webService"}],"event":{"type":"surveyResponse"},"`+name+`":`+v+`}`)
		}
	}
	for i, e := range b.api.table {
		if e.body == nil {
			continue
		}
		for j, body := range bodies {
			if i%16 == j%16 { // a sixteenth for each route keeps the test short; between them the routes see all
				b.must(e.method, ids.Replace(e.pattern), body)
			}
		}
	}
}

func (b *bench) nonsenseQueries(ids *strings.Replacer) {
	b.Helper()
	for _, query := range []string{
		"pageSize=%00", "skipToken=%00%ff", "skipToken=20261122T120000.000000~%00", "q=%00%ff%00a", "q=%25%25%25", "from=%ff", "surveyId=%00", "workflowId=%ff%00",
		"blockId=%00", "%zz", "a;b", "scope=%00", "offset=99999999999999999999",
	} {
		for _, e := range b.api.table {
			if e.method == get {
				b.must("GET", ids.Replace(e.pattern)+"?"+query, "")
			}
		}
		b.must("POST", ids.Replace("/API/v3/survey-definitions/:surveyId/questions?"+query), everyType[2])
	}
}

// nonsenseNames puts what is no id into every place of a path.
func (b *bench) nonsenseNames(ids *strings.Replacer) {
	b.Helper()
	for _, name := range []string{"%00", "%ff%fe", "%2F%2F", "..", "%25", "%F0%9F%92%A9", strings.Repeat("x", 5000)} {
		for _, e := range b.api.table {
			segments := strings.Split(e.pattern, "/")
			for i, segment := range segments {
				if !strings.HasPrefix(segment, ":") {
					continue
				}
				path := strings.Join(segments[:i], "/") + "/" + name + "/" + strings.Join(segments[i+1:], "/")
				b.must(e.method, ids.Replace(path), `{"name":"x","Published":true,"responseId":"R_1"}`)
			}
		}
	}
}
