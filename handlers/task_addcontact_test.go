package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
)

func TestAWorkflowForNewContactsIsMadeFromItsList(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	list := b.contactList("Customers")
	at := b.post(link.ListWorkflow(list)).to("")
	id := at[strings.LastIndex(at, "/")+1:]
	p := b.get(frame.EditorPath(id, frame.EditEvent)).is(http.StatusOK).says("main", "A contact is added to a list")
	if got := p.Find(`[name="event.mailingListId"] option[selected]`).AttrOr("value", ""); got != list {
		t.Errorf("the list %q is chosen", got)
	}
	other := b.contactList("Archive")
	rev := func() string { return b.get(link.Workflow(id)).Find("[name=revision]").AttrOr("value", "") }
	b.post(link.WorkflowEvent(id), "revision", rev(), "event.mailingListId", "CG_none").is(http.StatusUnprocessableEntity).says(".error-summary", "Choose a contact list")
	b.post(link.WorkflowEvent(id), "revision", rev(), "event.mailingListId", other).to(frame.EditorPath(id, frame.EditEvent))
	b.post(link.Tasks(id), "revision", rev(), "type", string(models.TaskAddContact), "position", "0").to("")
	w, err := a.store.Workflow(t.Context(), a.actor(ada), id)
	if err != nil || w.SurveyID != nil || w.Draft.V.Event.MailingListID != other || len(w.Draft.V.Tasks) != 1 {
		t.Fatalf("%+v, %v", w, err)
	}
	task := w.Draft.V.Tasks[0].ID
	p = b.get(frame.EditorPath(id, frame.EditTask+task)).is(http.StatusOK)
	if !strings.Contains(p.Find("#piped").Text(), "External reference") {
		t.Error("the picker does not offer the contact")
	}
	b.post(link.Task(id, task), "revision", rev(), "config.mailingListId", list, "config.fields.email", "${m://Email}", "config.merge", "email",
		"config.more[0].name", "custom1", "config.more[0].value", "x").to(frame.EditorPath(id, frame.EditTask+task))
	if w, err = a.store.Workflow(t.Context(), a.actor(ada), id); err != nil {
		t.Fatal(err)
	}
	want := `{"collectorId":null,"fields":{"custom1":"x","email":"${m://Email}"},"mailingListId":"` + list + `","merge":"email"}`
	if got := string(w.Draft.V.Tasks[0].Config); got != want {
		t.Errorf("the config is %s; want %s", got, want)
	}
	b.get(frame.EditorPath(id, frame.EditTask+task)).says("main", "Add or update a contact")
}
