package apiv3

import (
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestAProgramAnswersASurveyPageByPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	for _, q := range everyType {
		b.post(b.ada, "/survey-definitions/"+s.id+"/questions", q)
	}
	block := b.post(b.ada, "/survey-definitions/"+s.id+"/blocks", `{"Type":"Standard","Description":"Then"}`).text("BlockID")
	b.post(b.ada, "/survey-definitions/"+s.id+"/questions?blockId="+block,
		`{"QuestionText":"Anything else, ${q://QID3/ChoiceTextEntryValue}?","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"None"}}}`)
	sessions := "/surveys/" + s.id + "/sessions"
	b.do(b.ada, "POST", sessions, `{}`).fails(409, "409 - Conflict", "SF_CONFLICT", "takes no answers")
	b.post(b.ada, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`)
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
	b.clock.Advance(time.Second) // what is live is looked at again
	b.newWorkflow(b.ada, s.id, "")

	id := b.post(b.ada, sessions, `{"language":"EN","embeddedData":{"segment":"gold"}}`).text("sessionId")
	at := sessions + "/" + id
	b.get(b.ada, at).golden("session")
	for field, body := range map[string]string{
		"responses.QID1":            `{"advance":true}`,
		"responses.QID5":            `{"advance":true,"responses":{"QID1":5,"QID5_TEXT":"121"}}`,
		"responses.QID7":            `{"responses":{"QID7":"not on this page"}}`,
		"responses.QID2":            `{"responses":{"QID2":{"9":{"selected":true}}}}`,
		"responses.QID6":            `{"responses":{"QID6":{"11":{"selected":true}}}}`,
		"responses.QID3":            `{"responses":{"QID3":{"1":"x"}}}`,
		"embeddedData.recordedDate": `{"embeddedData":{"recordedDate":"2020-01-01"}}`,
		"close":                     `{"advance":true,"close":true}`,
	} {
		b.do(b.ada, "POST", at, body).invalid(field)
	}
	b.post(b.ada, at, `{"responses":{"QID1":{"3":{"selected":true,"text":"It depends"}},"QID3_TEXT":"Ada"}}`)
	var page shownSession
	b.post(b.ada, at, `{"advance":true,"embeddedData":{"segment":"silver"},"responses":{"QID2":{"1":{"selected":true},"2":{"selected":true}},"QID5_TEXT":36,"QID6":{"9":{"selected":true}}}}`).into(&page)
	if len(page.Questions) != 1 || page.Questions[0].Display != "Anything else, Ada?" || page.Done || page.EmbeddedData["segment"] != "silver" {
		t.Fatalf("the second page is %+v", page)
	}

	for _, token := range []string{b.bob, b.admin} { // bob may not see the survey; the session of another survey is none of this one
		survey, code := s.id, "GSI_2"
		if token == b.admin {
			survey, code = b.liveSurvey(b.admin).id, "SF_NOT_FOUND"
		}
		b.do(token, "POST", "/surveys/"+survey+"/sessions/"+id, `{"advance":true}`).fails(404, "404 - Not Found", code, "")
	}
	b.do(b.ada, "GET", at[:len(at)-1]+"!", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "no such session")

	for range 2 { // the answer to the last call may be lost
		if b.post(b.ada, at, `{"advance":true}`).into(&page); !page.Done || len(page.Questions) != 0 {
			t.Errorf("the session ends as %+v", page)
		}
	}
	responses, _, err := b.store.Responses(t.Context(), b.users["ada"].Actor(models.ViaAPI), s.id, store.ResponseFilter{})
	b.check(err)
	if len(responses) != 1 || responses[0].State != models.ResponseCompleted || responses[0].Channel != models.ChannelAPI {
		t.Fatalf("the responses are %+v", responses)
	}
	b.get(b.ada, "/surveys/"+s.id+"/responses/"+responses[0].ID).golden("session_response")
	b.finishRun(models.RunSucceeded)
}

func TestASessionThatIsClosedLeavesAPartialResponse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
	sessions := "/surveys/" + s.id + "/sessions"
	var over shownSession
	for body, left := range map[string]int{`{"close":true}`: 0, `{"close":true,"responses":{"QID6":7}}`: 1} {
		at := sessions + "/" + b.post(b.ada, sessions, `{}`).text("sessionId")
		if b.post(b.ada, at, body).into(&over); !over.Done {
			t.Errorf("after %s it is %+v", body, over)
		}
		responses, _, err := b.store.Responses(t.Context(), b.users["ada"].Actor(models.ViaAPI), s.id, store.ResponseFilter{})
		b.check(err)
		if len(responses) != left || left == 1 && responses[0].State != models.ResponsePartial {
			t.Errorf("after %s there is %+v", body, responses)
		}
		for _, r := range responses {
			b.do(b.ada, "DELETE", "/surveys/"+s.id+"/responses/"+r.ID, "").ok()
		}
	}
}
