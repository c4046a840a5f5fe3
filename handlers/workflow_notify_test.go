package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestWhoIsToldOfFailuresCountsAtOnce(t *testing.T) {
	t.Parallel()
	a := newMailingApp(t, mailtest.New(t, mailtest.Options{}))
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to(link.Workflow(id))
	if n := a.definition(id).Notifications; !n.Enabled || b.editor(id, "").Find("#strip-untold").Length() > 0 {
		t.Errorf("the owner of a new workflow is told: %+v", n)
	}
	b.post(link.WorkflowNotify(id)).to(link.WorkflowSettings(id)) // the switch is off
	b.editor(id, "").says("#strip-untold", "Nobody is told of failed runs")
	b.get(link.WorkflowSettings(id)).is(http.StatusOK).says("#notify-untold", "Nobody is told when a run fails").says("#recipients", "mails go to the owner")

	b.post(link.WorkflowNotify(id), "enabled", "on").to(link.WorkflowSettings(id))
	b.post(link.WorkflowNotify(id), "what", "add", "add", " ops@example.com ").to(link.WorkflowSettings(id))
	b.post(link.WorkflowNotify(id), "what", "add", "add", "Bob@example.com").to(link.WorkflowSettings(id))
	b.post(link.WorkflowNotify(id), "what", "add", "add", "bob@EXAMPLE.com").to(link.WorkflowSettings(id)) // once is enough
	if n := a.definition(id).Notifications; !n.Enabled || !slices.Equal(n.Recipients, []string{"ops@example.com", "Bob@example.com"}) {
		t.Errorf("saved %+v", n)
	}
	p := b.get(link.WorkflowSettings(id)).says("#recipients", "Bob@example.com")
	if p.Find("#notify-untold").Length() > 0 || p.Find("input[name=enabled][checked]").Length() != 1 {
		t.Error("the switch is on and somebody is told")
	}
	e := b.editor(id, "")
	if e.Find("#strip-untold").Length() > 0 || e.Find(".sf-strip-changes").Length() > 0 {
		t.Error("it counts at once, and is no change to put live")
	}
	b.post(link.WorkflowNotify(id), "what", "remove", "remove", "OPS@example.com").to(link.WorkflowSettings(id))
	b.post(link.WorkflowDiscard(id)).to(link.Workflow(id)) // of changes to the draft: this is none
	if n := a.definition(id).Notifications; !n.Enabled || !slices.Equal(n.Recipients, []string{"Bob@example.com"}) {
		t.Errorf("left are %+v", n)
	}
}

func TestAddressesToTellAreChecked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	for _, typed := range []string{nasty, "Ops <ops@example.com>", "", "a@example.com,b@example.com"} {
		p := b.post(link.WorkflowNotify(id), "what", "add", "add", typed).is(http.StatusUnprocessableEntity).says("#f-add-error", "is not an e-mail address")
		if got, _ := p.Find("input[name=add]:not([type=hidden])").Attr("value"); strings.TrimSpace(got) != strings.TrimSpace(typed) {
			t.Errorf("the form lost what was typed: %q", got)
		}
		noScripts(t, p)
	}
	b.post(link.WorkflowNotify(id), "enabled", "on").to(link.WorkflowSettings(id))
	b.get(link.WorkflowSettings(id)).says("#notify-untold", "This instance sends no mail")
	b.editor(id, "").says("#strip-untold", "only the bell")
	a.person(bob).post(link.WorkflowNotify(id), "what", "add", "add", "x@example.com").is(http.StatusNotFound)
}

func TestASwitchedOffWorkflowSaysWhyAndIsTurnedOnAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to(link.Workflow(id))
	b.post(link.WorkflowEnable(id)).to(link.Workflow(id))
	if b.editor(id, "").Find("#switched-off").Length() > 0 {
		t.Error("it says that it is off")
	}
	fine(t, a.store.SwitchOff(t.Context(), id, (&models.RunError{Key: "workflow.off.failures", Args: map[string]any{"Count": 20}}).Encode()))
	p := b.editor(id, "").says("#switched-off", "20 runs in a row failed").says("#switched-off", "Off since").says("#strip", "20 runs in a row failed")
	if p.Find("#switched-off form").Length() != 1 {
		t.Error("it cannot be turned on")
	}
	b.get(link.Workflows()).is(http.StatusOK)
	b.post(link.WorkflowEnable(id), "held", "cancel", "replay", "1").to(link.Workflow(id))
	if b.editor(id, "").Find("#switched-off").Length() > 0 {
		t.Error("it is still off")
	}
	b.post(link.WorkflowOffAfter(id), "switchOffAfter", "many").is(http.StatusUnprocessableEntity).says("#f-switchOffAfter-error", "whole number")
	b.post(link.WorkflowOffAfter(id), "switchOffAfter", "0").is(http.StatusUnprocessableEntity)
	b.post(link.WorkflowOffAfter(id), "switchOffAfter", "5").to(link.WorkflowSettings(id))
	if got, _ := b.get(link.WorkflowSettings(id)).Find("input[name=switchOffAfter]").Attr("value"); got != "5" {
		t.Errorf("the settings say %q", got)
	}
	b.post(link.WorkflowOffAfter(id), "switchOffAfter", "").to(link.WorkflowSettings(id))
}

func TestRefusedEventsAndReceiversInTroubleAreShown(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	b.get(link.WorkflowRefused(id)).is(http.StatusOK).says("main", "Nothing was refused")
	org, err := a.store.TheOrganisation(t.Context())
	fine(t, err)
	w, err := a.store.Workflow(t.Context(), models.SystemActor(org.ID), id)
	fine(t, err)
	fine(t, a.store.RecordRefusal(t.Context(), models.Refusal{OrgID: w.OrgID, WorkflowID: id, Reason: models.RefusedSize, Sample: models.RefusalSample{
		Method: "POST", URL: "/x", Body: nasty, Headers: []models.Header{{Name: "X-A", Value: nasty}},
	}}))
	p := b.get(link.WorkflowRefused(id)).is(http.StatusOK).says("main", "larger than allowed").says("main", "POST /x")
	noScripts(t, p)
	b.get(link.WorkflowRuns(id)).says("#refused", "1 event failed to start")
	b.get(link.Runs()).says("#refused", "1 event failed to start")
	stranger := a.person(bob)
	stranger.get(link.WorkflowRefused(id)).is(http.StatusNotFound)

	b.get(link.Hosts()).is(http.StatusOK).says("main", "All is well")
	_, err = a.store.HostFailed(t.Context(), w.OrgID, "https://crm.example.com", store.HostFailures{N: 10, Error: `{"key":"outbound.timeout","args":{"Seconds":10}}`})
	fine(t, err)
	b.get(link.Hosts()).says("main", "https://crm.example.com").says("main", "Failing since")
	for host, says := range map[string]string{"https://crm.example.com": "tries the receiver now", "https://other.example.com": "not failing any more"} {
		b.post(link.HostTry(), "host", host).to(link.Hosts())
		b.get(link.Hosts()).says("#flashes", says)
	}
	stranger.post(link.HostTry(), "host", "https://crm.example.com").to(link.Hosts())
	stranger.get(link.Hosts()).says("#flashes", "not failing any more")
	stranger.get(link.Hosts()).is(http.StatusOK).says("main", "All is well")
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
