package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/signing"
	"surveyflow/models"
	"surveyflow/views/frame"
)

func TestLookingAtAWebhookMakesNoSecret(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	survey, _ := a.sample(t, b)
	task := models.TaskSpec{
		ID: models.NewID(models.PrefixTask), Type: models.TaskOutboundWebhook, OnFailure: models.FailureContinue, Config: []byte(`{"url":"https://x.example/"}`),
	}
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &survey, OwnerID: a.actor("ada@example.com").UserID, Name: "Old", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}}, Tasks: []models.TaskSpec{task}}
	if err := a.store.CreateWorkflow(t.Context(), a.actor("ada@example.com"), w); err != nil {
		t.Fatal(err)
	}
	kept := func(taskID string) signing.Secrets {
		t.Helper()
		secrets, err := a.signing.Kept(t.Context(), w.ID, taskID)
		if err != nil {
			t.Fatal(err)
		}
		return secrets
	}
	at := frame.EditorPath(w.ID, frame.EditTask+task.ID)
	page := b.get(at).is(http.StatusOK).says("main", "There is no secret yet")
	if got := kept(task.ID); got.Current != "" || page.Find("#webhook-secret").Length() != 0 {
		t.Fatalf("looking made %+v", got)
	}
	b.post(link.TaskSecretRotate(w.ID, task.ID), "revision", b.draftRevision(w.ID), "config.url", "https://x.example/", "config.variables", "all").to("")
	page = b.get(at).is(http.StatusOK).says("#flashes", "There is a secret now")
	if got := kept(task.ID); got.Current == "" || got.Previous != "" || page.Find("#webhook-secret").AttrOr("value", "") != got.Current {
		t.Errorf("the secret is %+v, and the page shows %q", got, page.Find("#webhook-secret").AttrOr("value", ""))
	}
	// One that is added has its secret at once; all of them go with their workflow.
	b.post(link.Tasks(w.ID), "revision", b.draftRevision(w.ID), "type", string(models.TaskOutboundWebhook)).to("")
	now, err := a.store.Workflow(t.Context(), a.actor("ada@example.com"), w.ID)
	if err != nil || len(now.Draft.V.Tasks) != 2 {
		t.Fatalf("%+v, %v", now, err)
	}
	added := now.Draft.V.Tasks[1].ID
	if kept(added).Current == "" {
		t.Error("a webhook that was added has no secret")
	}
	b.post(link.WorkflowDelete(w.ID)).to("")
	if kept(task.ID).Current != "" || kept(added).Current != "" {
		t.Error("a deleted workflow keeps its secrets")
	}
}
