package apiv3

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// What the field's clients send, in their order, with their slashes and headers (reference §4.2, §4.3).

func TestTheCallsOfTheRClient(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	r := func(path string) *reply {
		t.Helper()
		q := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		q.Header.Set("X-API-TOKEN", b.ada)
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Accept", "*/*")
		q.Header.Set("accept-encoding", "gzip, deflate")
		return b.send(q).ok()
	}
	var surveys struct {
		Elements []map[string]any
		NextPage *string
	}
	r("/API/v3/surveys/").into(&surveys)
	if len(surveys.Elements) != 1 || surveys.NextPage != nil {
		t.Fatalf("surveys are %+v", surveys)
	}
	for _, name := range []string{"id", "name", "ownerId", "lastModified", "creationDate", "isActive"} {
		if surveys.Elements[0][name] == nil {
			t.Errorf("the survey lacks %s", name)
		}
	}
	var survey struct {
		Questions       map[string]map[string]any
		ExportColumnMap map[string]map[string]any
	}
	r("/API/v3/surveys/" + s.id + "/").into(&survey)
	for id, q := range survey.Questions { // survey_questions() reads these of every question
		if q["questionName"] == nil || q["questionText"] == nil || q["validation"].(map[string]any)["doesForceResponse"] == nil {
			t.Errorf("%s is %v", id, q)
		}
	}
	for tag, column := range survey.ExportColumnMap {
		if id, _ := column["question"].(string); survey.Questions[id] == nil {
			t.Errorf("column %s belongs to %v", tag, column)
		}
	}
	if len(survey.ExportColumnMap) != 9 { // 6 questions, one of which has 3 columns, and a text beside a choice
		t.Errorf("the columns are %v", survey.ExportColumnMap)
	}
	r("/API/v3/survey-definitions/" + s.id + "/")
}

func TestTheCallsOfThePythonClient(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	call := func(method, path, body string) *reply {
		t.Helper()
		q := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		q.Header.Set("x-api-token", b.ada)
		if body != "" {
			q.Header.Set("content-type", "application/json")
		}
		return b.send(q)
	}
	made := call("POST", "/API/v3//surveys/"+s.id+"/responses", `{"values": {"QID1": 5, "finished": 1}}`).ok().text("responseId")
	call("GET", "/API/v3//surveys/"+s.id+"/responses/"+made, "").ok()
	call("GET", "/API/v3/surveys", "").ok()
	// The client reads meta.httpStatus and never the status.
	call("GET", "/API/v3//surveys/"+s.id+"/responses/R_000000000000000", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "not found")
}
