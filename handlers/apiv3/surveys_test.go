package apiv3

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/models"
)

func TestASurveyIsMadeQuestionByQuestionAndPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	for i, q := range everyType {
		var out struct {
			QuestionID string
			Revision   int
		}
		b.post(b.ada, "/survey-definitions/"+s.id+"/questions?blockId="+s.block, q).into(&out)
		if out.QuestionID != models.QuestionID(i+1) || out.Revision != i+2 {
			t.Errorf("question %d is %+v", i+1, out)
		}
	}
	b.get(b.ada, "/survey-definitions/"+s.id).golden("definition")
	b.get(b.ada, "/survey-definitions/"+s.id+"/questions").golden("questions")
	b.get(b.ada, "/survey-definitions/"+s.id+"/questions/QID1").golden("question")
	b.clock.Advance(time.Minute)
	b.post(b.ada, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`).golden("version")
	if got := b.get(b.ada, "/survey-definitions/"+s.id).text("SurveyStatus"); got != "Active" {
		t.Errorf("after publishing it is %s", got)
	}
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.get(b.ada, "/surveys/"+s.id).golden("survey")
	b.get(b.ada, "/surveys").golden("surveys")
}

func TestADraftThatIsNotCompleteIsNotPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	b.do(b.ada, "POST", "/survey-definitions/"+s.id+"/versions", `{"Published":true}`).fails(400, "400 - Bad Request", "SF_INVALID", "blocks")
	b.do(b.ada, "POST", "/survey-definitions/"+s.id+"/versions", `{}`).invalid("Published")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).fails(400, "400 - Bad Request", "SF_INVALID", "blocks")
}

func TestAQuestionIsReplacedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/questions/QID3"
	b.do(b.ada, "PUT", path, `{"QuestionText":"Your full name","QuestionType":"TE","Selector":"ML"}`).ok()
	if got := b.get(b.ada, path); got.text("QuestionText") != "Your full name" || got.text("Selector") != "ML" || got.text("DataExportTag") != "Q3" {
		t.Errorf("it is %s", got.Result)
	}
	if r := b.do(b.ada, "DELETE", path, "").ok(); r.Result != nil {
		t.Errorf("a result for nothing: %s", r.body)
	}
	b.do(b.ada, "GET", path, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Question not found.")
	b.do(b.ada, "DELETE", path, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Question not found.")
	b.do(b.ada, "PUT", path, everyType[0]).fails(404, "404 - Not Found", "SF_NOT_FOUND", "Question not found.")
	if id := b.post(b.ada, "/survey-definitions/"+s.id+"/questions", everyType[2]).text("QuestionID"); id != "QID7" {
		t.Errorf("the id %s was used before", id)
	}
}

func TestAWriteOfAnOlderDraftIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/questions/QID3"
	b.do(b.ada, "PUT", path, `{"QuestionText":"a","QuestionType":"TE","Selector":"SL","revision":7}`).ok()
	b.do(b.ada, "PUT", path, `{"QuestionText":"b","QuestionType":"TE","Selector":"SL","revision":7}`).
		fails(409, "409 - Conflict", "SF_CONFLICT", "revision 8, of 2026-11-22T12:00:00Z")
	b.do(b.ada, "PUT", path, `{"QuestionText":"b","QuestionType":"TE","Selector":"SL"}`).ok()
	b.do(b.ada, "POST", "/survey-definitions/"+s.id+"/versions", `{"Published":true,"revision":8}`).fails(409, "409 - Conflict", "SF_CONFLICT", "revision 9")
}

func TestWhatIsNotUsedYetIsKeptAndNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/questions"
	r := b.post(b.ada, path, `{"QuestionText":"A","QuestionType":"MC","Selector":"SB","Choices":{"1":{"Display":"x","Image":{"Display":"y"}},"2":{"Display":"z"}},
		"Randomization":{"Type":"All"},"QuestionJS":"alert(1)","Language":{"DE":{"QuestionText":"B"}},"VariableNaming":{"1":"first"},
		"Validation":{"Settings":{"ForceResponse":"RequestResponse","Type":"CustomValidation","CustomValidation":{"Logic":1}}}}`)
	want := "Kept, but not used yet: Choices.1.Image, QuestionJS, Randomization, Selector SB, Validation.Settings.ForceResponse RequestResponse, Validation.Settings.Type CustomValidation, VariableNaming."
	if r.Meta.Notice != want {
		t.Errorf("the notice is %s", r.Meta.Notice)
	}
	b.get(b.ada, path+"/QID1").golden("question_kept")
}

func TestQuestionsThatCannotBeAskedAreKeptInTheirPlaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/questions"
	table := `{"QuestionText":"Rate","DataExportTag":"rate","QuestionType":"SBS","Selector":"SBSMatrix","SubSelector":"","Choices":{"1":{"Display":"Speed"}},
		"Answers":{"1":{"Display":"Bad"}},"AnswerOrder":[1]}`
	b.post(b.ada, path, everyType[2])
	r := b.post(b.ada, path, table)
	if r.text("QuestionID") != "QID2" || r.Meta.Notice != "Kept, but not used yet: QuestionType SBS/SBSMatrix." {
		t.Errorf("answer %s", r.body)
	}
	b.post(b.ada, path, everyType[5])
	b.get(b.ada, "/survey-definitions/"+s.id).golden("definition_kept")
	b.get(b.ada, path+"/QID2").golden("question_other")
	b.post(b.ada, "/survey-definitions/"+s.id+"/versions", `{"Published":true}`)
	b.get(b.ada, "/surveys/"+s.id)

	b.do(b.ada, "PUT", path+"/QID2", everyType[3]).ok()
	b.do(b.ada, "PUT", path+"/QID1", table).ok()
	if got := strings.Join(b.questionIDs(b.ada, s.id), " "); got != "QID1 QID2 QID3" {
		t.Errorf("the order became %s", got)
	}
	b.do(b.ada, "DELETE", path+"/QID1", "").ok()
	if got := strings.Join(b.questionIDs(b.ada, s.id), " "); got != "QID2 QID3" {
		t.Errorf("left are %s", got)
	}
}

func (b *bench) questionIDs(token, survey string) []string {
	var out struct {
		Elements []struct{ QuestionID string }
	}
	b.get(token, "/survey-definitions/"+survey+"/questions").into(&out)
	var ids []string
	for _, q := range out.Elements {
		ids = append(ids, q.QuestionID)
	}
	return ids
}

func TestWrongQuestionsAreToldByTheNamesOfTheirMembers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := "/survey-definitions/" + b.newSurvey(b.ada).id + "/questions"
	for body, field := range map[string]string{
		`{}`: "QuestionType",
		`{"QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"x"}}}`:                                                                                                 "QuestionText",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR"}`:                                                                                                              "Choices",
		`{"QuestionText":["x"],"QuestionType":"TE","Selector":"SL"}`:                                                                                                              "QuestionText",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":7}`:                                                                                                  "Choices",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"a":{"Display":"x"}}}`:                                                                              "Choices.a",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":{}}}}`:                                                                               "Choices.1.Display",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"a"}},"ChoiceOrder":[2]}`:                                                            "ChoiceOrder",
		`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":""}}}`:                                                                               "Choices.1.Display",
		`{"QuestionText":"x","QuestionType":"TE","Selector":"SL","DataExportTag":"a b"}`:                                                                                          "DataExportTag",
		`{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Validation":"no"}`:                                                                                              "Validation",
		`{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"MinChar","MinChars":"many"}}}`:                                                 "Validation.Settings.MinChars",
		`{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidNumber","ValidNumber":{"Min":"a"}}}}`:         "Validation.Settings.ValidNumber.Min",
		`{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidNumber","ValidNumber":{"Min":"9","Max":1}}}}`: "Validation.Settings.ValidNumber.Max",
	} {
		b.do(b.ada, "POST", path, body).invalid(field)
	}
	b.do(b.ada, "POST", path+"?blockId=BL_0", everyType[2]).invalid("blockId")
}

