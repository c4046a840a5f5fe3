package apiv3

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// links gives the personal links of a distribution by address.
func (o *office) links(distribution string) map[string]linkRow {
	o.Helper()
	var all struct{ Elements []linkRow }
	o.get(o.ada, "/distributions/"+distribution+"/links").into(&all)
	of := map[string]linkRow{}
	for _, l := range all.Elements {
		of[*l.Email] = l
	}
	return of
}

func TestASessionOfAnInvitedContactIsTheirAnswer(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.newSurvey(o.ada)
		o.post(o.ada, "/survey-definitions/"+s.id+"/questions", `{"QuestionText":"Hello ${m://FirstName}, how are you?","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"None"}}}`)
		o.post(o.ada, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`)
		o.do(o.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
		list := o.people("ann@example.com", "ben@example.com")
		generate := `{"action":"CreateDistribution","surveyId":"` + s.id + `","mailingListId":"` + list + `","linkType":"Individual"`
		id := o.post(o.ada, "/distributions", generate+`}`).text("id")
		ann := *o.links(id)["ann@example.com"].ContactID
		lookup := "CGC_" + strings.TrimPrefix(ann, "CID_")
		sessions := "/surveys/" + s.id + "/sessions"

		var page shownSession
		o.post(o.ada, sessions, `{"recipientId":"`+lookup+`","distributionId":"`+id+`","embeddedData":{"desk":"7"}}`).into(&page)
		if page.Questions[0].Display != "Hello ann, how are you?" || page.EmbeddedData["desk"] != "7" {
			t.Fatalf("the session shows %+v", page)
		}
		if got := o.stats(id); got != (distributionStats{Started: 1}) {
			t.Errorf("once it began the statistics are %+v", got)
		}
		at := sessions + "/" + page.SessionID
		o.post(o.ada, at, `{"responses":{"QID1_TEXT":"Well"}}`)
		// One answer for each key: beginning again goes on with what is there, and loses nothing.
		if again := o.post(o.ada, sessions, `{"recipientId":"`+ann+`"}`).text("sessionId"); again != page.SessionID {
			t.Errorf("the contact has a second session, %s beside %s", again, page.SessionID)
		}
		o.post(o.ada, at, `{"advance":true}`).into(&page)
		responses, _, err := o.store.Responses(t.Context(), o.users["ada"].Actor(models.ViaAPI), s.id, store.ResponseFilter{})
		o.check(err)
		if !page.Done || len(responses) != 1 || responses[0].Answers.V["QID1"].Text != "Well" || responses[0].InvitationID == nil {
			t.Fatalf("it ends as %+v with %+v", page, responses)
		}
		if got := o.stats(id); got != (distributionStats{Started: 1, Finished: 1}) {
			t.Errorf("in the end the statistics are %+v", got)
		}
		o.do(o.ada, "POST", sessions, `{"recipientId":"`+ann+`"}`).fails(409, "409 - Conflict", "SF_CONFLICT", "answer")
		o.get(o.ada, at).into(&page)
		if !page.Done {
			t.Errorf("the session that is over is %+v", page)
		}

		other := o.open()
		stranger := *o.get(o.ada, "/mailinglists/"+o.people("eve@example.com")+"/contacts").contact(o)
		o.do(o.ada, "POST", sessions, `{"recipientId":"eve"}`).invalid("recipientId")
		o.do(o.ada, "POST", sessions, `{"distributionId":"`+id+`"}`).invalid("recipientId")
		o.do(o.ada, "POST", sessions, `{"recipientId":"`+stranger+`"}`).fails(404, "404 - Not Found", "SF_NOT_FOUND", "no invitation")
		o.do(o.ada, "POST", sessions, `{"recipientId":"`+ann+`","distributionId":"EMD_000000000000000"}`).fails(404, "404 - Not Found", "GED_3", "Distribution not found.")
		o.do(o.ada, "POST", "/surveys/"+other.id+"/sessions", `{"recipientId":"`+ann+`","distributionId":"`+id+`"}`).fails(404, "404 - Not Found", "GED_3", "Distribution not found.")
		public := o.post(o.ada, "/distributions", `{"surveyLink":{"surveyId":"`+s.id+`","type":"Anonymous"},"recipients":{"mailingListId":"`+list+`"},"message":{"messageText":"x"},"header":{"subject":"x"}}`).text("id")
		o.do(o.ada, "POST", sessions, `{"recipientId":"`+ann+`","distributionId":"`+public+`"}`).invalid("distributionId")
		o.do(o.ada, "POST", sessions, `{"language":"de"}`).invalid("language").fails(400, "400 - Bad Request", "SF_INVALID", "“de”. It has these languages: en.")
		o.do(o.ada, "PUT", "/survey-definitions/"+other.id+"/options", `{"AnonymizeResponse":"Yes"}`).ok()
		o.post(o.ada, "/survey-definitions/"+other.id+"/versions", `{"Description":"anonymous","Published":true}`)
		o.clock.Advance(time.Second) // what is live is looked at again
		o.post(o.ada, "/distributions", strings.Replace(generate, s.id, other.id, 1)+`}`)
		o.do(o.ada, "POST", "/surveys/"+other.id+"/sessions", `{"recipientId":"`+ann+`"}`).invalid("recipientId")
		o.do(o.bob, "POST", sessions, `{"recipientId":"`+ann+`"}`).fails(404, "404 - Not Found", "GSI_2", "")
	})
}

// contact gives the id of the one contact of a list.
func (r *reply) contact(o *office) *string {
	o.Helper()
	var all struct {
		Elements []struct {
			ID        string `json:"id"`
			ContactID string `json:"contactId"`
		}
	}
	r.into(&all)
	id := all.Elements[0].ContactID
	if id == "" {
		id = all.Elements[0].ID
	}
	return &id
}

func TestInvitedPeopleWhoBeginAreTold(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.newSurvey(o.ada)
		o.post(o.ada, "/survey-definitions/"+s.id+"/questions", `{"QuestionText":"How are you?","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"None"}}}`)
		o.post(o.ada, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`)
		o.do(o.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
		o.subscribe(o.ada, "surveyengine.startedRecipientSession", "")
		o.subscribe(o.ada, models.TopicCompleted+"."+s.id, "")
		list := o.people("ann@example.com", "ben@example.com")
		id := o.post(o.ada, "/distributions", `{"action":"CreateDistribution","surveyId":"`+s.id+`","mailingListId":"`+list+`","linkType":"Individual"}`).text("id")
		o.clock.Advance(time.Second)
		// runs waits until so many runs of each topic were made.
		runs := func(started, completed int) {
			t.Helper()
			got := map[string]int{}
			all, _, err := o.store.Runs(t.Context(), o.users["ada"].Actor(models.ViaAPI), store.RunFilter{})
			o.check(err)
			for _, r := range all {
				w, err := o.store.WorkflowVersion(t.Context(), r.WorkflowID, r.WorkflowVersion)
				o.check(err)
				got[w.Definition.V.Event.On[0]]++
			}
			if got[models.OnStarted] != started || got[models.OnCreated] != completed {
				t.Errorf("the runs are %v; want %d of people who began and %d of complete responses", got, started, completed)
			}
		}
		sessions := "/surveys/" + s.id + "/sessions"
		nobody := o.post(o.ada, sessions, `{}`).text("sessionId")
		runs(0, 0)
		ann := o.post(o.ada, sessions, `{"recipientId":"`+*o.links(id)["ann@example.com"].ContactID+`"}`).text("sessionId")
		runs(1, 0)
		o.post(o.ada, sessions+"/"+ann, `{"responses":{"QID1_TEXT":"Well"}}`)
		runs(1, 0)
		o.post(o.ada, sessions+"/"+ann, `{"advance":true}`)
		o.post(o.ada, sessions+"/"+nobody, `{"advance":true}`)
		runs(1, 2)
		// The first page is the last one: both are told.
		ben := o.invited(id)["ben@example.com"]
		service := survey.New(o.store, o.clock)
		v, err := service.Enter(t.Context(), survey.Way{Slug: ben.Slug, Crk: ben.Crk, Secret: ben.Token})
		o.check(err)
		v, err = service.Submit(t.Context(), v, survey.Submission{Page: v.Pages()[0].ID, Form: url.Values{"QID1": {"Fine"}}})
		o.check(err)
		if v.State != survey.StateDone {
			t.Errorf("it is %s", v.State)
		}
		runs(2, 3)
	})
}

func TestALinkOfTheTypeMultipleTakesManyAnswers(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.newSurvey(o.ada)
		o.post(o.ada, "/survey-definitions/"+s.id+"/questions", `{"QuestionText":"How are you?","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"None"}}}`)
		o.post(o.ada, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`)
		o.do(o.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
		list := o.people("ann@example.com")
		made := func(kind string) string {
			return o.post(o.ada, "/distributions", `{"action":"CreateDistribution","surveyId":"`+s.id+`","mailingListId":"`+list+`","linkType":"`+kind+`"}`).text("id")
		}
		id, once := made("Multiple"), made("Individual")
		var got distributionBody
		if o.get(o.ada, "/distributions/"+id).into(&got); got.SurveyLink.LinkType != models.LinkMultiple {
			t.Errorf("its links are %q", got.SurveyLink.LinkType)
		}
		service := survey.New(o.store, o.clock)
		way := func(id string) survey.Way {
			ann := o.invited(id)["ann@example.com"]
			return survey.Way{Slug: ann.Slug, Crk: ann.Crk, Secret: ann.Token}
		}
		enter := func(w survey.Way) *survey.Visit {
			t.Helper()
			v, err := service.Enter(t.Context(), w)
			o.check(err)
			return v
		}
		answer := func(v *survey.Visit) *survey.Visit {
			t.Helper()
			next, err := service.Submit(t.Context(), v, survey.Submission{Page: v.Pages()[0].ID, Form: url.Values{"QID1": {"Fine"}}})
			o.check(err)
			return next
		}
		first := answer(enter(way(id)))
		if first.State != survey.StateDone || !first.Again() {
			t.Fatalf("the first answer is %s", first.State)
		}
		if same := enter(first.Way()); same.State != survey.StateDone || same.Response.ID != first.Response.ID {
			t.Errorf("the browser that answered finds %s", same.State)
		}
		// Begun and left, it takes nothing from the answer that is there.
		open, err := service.Submit(t.Context(), enter(way(id)), survey.Submission{Page: first.Pages()[0].ID, Stay: true})
		o.check(err)
		if stats := o.stats(id); open.State != survey.StateAnswering || stats != (distributionStats{Started: 1, Finished: 1}) {
			t.Errorf("with a second that is begun it is %s, %+v", open.State, stats)
		}
		if second := answer(enter(way(id))); second.State != survey.StateDone || second.Response.ID == first.Response.ID {
			t.Errorf("the second answer is %s", second.State)
		}
		responses, _, err := o.store.Responses(t.Context(), o.users["ada"].Actor(models.ViaAPI), s.id, store.ResponseFilter{})
		o.check(err)
		for _, r := range responses {
			if r.InvitationID == nil || *r.InvitationID != o.invited(id)["ann@example.com"].ID {
				t.Errorf("a response is of nobody: %+v", r)
			}
		}
		if stats := o.stats(id); len(responses) != 2 || stats != (distributionStats{Started: 1, Finished: 1}) {
			t.Errorf("there are %d responses, %+v", len(responses), stats)
		}
		// Whoever is forgotten is forgotten with all their answers.
		if person, err := o.store.PersonData(t.Context(), o.users["admin"].Actor(models.ViaAPI), "ann@example.com"); err != nil || len(person.Responses) != 3 { // one is not finished
			t.Errorf("of the person there are %d responses, %v", len(person.Responses), err)
		}
		if answer(enter(way(once))); enter(way(once)).State != survey.StateDone {
			t.Error("a link for one answer takes another")
		}
	})
}
