package apiv3

import (
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/models"
)

// copy sends POST /surveys with those headers: pairs of a name and a value.
func (b *bench) copy(token, body string, headers ...string) *reply {
	b.Helper()
	r := httptest.NewRequest("POST", "/API/v3/surveys", strings.NewReader(body))
	r.Header.Set("X-API-TOKEN", token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.send(r)
}

func TestASurveyIsCopiedForOneselfAndForOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	id := b.copy(b.ada, `{"projectName":"Second wave"}`, headerCopySource, s.id).ok().text("id")
	made := b.get(b.ada, "/survey-definitions/"+id)
	if made.text("SurveyName") != "Second wave" || made.text("SurveyStatus") != "Inactive" || made.text("QuestionCount") != b.get(b.ada, "/survey-definitions/"+s.id).text("QuestionCount") {
		t.Errorf("the copy is %s", made.Result)
	}
	given := b.copy(b.ada, "", headerCopySource, s.id, headerCopyOwner, b.users["bob"].ID).ok().text("id")
	if got := b.get(b.bob, "/surveys/"+given); got.text("ownerId") != b.users["bob"].ID || got.text("name") == "" {
		t.Errorf("Bob's copy is %s", got.Result)
	}
	b.do(b.ada, "GET", "/surveys/"+given, "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.copy(b.ada, "{}").invalid(headerCopySource)
	b.copy(b.bob, "{}", headerCopySource, s.id).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.copy(b.ada, "{}", headerCopySource, s.id, headerCopyOwner, "UR_nobody").invalid(headerCopyOwner)
	b.copy(b.ada, `{"projectName":"`+strings.Repeat("x", maxName+1)+`"}`, headerCopySource, s.id).invalid("projectName")
}

func TestVersionsAreListedAndShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.do(b.ada, "PUT", "/survey-definitions/"+s.id+"/questions/QID3", `{"QuestionText":"Your full name","QuestionType":"TE","Selector":"ML"}`).ok()
	b.post(b.ada, "/survey-definitions/"+s.id+"/versions", `{"Published":true,"Description":"asks for the full name"}`)
	var all struct {
		Elements []versionRow
		NextPage *string
	}
	b.get(b.ada, "/survey-definitions/"+s.id+"/versions?pageSize=1").into(&all)
	if len(all.Elements) != 1 || all.NextPage == nil || all.Elements[0].VersionNumber != 2 || !all.Elements[0].Published || all.Elements[0].Description != "asks for the full name" {
		t.Fatalf("the first page is %+v", all)
	}
	_, next, _ := strings.Cut(*all.NextPage, "/API/v3")
	b.get(b.ada, next).into(&all)
	if len(all.Elements) != 1 || all.Elements[0].VersionNumber != 1 || all.Elements[0].Published || all.Elements[0].UserID != b.users["ada"].ID {
		t.Errorf("the second page is %+v", all)
	}
	if old := string(b.get(b.ada, "/survey-definitions/"+s.id+"/versions/1").Result); strings.Contains(old, "full name") || !strings.Contains(old, `"Questions"`) {
		t.Errorf("version 1 is %s", old)
	}
	b.do(b.ada, "GET", "/survey-definitions/"+s.id+"/versions/3", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Version not found.")
	b.do(b.ada, "GET", "/survey-definitions/"+s.id+"/versions/x", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Version not found.")
	b.do(b.bob, "GET", "/survey-definitions/"+s.id+"/versions", "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.ada, "GET", "/survey-definitions/"+s.id+"/versions?skipToken=x", "").invalid("skipToken")
}

func TestPeopleAreListedAndWhatIsPrivateStaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.check(b.store.SetUserDisabled(t.Context(), b.users["admin"].Actor(models.ViaWeb), b.users["bob"].ID, true))
	var all struct {
		Elements []userRow
		NextPage *string
	}
	b.get(b.ada, "/users").into(&all)
	if len(all.Elements) != 2 || all.Elements[0].Username != "ada@example.com" || all.Elements[1].UserType != "UT_BRANDADMIN" || all.NextPage != nil {
		t.Errorf("Ada sees %+v", all)
	}
	b.get(b.admin, "/users?pageSize=2").into(&all)
	if len(all.Elements) != 2 || all.NextPage == nil {
		t.Fatalf("the first page is %+v", all)
	}
	_, next, _ := strings.Cut(*all.NextPage, "/API/v3")
	b.get(b.admin, next).into(&all)
	if len(all.Elements) != 1 || all.Elements[0].AccountStatus != "disabled" || all.NextPage != nil {
		t.Errorf("the second page is %+v", all)
	}
	var one userDetail
	b.get(b.ada, "/users/"+b.users["admin"].ID).into(&one)
	if one.Email != "admin@example.com" || one.Language != nil || one.AccountCreationDate != nil {
		t.Errorf("Ada learns %+v", one)
	}
	b.get(b.admin, "/users/"+b.users["ada"].ID).into(&one)
	if one.Language == nil || one.AccountCreationDate == nil {
		t.Errorf("the administrator learns %+v", one)
	}
	b.do(b.ada, "GET", "/users/"+b.users["bob"].ID, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "User not found.")
}

func TestSurveysAreSharedByTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/surveys/" + s.id + "/permissions/collaborations"
	bob := b.users["bob"].ID
	b.do(b.bob, "GET", "/surveys/"+s.id, "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	var c collaboration
	b.post(b.ada, path, `{"recipientId":"`+bob+`","permissions":{"result":{"viewSurveyResults":true}}}`).into(&c)
	if c.Access != models.AccessView || c.Permissions["surveyManagement"]["editSurveys"] {
		t.Errorf("Bob got %+v", c)
	}
	b.get(b.bob, "/surveys/"+s.id)
	b.do(b.bob, "PUT", "/surveys/"+s.id, `{"name":"Mine"}`).fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
	b.do(b.bob, "POST", path, `{"recipientId":"`+bob+`","permissions":{"surveyManagement":{"editSurveys":true}}}`).fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
	b.post(b.ada, path, `{"recipientId":"`+bob+`","permissions":{"surveyDefinitionManipulation":{"editQuestions":true},"surveyManagement":{"deleteSurveys":true}}}`).into(&c)
	if c.Access != models.AccessEdit {
		t.Errorf("Bob got %+v", c)
	}
	b.do(b.bob, "PUT", "/surveys/"+s.id, `{"name":"Ours"}`).ok()
	if got := b.get(b.ada, path); !strings.Contains(string(got.Result), bob) {
		t.Errorf("the list is %s", got.Result)
	}
	b.do(b.ada, "POST", path, `{"recipientId":"UR_nobody"}`).invalid("recipientId")
	b.do(b.bob, "DELETE", path+"/"+bob, "").ok() // he leaves by himself
	b.do(b.bob, "GET", "/surveys/"+s.id, "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.ada, "DELETE", path+"/"+bob, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Collaboration not found.")
}
