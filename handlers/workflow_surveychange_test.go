package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/frame"
)

func TestAWorkflowCanWaitForChangesOfItsSurvey(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	surveyID, _ := a.sample(t, b)
	b.get(link.WorkflowNew()).says("form", "A survey is opened, closed or published")
	wide := b.post(link.Workflows(), "event", "surveyDefinition", "name", "Hear").to("") // without a survey it hears of all
	wide, _, _ = strings.Cut(wide, "?")
	b.editor(strings.TrimPrefix(wide, link.Workflows()+"/"), frame.EditEvent).says("form", "The survey is closed")
	at := b.post(link.Workflows(), "event", "surveyDefinition", "surveyId", surveyID, "name", "Hear").to("")
	path, _, _ := strings.Cut(at, "?")
	id := strings.TrimPrefix(path, link.Workflows()+"/")
	if on := a.definition(id).Event.On; !slices.Equal(on, models.SurveyChanges) {
		t.Errorf("it waits for %v at first", on)
	}
	save := func(changes ...string) *page {
		form := []string{"revision", b.draftRevision(id), "event.type", "surveyDefinition"}
		for _, change := range changes {
			form = append(form, "change", change)
		}
		return b.post(link.WorkflowEvent(id), form...)
	}
	save("closed", "renamed").to("")
	if on := a.definition(id).Event.On; !slices.Equal(on, []string{models.OnClosed}) {
		t.Errorf("it waits for %v", on)
	}
	save().is(http.StatusUnprocessableEntity)
	b.editor(id, frame.EditEvent).says("form", "The survey is closed")
	b.editor(id, frame.EditTest).says("textarea", surveyID)

	actor := a.actor(ada)
	w, err := a.store.Workflow(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	w.Draft.V.Tasks = []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWait, OnFailure: models.FailureContinue, Config: []byte(`{"for":"PT1H"}`)}}
	if _, err := a.store.SaveWorkflowDraft(t.Context(), actor, w, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.PutWorkflowLive(t.Context(), actor, id, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.store.SetWorkflowEnabled(t.Context(), actor, id, true); err != nil {
		t.Fatal(err)
	}
	b.post(link.SurveyClose(surveyID)).to("")
	b.post(link.SurveyReopen(surveyID)).to("")
	runs, _, err := a.store.Runs(t.Context(), actor, store.RunFilter{WorkflowID: id})
	if err != nil || len(runs) != 1 || runs[0].EventType != models.EventSurveyDefinition {
		t.Fatalf("%d runs, %v; want one of the closing", len(runs), err)
	}
	b.get(link.Run(runs[0].ID)).is(http.StatusOK).says("main", "Survey changed")
}
