package handlers_test

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/oauthtest"
)

// service runs a sign-in service that knows this app, and saves it as the organisation's.
func (a *app) service(admin *browser, algorithm string, o oauthtest.Options, form ...string) *oauthtest.Server {
	a.t.Helper()
	o.Clients = []oauthtest.Client{{ID: "surveyflow", Secret: "hunter2-hunter2-hunter2-hunter2-hunter2", RedirectURIs: []string{a.base.App(link.SignInReturn())}, Algorithm: algorithm}}
	s := oauthtest.New(a.t, o)
	pairs := append([]string{"enabled", "on", "name", "Acme login", "issuer", s.Issuer, "clientId", "surveyflow", "clientSecret", o.Clients[0].Secret, "scopes", "email profile"}, form...)
	admin.post(link.SecurityService(), pairs...).to(link.SettingsSecurity() + "#service")
	return s
}

// at signs somebody in at the sign-in service and comes back with what it says.
func (b *browser) at(account, next string) *page {
	b.app.t.Helper()
	to := b.get(link.With(link.SignInService(), "next", next)).is(http.StatusSeeOther).header.Get("Location")
	return b.get(oauthtest.SignIn(b.app.t, oauthtest.NewBrowser(b.app.t), to, account).RequestURI())
}

func TestPeopleSignInAtTheSignInService(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	a.person("bob@example.com")
	a.service(admin, "RS256", oauthtest.Options{})
	p := admin.get(link.SettingsSecurity()).is(http.StatusOK)
	if strings.Contains(p.text, "hunter2") || p.value("clientSecret") != "" || p.value("issuer") == "" {
		t.Error("the secret is shown, or nothing")
	}
	admin.post(link.SecurityTest()).is(http.StatusOK).says("#service", "The service answers")
	b := a.browser()
	b.get(link.SignIn()).says("main", "Continue with Acme login")
	if to := b.get(link.SignInService()).header.Get("Location"); !strings.Contains(to, "code_challenge_method=S256") || !strings.Contains(to, "nonce=") || !strings.Contains(to, "state=") {
		t.Errorf("led to %s", to)
	}
	b.at("bob@example.com", link.Runs()).to(link.Runs())
	b.get(link.Account()).is(http.StatusOK).says("main", "bob@example.com")
	b.get(link.Notifications()).says("main", "connected with the sign-in service")
	// The second time it is known who it is; nothing more is told.
	again := a.browser()
	again.at("bob@example.com", "https://evil.example/").to(link.Home())
	if n := again.get(link.Notifications()).Find("main li").Length(); n != 1 {
		t.Errorf("%d notifications", n)
	}
	for account, want := range map[string]string{
		"eve@example.com":            "Nobody with the address eve@example.com",
		"unverified-ada@example.com": "has not verified the address",
		"no-address":                 "does not tell your e-mail address",
	} {
		stranger := a.browser()
		stranger.at(account, "").is(http.StatusConflict).says(".error-summary", want)
		stranger.get(link.Account()).is(http.StatusSeeOther)
	}
	if log := a.log.String(); strings.Contains(log, "code=") || strings.Contains(log, "hunter2") {
		t.Error("the log holds secrets")
	}
}

func TestNewPeopleGetAnAccountWhereTheServiceMayMakeThem(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	a.service(admin, "ES256", oauthtest.Options{UserinfoOnly: true}, "createMembers", "on", "domains", "example.com\n@example.org", "onlyWay", "on")
	a.colleague("bob@example.com")
	b := a.browser()
	b.at("grace@example.org", "").to(link.Home())
	b.get(link.Account()).is(http.StatusOK).says("main", "grace@example.org")
	if b.get(link.Account()).value("firstName") != "Grace" {
		t.Error("the name is not there")
	}
	b.get(link.SettingsOrganisation()).is(http.StatusForbidden)
	a.browser().at("grace@evil.example", "").is(http.StatusConflict).says(".error-summary", "may not sign in here")
	// Members sign in only there; brand admins still get in when it is broken.
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", password).is(http.StatusUnprocessableEntity).says(".error-summary", "signs in with Acme login")
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", "wrong one").is(http.StatusUnprocessableEntity).says(".error-summary", "is wrong")
	a.browser().post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
}

