package apiv3

import (
	"strings"
	"testing"

	"surveyflow/models"
)

func TestTheAPITellsWorkflowsOfChangesOfTheirSurvey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	body := `{"name":"Hear","surveyId":"SURVEY","enabled":true,"event":{"type":"surveyDefinition","on":["closed","activated"]},
		"tasks":[{"type":"webService","config":{"url":"https://x.example.com/"}}]}`
	made := b.post(b.ada, "/workflows", strings.Replace(body, "SURVEY", s.id, 1)).ok()
	if !strings.Contains(string(made.Result), `"event":{"type":"surveyDefinition","on":["activated","closed"]}`) {
		t.Errorf("it came back as %s", made.Result)
	}
	b.do(b.ada, "POST", "/workflows", strings.NewReplacer("SURVEY", s.id, "closed", "renamed").Replace(body)).invalid("event.on")
	runs := func() int {
		return strings.Count(string(b.get(b.ada, "/workflows/"+made.text("id")+"/runs").ok().Result), `"type":"surveyDefinition"`)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":false}`).ok()
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":false}`).ok()
	if n := runs(); n != 1 {
		t.Errorf("%d runs after the survey was closed, want 1", n)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`, models.HeaderDepth, "6").ok()
	if n := runs(); n != 1 {
		t.Errorf("%d runs after a call that goes in circles, want 1", n)
	}
}
