package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/oauthtest"
	"surveyflow/models"
)

// identity is a provider that agrees at once; what it was asked for comes back.
func identity(t *testing.T) *httptest.Server {
	t.Helper()
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("code") == "bad" || r.FormValue("client_id") == "bad" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"<b>no</b> %s"}`, r.FormValue("code"))
			return
		}
		fmt.Fprintf(w, `{"access_token":"access-canary-%d","token_type":"bearer","expires_in":3600,"refresh_token":"refresh-canary-%d"}`, n, n)
	}))
	t.Cleanup(s.Close)
	return s
}

// credential makes a credential through the pages and gives its id.
func (b *browser) credential(pairs ...string) string {
	b.app.t.Helper()
	at := b.post(link.Credentials(), pairs...).to("")
	id := strings.TrimPrefix(at, link.Credentials()+"/")
	if !models.ValidID(models.PrefixCredential, id) {
		b.app.t.Fatalf("the new credential is at %s", at)
	}
	return id
}

func TestCredentialsAreAddedShownWithoutSecretsAndRemoved(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.get(link.Credentials()).is(http.StatusOK).says("main", "No credentials yet")
	b.get(link.CredentialNew()).is(http.StatusOK).says("main", "User name and password")
	b.post(link.Credentials(), "type", "basic", "name", "CRM").is(http.StatusUnprocessableEntity).says(".error-summary", "Enter the user name").says("main", "enter passwords, tokens and keys again")
	id := b.credential("type", "basic", "name", "CRM <b>", "username", "canary-user", "password", "canary-p4ss", "allowedHosts", "api.example.com\n*.example.org")
	for _, path := range []string{link.Credentials(), link.Credential(id)} {
		p := b.get(path).is(http.StatusOK).says("main", "CRM <b>")
		if strings.Contains(p.text, "canary") {
			t.Errorf("%s shows a secret", path)
		}
	}
	b.post(link.Credential(id), "name", "CRM", "allowedHosts", "https://x/y").is(http.StatusUnprocessableEntity).says(".error-summary", "without https://")
	b.post(link.Credential(id), "name", "Renamed", "allowedHosts", "api.example.com").to(link.Credential(id))
	b.get(link.Credential(id)).says("h1", "Renamed")
	b.post(link.CredentialDelete(id)).to(link.Credentials())
	b.get(link.Credential(id)).is(http.StatusNotFound)
}

func TestAPrivateCredentialIsNobodyElsesAndASharedOneIsForUseOnly(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob, eve := a.person("admin@example.com"), a.person("bob@example.com"), a.person("eve@example.com")
	id := bob.credential("type", "apiKey", "name", "Mine", "token", "t0ken-value")
	for _, other := range []*browser{admin, eve} {
		other.get(link.Credential(id)).is(http.StatusNotFound)
		other.post(link.Credential(id), "name", "x").is(http.StatusNotFound)
		other.post(link.CredentialDelete(id)).is(http.StatusNotFound)
	}
	eve.post(link.Credentials(), "type", "apiKey", "name", "x", "token", "t", "shared", "on").is(http.StatusForbidden)
	shared := admin.credential("type", "apiKey", "name", "Ours", "token", "t0ken-value", "shared", "on")
	p := eve.get(link.Credential(shared)).is(http.StatusOK).says("main", "You can use it")
	if p.Find("form[action='"+link.Credential(shared)+"']").Length() != 0 {
		t.Error("a member may change a shared credential")
	}
	eve.post(link.Credential(shared), "name", "x").is(http.StatusForbidden)
	eve.post(link.CredentialDelete(shared)).is(http.StatusForbidden)
}

func TestTheWayToAProviderAndBack(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b, other := a.person("ada@example.com"), a.person("bob@example.com")
	provider := identity(t)
	b.get(link.With(link.CredentialNew(), "type", "oauth2")).is(http.StatusOK)
	if got := b.get(link.With(link.CredentialNew(), "type", "oauth2", "preset", "google")).Find("#redirect-url").AttrOr("value", ""); got != a.base.App("/oauth-client-service/redirect") {
		t.Errorf("redirect URL %q", got)
	}
	p := b.post(link.Credentials(), "type", "oauth2", "name", "CRM", "grantType", "authorizationCode", "clientId", "c", "clientSecret", "s3cret-canary",
		"tokenEndpoint", provider.URL+"/token", "authorizationEndpoint", provider.URL+"/auth?own=1", "clientAuthentication", "body", "pkce", "on",
		"authorizationParams", "prompt=consent\naccess_type=offline").is(http.StatusOK)
	leads := func(p *page) url.Values {
		t.Helper()
		href := p.Find("main a.btn-primary").AttrOr("href", "")
		u, err := url.Parse(href)
		if err != nil || !strings.HasPrefix(href, provider.URL+"/auth?") {
			t.Fatalf("it leads to %q", href)
		}
		return u.Query()
	}
	q := leads(p)
	if q.Get("prompt") != "consent" || q.Get("access_type") != "offline" || q.Get("own") != "1" || q.Get("code_challenge_method") != "S256" {
		t.Errorf("query %v", q)
	}
	id := strings.TrimPrefix(b.get(link.Credentials()).Find("tbody a").AttrOr("href", ""), link.Credentials()+"/")
	again := func() string { return leads(b.post(link.CredentialConnect(id)).is(http.StatusOK)).Get("state") }

	back := func(who *browser, pairs ...string) *page { return who.get(link.With(link.OAuthRedirect(), pairs...)) }
	back(b, "state", again(), "error", "access_denied").to(link.Credential(id))
	b.get(link.Credential(id)).says("#flashes", "declined").says("main", "Not connected")
	back(b, "state", again(), "code", "bad").to(link.Credential(id))
	b.get(link.Credential(id)).says("#flashes", "<b>no</b>")
	state := again()
	back(other, "state", state, "code", "c0de").to(link.Credentials())
	other.get(link.Credentials()).says("#flashes", "somebody else")
	back(b, "state", state, "code", "c0de").to(link.Credentials()) // it was taken
	back(b, "state", "nonsense", "code", "c0de").to(link.Credentials())

	// form_post: from another site, without the cookie.
	stranger := a.browser()
	stranger.header.Set("Sec-Fetch-Site", "cross-site")
	stranger.header.Set("Origin", provider.URL)
	at := stranger.post(link.OAuthRedirect(), "state", again(), "code", "c0de", "id_token", "x").to("")
	if !strings.HasPrefix(at, a.base.App(link.OAuthRedirect())+"?code=c0de&state=") || strings.Contains(at, "id_token") {
		t.Errorf("form_post leads to %q", at)
	}
	b.get(strings.TrimPrefix(at, a.base.App(""))).to(link.Credential(id))
	b.get(link.Credential(id)).says("#flashes", "is connected").says("h1 + *", "Ready")
	for _, s := range []string{"canary", "c0de"} {
		if strings.Contains(b.get(link.Credential(id)).text+a.log.String(), s) {
			t.Errorf("%q is on the page or in the log", s)
		}
	}
}

// TestAnAnswerByFormPostOfARealProviderConnects is Microsoft's way: the provider's page sends a form from another site, which
// brings no cookie.
func TestAnAnswerByFormPostOfARealProviderConnects(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	provider := oauthtest.New(t, oauthtest.Options{Clients: []oauthtest.Client{{
		ID: "c", Secret: "s3cret-of-the-client-canary", RedirectURIs: []string{a.base.App(link.OAuthRedirect())}, GrantTypes: []string{"authorization_code", "refresh_token"},
	}}})
	way := b.post(link.Credentials(), "type", "oauth2", "name", "CRM", "grantType", "authorizationCode", "clientId", "c", "clientSecret", "s3cret-of-the-client-canary",
		"tokenEndpoint", provider.Issuer+"/token", "authorizationEndpoint", provider.Issuer+"/auth", "clientAuthentication", "header", "pkce", "on", "scopes", "openid offline_access",
		"authorizationParams", "prompt=consent\nresponse_mode=form_post").is(http.StatusOK).Find("main a.btn-primary").AttrOr("href", "")
	answer := oauthtest.SignIn(t, oauthtest.NewBrowser(t), way, "grace")
	var fields []string
	for name, values := range answer.Query() {
		fields = append(fields, name, values[0])
	}
	if answer.Query().Get("code") == "" || answer.Query().Get("iss") == "" {
		t.Fatalf("the provider's form has %v", answer.Query())
	}
	stranger := a.browser()
	stranger.header.Set("Sec-Fetch-Site", "cross-site")
	stranger.header.Set("Origin", provider.Issuer)
	at := stranger.post(answer.Path, fields...).to("")
	page := b.get(strings.TrimPrefix(at, a.base.App(""))).to("")
	b.get(page).says("#flashes", "is connected").says("h1 + *", "Ready")
}

func TestATaskChoosesACredentialAndGetsTheOneMadeForIt(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	survey := b.survey("Feedback")
	at := b.post(link.Workflows(), "surveyId", survey, "starter", "send", "url", "https://crm.example.com/x").to("")
	editor := b.get(at).is(http.StatusOK).says("form", "Not at all").says("form", "no credential yet")
	add := editor.Find("a:contains('Add a credential')").AttrOr("href", "")
	form := b.get(add + "&type=apiKey").is(http.StatusOK)
	if got := form.value("allowedHosts"); got != "crm.example.com" {
		t.Errorf("allowed hosts begin as %q", got)
	}
	back := b.post(link.Credentials(), "type", "apiKey", "name", "CRM key", "token", "t0ken-canary", "header", "X-Key", "for", form.value("for"), "allowedHosts", "crm.example.com").to("")
	if back != at {
		t.Errorf("it leads to %s, not back to %s", back, at)
	}
	editor = b.get(back)
	id := editor.value("config.credentialId")
	if !models.ValidID(models.PrefixCredential, id) || strings.Contains(editor.text, "t0ken-canary") {
		t.Errorf("the task has %q", id)
	}
	if !strings.Contains(editor.text, "~{cr://"+id+"/token}") {
		t.Error("the picker does not offer it")
	}
	b.get(link.Credential(id)).says("main", "crm.example.com").says("#delete", "1 workflow uses it")
	b.post(link.CredentialDelete(id)).to(link.Credentials())
	b.get(at+"&check=1").says(".error-summary", "was removed")
}