func TestASignInThatWasTamperedWithIsRefused(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	a.service(admin, "HS256", oauthtest.Options{})
	victim, attacker := a.browser(), a.browser()
	// A token signed with the client secret counts for nothing: whoever knows the secret could sign anything.
	victim.at("ada@example.com", "").is(http.StatusConflict).says(".error-summary", "does not hold")
	// The attacker's answer in the victim's browser signs nobody in.
	to := attacker.get(link.SignInService()).header.Get("Location")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back := oauthtest.SignIn(t, client, to, "ada@example.com").RequestURI()
	victim.get(back).is(http.StatusConflict).says(".error-summary", "another browser")
	victim.get(link.SignInService()).is(http.StatusSeeOther)
	victim.get(back).is(http.StatusConflict).says(".error-summary", "another browser")
	victim.get(link.SignInReturn() + "?code=x").is(http.StatusConflict)
	victim.get(link.SignInService())
	victim.get(link.With(link.SignInReturn(), "error", "access_denied", "error_description", "<b>no</b>")).is(http.StatusConflict).says(".error-summary", "access_denied")
	victim.get(link.Account()).is(http.StatusSeeOther)
}

func TestTheSignInServiceIsChecked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	good := []string{"enabled", "on", "name", "Acme", "issuer", "http://127.0.0.1:1", "clientId", "x", "clientSecret", "first", "scopes", "email"}
	for name, c := range map[string][2]string{
		"no name": {"name", ""}, "a script": {"issuer", "javascript:alert(1)"}, "no address": {"issuer", "login.example.com"}, "a private address": {"issuer", "http://10.1.2.3"},
		"cloud metadata": {"issuer", "http://169.254.169.254"}, "no id": {"clientId", " "}, "wrong domains": {"domains", "not a domain!"}, "everybody gets an account": {"createMembers", "on"},
	} {
		form := append([]string(nil), good...)
		found := false
		for i := 0; i < len(form); i += 2 {
			if form[i] == c[0] {
				form[i+1], found = c[1], true
			}
		}
		if !found {
			form = append(form, c[0], c[1])
		}
		if p := admin.post(link.SecurityService(), form...); p.status != http.StatusUnprocessableEntity || p.Find(".error-summary a").Length() != 1 {
			t.Errorf("%s: %d %q", name, p.status, p.words(".error-summary"))
		}
	}
	for _, path := range []string{link.SecurityService(), link.SecurityTest(), link.SecurityFactor()} {
		bob.post(path, good...).is(http.StatusForbidden)
	}
	bob.get(link.SettingsSecurity()).is(http.StatusForbidden)
	a.browser().get(link.SignInService()).is(http.StatusNotFound)
	admin.post(link.SecurityTest()).is(http.StatusNotFound)
	admin.post(link.SecurityService(), good...).to(link.SettingsSecurity() + "#service")
	admin.post(link.SecurityTest()).is(http.StatusConflict).says("#service", "does not answer")
	a.browser().get(link.SignInService()).is(http.StatusConflict)
	if p := a.browser().get(link.SignIn()).is(http.StatusOK); !strings.Contains(p.words("main"), "Continue with Acme") {
		t.Error("there is no button")
	}
	// The secret of one service is not shown to another, and stays where the field is left empty.
	admin.post(link.SecurityService(), "name", "Acme", "issuer", "http://127.0.0.1:1", "clientId", "y").to("")
	v, err := a.store.SignInService(t.Context(), a.actor("ada@example.com").OrgID)
	if err != nil || v.ClientSecretSealed == "" || v.Enabled {
		t.Errorf("%+v, %v", v, err)
	}
	admin.post(link.SecurityService(), "name", "Acme", "issuer", "http://127.0.0.1:2", "clientId", "y").to("")
	if v, err = a.store.SignInService(t.Context(), v.OrgID); err != nil || v.ClientSecretSealed != "" {
		t.Errorf("%+v, %v", v, err)
	}
	if p := a.browser().get(link.SignIn()); strings.Contains(p.words("main"), "Continue with") {
		t.Error("a service that is off has a button")
	}
}
