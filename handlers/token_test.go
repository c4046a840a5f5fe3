package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestATokenIsShownOnceAndDeleted(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.post(link.AccountTokens(), "name", "").is(http.StatusUnprocessableEntity).says("#tokens .error-summary", "")
	made := b.post(link.AccountTokens(), "name", "Export").is(http.StatusOK)
	token := made.Find("#new-token").AttrOr("value", "")
	if len(token) != 40 {
		t.Fatalf("the token is %q", token)
	}
	list := b.get(link.SettingsAPI()).is(http.StatusOK).says("#tokens tbody", "Export").says("#tokens tbody", "…"+token[36:])
	if list.Find("#new-token").Length() != 0 {
		t.Error("the token is shown again")
	}
	b.get(link.Account()).says("#tokens", "1 API token")
	remove := list.Find("#tokens tbody form[action$='/delete']").AttrOr("action", "")
	bob := a.person("bob@example.com")
	bob.post(remove).is(http.StatusNotFound)
	b.post(remove).to(link.SettingsAPI() + "#tokens")
	b.post(remove).is(http.StatusNotFound)
	if _, err := a.store.APITokens(t.Context(), a.actor("ada@example.com")); err != nil {
		t.Fatal(err)
	}
}

func TestATokenHasAScopeAndLimitsOfItsOwn(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	flow := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), Name: "Orders", EventType: models.EventJSON}
	actor := a.actor("ada@example.com")
	flow.OwnerID = actor.UserID
	flow.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventJSON}}
	if err := a.store.CreateWorkflow(t.Context(), actor, flow); err != nil {
		t.Fatal(err)
	}
	bob.post(link.AccountTokens(), "name", "x", "scope", flow.ID).is(http.StatusUnprocessableEntity).says("#tokens .error-summary", "may change")
	for _, wrong := range [][]string{{"rate", "many"}, {"rate", "-1"}, {"rate", "1000000"}, {"burst", "5"}, {"timeout", "3600"}} {
		ada.post(link.AccountTokens(), append([]string{"name", "x"}, wrong...)...).is(http.StatusUnprocessableEntity)
	}
	ada.post(link.AccountTokens(), "name", "Shop", "scope", flow.ID, "rate", "5", "timeout", "3").is(http.StatusOK).
		says("#tokens tbody", "Orders").says("#tokens tbody", "5 a second, 5 at once; 3 s")
	all, err := a.store.APITokens(t.Context(), actor)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	path := link.AccountToken(all[0].ID)
	bob.get(path).is(http.StatusNotFound)
	bob.post(path, "name", "Mine").is(http.StatusNotFound)
	if p := ada.get(path).is(http.StatusOK); p.value("rate") != "5" || p.value("timeout") != "3" {
		t.Error("the form does not show the limits")
	}
	ada.post(path, "name", "Shop", "burst", "9").is(http.StatusUnprocessableEntity).says(".error-summary", "first")
	ada.post(path, "name", "Shop 2", "rate", "50", "burst", "100").to(link.SettingsAPI() + "#tokens")
	ada.get(link.SettingsAPI()).says("#tokens tbody", "Shop 2").says("#tokens tbody", "50 a second, 100 at once")
}
