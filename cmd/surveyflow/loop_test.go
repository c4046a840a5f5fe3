package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// loop adds a workflow that is on, and gives its id. configure gives the config of its only task.
func loop(i *storetest.Instance, event models.EventSpec, kind models.TaskType, configure func(triggerToken string) any) string {
	i.Helper()
	ctx := i.Context()
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: i.Actor.UserID, Name: "Round and round", EventType: event.Type}
	w.Draft.V.Event = event
	i.Check(i.Store.CreateWorkflow(ctx, i.Actor, w))
	token := ""
	if event.Type == models.EventJSON {
		tr, err := i.Store.Trigger(ctx, i.Actor, w.ID)
		i.Check(err)
		token = tr.Token
	}
	config, err := models.MarshalJSON(configure(token))
	i.Check(err)
	w.Draft.V.Tasks = []models.TaskSpec{{
		ID: models.NewID(models.PrefixTask), Type: kind, OnFailure: models.FailureContinue, Retry: &models.RetrySpec{Delays: []string{}}, Config: config,
	}}
	_, err = i.Store.SaveWorkflowDraft(ctx, i.Actor, w, 0)
	i.Check(err)
	_, err = i.Store.PutWorkflowLive(ctx, i.Actor, w.ID, 0)
	i.Check(err)
	i.Check(i.Store.SetWorkflowEnabled(ctx, i.Actor, w.ID, true))
	return w.ID
}

// TestWorkflowsThatStartThemselvesComeToAnEnd lets one workflow send its own JSON event and another one add a contact to the
// list that it listens to.
func TestWorkflowsThatStartThemselvesComeToAnEnd(t *testing.T) {
	t.Parallel()
	p := newProcess(t, storetest.NewSQLite(t))
	base, err := link.NewBase(p.url, "")
	if err != nil {
		t.Fatal(err)
	}
	s := p.d.Open(t, storetest.Options{})
	i := storetest.NewInstance(t, s, nil)
	list := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Customers"}
	i.Check(s.CreateContactList(t.Context(), i.Actor, list))
	address, open := "", false
	sends := loop(i, models.EventSpec{Type: models.EventJSON, Authentication: &open}, models.TaskWebService, func(token string) any {
		address = base.JSONEvent(token)
		return models.WebServiceConfig{Method: http.MethodPost, URL: address, Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyFreeText, Text: `{"again":true}`}}
	})
	adds := loop(i, models.EventSpec{Type: models.EventContactList, On: []string{models.OnAdded}, MailingListID: list.ID}, models.TaskAddContact, func(string) any {
		return models.AddContactConfig{MailingListID: list.ID, Fields: map[string]string{"email": "x${m://Email}"}}
	})
	token, _, err := account.New(s, clock.System{}, nil).ReplaceToken(t.Context(), i.Actor, "loop")
	i.Check(err)
	i.Check(s.Close())
	p.start()
	r, err := http.Post(address, "application/json", strings.NewReader(`{}`)) //nolint:noctx // a server of this test
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Fatalf("the first event is answered %s", r.Status)
	}
	p.asks(token, http.MethodPost, "/mailinglists/"+list.ID+"/contacts", `{"email":"ada@example.com"}`)
	for _, id := range []string{sends, adds} {
		var refused struct {
			Result struct {
				Elements []struct {
					Reason models.RefusalReason
					Count  int
					Sample models.RefusalSample
				}
			}
		}
		storetest.Eventually(t, patience, "the last event is refused", func() bool {
			text := p.asks(token, http.MethodGet, "/workflows/"+id+"/failed-to-start", "")
			if err := json.Unmarshal([]byte(text), &refused); err != nil {
				t.Fatal(err)
			}
			return len(refused.Result.Elements) > 0 && p.count("SELECT COUNT(*) FROM queue WHERE kind = 'run'") == 0
		})
		if e := refused.Result.Elements; len(e) != 1 || e[0].Reason != models.RefusedDepth || e[0].Count != 1 || !strings.HasPrefix(e[0].Sample.Cause, string(models.PrefixRun)) {
			t.Errorf("refused are %+v; want one for the length of its chain, with the run that caused it", e)
		}
		if n := p.count("SELECT COUNT(*) FROM runs WHERE workflow_id = '" + id + "'"); n != models.MaxChainDepth+1 {
			t.Errorf("%d runs; want the first and %d that followed", n, models.MaxChainDepth)
		}
	}
}
