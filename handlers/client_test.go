package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestAClientIsShownOnceGetsTokensAndIsRevoked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	ada.post(link.AccountClients(), "client", "", "scopes", "read:surveys").is(http.StatusUnprocessableEntity).says("#clients .error-summary", "")
	ada.post(link.AccountClients(), "client", "Warehouse").is(http.StatusUnprocessableEntity).says("#clients .error-summary", "at least one scope")
	ada.post(link.AccountClients(), "client", "Warehouse", "scopes", "read:everything").is(http.StatusUnprocessableEntity)
	made := ada.post(link.AccountClients(), "client", "Warehouse", "scopes", "read:surveys").is(http.StatusOK)
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
	list := ada.get(link.SettingsAPI()).is(http.StatusOK).says("#clients tbody", "Warehouse").says("#clients tbody", "read:surveys").says("#clients tbody", "…"+secret[36:])
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