func TestSurveysArePagedByTokenAndByOffset(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := map[string]bool{}
	for range 7 {
		want[b.newSurvey(b.ada).id] = true
		b.clock.Advance(time.Second)
	}
	type page struct {
		Elements []struct{ ID string }
		NextPage *string
	}
	follow := func(next func(p page, seen int) string) {
		t.Helper()
		path, seen := "/surveys?pageSize=3", map[string]bool{}
		for range 4 {
			var p page
			b.get(b.ada, path).into(&p)
			for _, e := range p.Elements {
				seen[e.ID] = true
			}
			if p.NextPage == nil {
				break
			}
			path = next(p, len(seen))
		}
		if len(seen) != len(want) {
			t.Errorf("%d of %d surveys were seen", len(seen), len(want))
		}
	}
	follow(func(p page, _ int) string { // as most clients do
		rest, ok := strings.CutPrefix(*p.NextPage, "https://survey.example.com/API/v3")
		if !ok {
			t.Errorf("the next page is at %s", *p.NextPage)
		}
		return rest
	})
	follow(func(p page, seen int) string { // as QualtricsInR does
		u, err := url.Parse(*p.NextPage)
		b.check(err)
		if got := u.Query().Get("offset"); got != fmt.Sprint(seen) {
			t.Errorf("the offset is %s after %d", got, seen)
		}
		return "/surveys?pageSize=3&offset=" + u.Query().Get("offset")
	})
	if got := string(b.get(b.ada, "/surveys?offset=7").Result); got != `{"elements":[],"nextPage":null}` {
		t.Errorf("behind the end: %s", got)
	}
}

