package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
)

func TestAllowedDomainsHoldForEveryCallAtOnce(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	bob.get(link.PatternSettingsDomains).is(http.StatusForbidden)
	bob.post(link.SecurityDomains(), "allowedDomains", "").is(http.StatusForbidden)
	admin.post(link.SecurityDomains(), "allowedDomains", "https://x.example/").is(http.StatusUnprocessableEntity).says(".error-summary", "without https://")
	admin.post(link.SecurityDomains(), "allowedDomains", "*.example.com\napi.example.org").to(link.SettingsSecurity() + "#domains")
	if to := admin.get(link.PatternSettingsDomains).is(http.StatusMovedPermanently).header.Get("Location"); to != link.SettingsSecurity()+"#domains" {
		t.Errorf("the old address leads to %s", to)
	}
	if got := admin.get(link.SettingsSecurity()).value("allowedDomains"); got != "*.example.com\napi.example.org" {
		t.Errorf("the list is %q", got)
	}
	provider := identity(t)
	x := a.client.Do(t.Context(), outbound.Request{Method: "GET", URL: provider.URL})
	if x.Err == nil || x.Err.Key != "outbound.outside.domains" {
		t.Errorf("a call went out: %v", x.Err)
	}
	// The endpoints of credentials are calls like any other.
	at := admin.post(link.Credentials(), "type", "oauth2", "name", "CRM", "grantType", "clientCredentials", "clientId", "c", "clientSecret", "s3cret",
		"tokenEndpoint", provider.URL+"/token", "clientAuthentication", "body").to("")
	admin.get(at).says("#flashes", "not one of the domains")
	admin.post(link.SecurityDomains(), "allowedDomains", "127.0.0.1").to(link.SettingsSecurity() + "#domains")
	if x = a.client.Do(t.Context(), outbound.Request{Method: "GET", URL: provider.URL}); x.Err != nil {
		t.Error(x.Err)
	}
}
