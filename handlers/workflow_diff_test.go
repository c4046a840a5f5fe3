package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestRevisionsAreComparedLineByLineWithoutSecrets(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	surveyID, _ := a.sample(t, b)
	actor := a.actor(ada)
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &surveyID, OwnerID: actor.UserID, Name: "Tell", EventType: models.EventSurveyResponse}
	put := func(url, secret string) {
		t.Helper()
		w.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}}, Tasks: []models.TaskSpec{{
			ID: "OCAC_0123456789abcde", Type: models.TaskWebService, OnFailure: models.FailureStop,
			Config: []byte(`{"method":"POST","url":"` + url + `","headers":[{"key":"Authorization","value":"` + secret + `"}]}`),
		}}}
		var err error
		if _, old := a.store.Workflow(t.Context(), actor, w.ID); old != nil {
			err = a.store.CreateWorkflow(t.Context(), actor, w)
		} else {
			_, err = a.store.SaveWorkflowDraft(t.Context(), actor, w, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.store.PutWorkflowLive(t.Context(), actor, w.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	put("https://old.example.com/in", "Bearer hush-one")
	put("https://new.example.com/in", "Bearer hush-two")
	p := b.get(link.With(link.WorkflowRevisions(w.ID), "look", "2", "against", "1")).is(http.StatusOK)
	p.says("ins", "https://new.example.com/in").says("del", "https://old.example.com/in")
	html, err := p.Document.Html()
	if err != nil || strings.Contains(html, "hush-") {
		t.Errorf("the page shows a secret, %v", err)
	}
	if n := p.Find("#revision-diff ins").Length() + p.Find("#revision-diff del").Length(); n != 2 {
		t.Errorf("%d lines differ; want one and one", n)
	}
	if p := b.get(link.With(link.WorkflowRevisions(w.ID), "look", "2")); p.Find("#revision-diff").Length() != 0 {
		t.Error("the draft is the same and differs")
	}
}