func TestASurveyIsRenamedDatedClosedAndOpened(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	type shown struct {
		Name       string
		IsActive   bool
		Expiration struct{ StartDate, EndDate *string }
		OwnerID    string
	}
	show := func() (out shown) { b.get(b.ada, "/surveys/"+s.id).into(&out); return out }
	r := b.do(b.ada, "PUT", "/surveys/"+s.id, `{"name":" New name ","isActive":false,"expiration":{"startDate":"2026-01-01T00:00:00+02:00","endDate":"2027-01-01T00:00:00Z"}}`).ok()
	if r.Result != nil {
		t.Errorf("a result: %s", r.body)
	}
	if got := show(); got.Name != "New name" || got.IsActive || *got.Expiration.StartDate != "2025-12-31T22:00:00Z" || *got.Expiration.EndDate != "2027-01-01T00:00:00Z" {
		t.Errorf("it is %+v", got)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true,"expiration":{"startDate":null}}`).ok()
	if got := show(); !got.IsActive || got.Expiration.StartDate != nil || got.Expiration.EndDate == nil {
		t.Errorf("it is %+v", got)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"expiration":{"startDate":"2028-01-01T00:00:00Z"}}`).invalid("expiration.endDate")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"name":"never","expiration":{"endDate":"soon"}}`).invalid("expiration.endDate")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"expiration":{"endDate":{"a":1}}}`).invalid("expiration.endDate")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"name":""}`).invalid("name")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":"yes"}`).invalid("isActive")
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"name":"never","ownerId":"UR_x"}`).invalid("ownerId")
	if got := show(); got.Name != "New name" {
		t.Errorf("a refused change was made in part: %+v", got)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"ownerId":"`+b.users["bob"].ID+`"}`).ok()
	b.do(b.ada, "GET", "/surveys/"+s.id, "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.get(b.bob, "/surveys/"+s.id)
}

func TestActivatingPublishesTheDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":false}`).ok()
	b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", `{"values":{}}`).fails(409, "409 - Conflict", "SF_CONFLICT", "")
	b.post(b.ada, "/survey-definitions/"+s.id+"/questions", everyType[2])
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
	b.clock.Advance(time.Second)
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1_TEXT":"Ada"}}`)
}

func TestADeletedSurveyIsGoneWithItsWorkflows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w struct{ ID string }
	b.newWorkflow(b.ada, s.id, "").into(&w)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	r := b.do(b.ada, "DELETE", "/surveys/"+s.id, "").ok()
	if r.Meta.Notice != "1 scheduled run was canceled." || r.Result != nil {
		t.Errorf("answer %s", r.body)
	}
	b.clock.Advance(time.Second)
	b.do(b.ada, "GET", "/surveys/"+s.id, "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", someValues).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.ada, "GET", "/workflows/"+w.ID, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Workflow not found.")
}
