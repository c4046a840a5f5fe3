package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestAClientIsShownOnceGetsTokensAndIsRevoked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	ada.post(link.AccountClients(), "client.name", "", "scopes", "read:surveys").is(http.StatusUnprocessableEntity).says("#clients .error-summary", "")
	ada.post(link.AccountClients(), "client.name", "Warehouse").is(http.StatusUnprocessableEntity).says("#clients .error-summary", "at least one scope")
	ada.post(link.AccountClients(), "client.name", "Warehouse", "scopes", "read:everything").is(http.StatusUnprocessableEntity)
	made := ada.post(link.AccountClients(), "client.name", "Warehouse", "scopes", "read:surveys").is(http.StatusOK)
	id, secret := made.Find("#new-client-id").AttrOr("value", ""), made.Find("#new-client-secret").AttrOr("value", "")
	if !strings.HasPrefix(id, string(models.PrefixAPIClient)) || len(secret) != 40 {
		t.Fatalf("the client is %q with the secret %q", id, secret)
	}
	token := func() (int, string) {
		t.Helper()
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
		res, err := http.PostForm(a.server.URL+link.PatternOAuthToken, form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, got.Token
	}
	if status, got := token(); status != http.StatusOK || len(got) != 40 {
		t.Errorf("the client gets %d, %q", status, got)
	}
	list := ada.get(link.SettingsAPI()).is(http.StatusOK).says("#clients tbody", "Warehouse").says("#clients tbody", "read:surveys").says("#clients tbody", "Secret …"+secret[36:])
	if list.Find("#new-client-secret").Length() != 0 {
		t.Error("the secret is shown again")
	}
	revoke := link.AccountClientRevoke(id)
	bob.post(revoke).is(http.StatusNotFound)
	ada.post(revoke).to(link.SettingsAPI() + "#clients")
	ada.post(revoke).is(http.StatusNotFound)
	if status, _ := token(); status != http.StatusUnauthorized {
		t.Errorf("a revoked client is answered %d", status)
	}
	if strings.Contains(a.log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestAClientIsChangedAndHasALogOfItsCalls(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	for _, wrong := range [][]string{{"client.rate", "many"}, {"client.burst", "5"}, {"client.timeout", "3600"}} {
		ada.post(link.AccountClients(), append([]string{"client.name", "x", "scopes", "read:surveys"}, wrong...)...).is(http.StatusUnprocessableEntity)
	}
	made := ada.post(link.AccountClients(), "client.name", "Warehouse", "scopes", "read:surveys", "client.rate", "5", "client.timeout", "3").is(http.StatusOK).
		says("#clients tbody", "5 a second, 5 at once; 3 s")
	id := made.Find("#new-client-id").AttrOr("value", "")
	path := link.AccountClient(id)
	bob.get(path).is(http.StatusNotFound)
	bob.post(path, "client.name", "Mine", "scopes", "read:surveys").is(http.StatusNotFound)
	bob.post(link.AccountClientLog(id), "on", "1").is(http.StatusNotFound)
	if p := ada.get(path).is(http.StatusOK); p.value("client.rate") != "5" || p.value("client.timeout") != "3" || p.Find("input[name=scopes][value='read:surveys'][checked]").Length() != 1 {
		t.Error("the form does not show the client as it is")
	}
	ada.post(path, "client.name", "Warehouse").is(http.StatusUnprocessableEntity).says(".error-summary", "at least one scope")
	ada.post(path, "client.name", "Kept", "client.burst", "9", "scopes", "read:users").is(http.StatusUnprocessableEntity).says(".error-summary", "first")
	ada.post(path, "client.name", "Warehouse 2", "client.rate", "50", "client.burst", "100", "scopes", "read:users").to(link.SettingsAPI() + "#clients")
	ada.get(link.SettingsAPI()).says("#clients tbody", "Warehouse 2").says("#clients tbody", "50 a second, 100 at once").says("#clients tbody", "read:users")
	ada.post(link.AccountClientLog(id), "on", "1").to(link.SettingsAPI() + "#clients")
	ada.get(link.SettingsAPI()).says("#clients tbody", "Stop")
	call := models.APIRequest{ID: models.NewOrderedID(models.PrefixAPIRequest, time.Now()), OrgID: a.actor("ada@example.com").OrgID, TokenID: id, Method: "GET", Path: "/API/v3/users", Status: 200, At: time.Now()}
	if err := a.store.RecordAPIRequests(t.Context(), []models.APIRequest{call}); err != nil {
		t.Fatal(err)
	}
	ada.get(link.SettingsAPILog()).says("tbody", "/API/v3/users").says("tbody", "Warehouse 2")
	if page := bob.get(link.SettingsAPILog()); page.Find("tbody").Length() != 0 {
		t.Error("somebody else sees the calls")
	}
	ada.post(link.AccountClientLog(id)).to(link.SettingsAPI() + "#clients")
	if page := ada.get(link.SettingsAPILog()); page.Find("tbody").Length() != 0 {
		t.Error("switched off, calls are kept")
	}
}
