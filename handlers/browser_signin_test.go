package handlers_test

import (
	"testing"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
)

// The pages of mail and of signing in are accessible and fit, on a wide screen and on a phone, light and dark.
func TestPagesOfMailAndSignInInABrowser(t *testing.T) {
	t.Parallel()
	a := newMailingApp(t, mailtest.New(t, mailtest.Options{}))
	ada := a.person("ada@example.com")
	ada.post(link.SecurityService(), "enabled", "on", "name", "Acme login", "issuer", "http://127.0.0.1:1", "clientId", "x", "clientSecret", "y", "scopes", "email profile").to("")
	ada.post(link.AccountPassword(), "current", password, "password", "another good one").to(link.Account())
	ada.post(link.AccountPassword(), "current", "another good one", "password", password).to(link.Account())
	ada.post(link.SecondFactorStart()).to("")
	browser := browsertest.New(t)
	m := a.mailed("ada@example.com")
	for n, view := range pageViews {
		p := browser.Open(a.server.URL+link.ForgotPassword(), view)
		if n == 0 { // the other views share its cookies
			p.Goto(a.server.URL + link.SignIn())
			p.CheckAccessibility()
			p.Screenshot("sign-in-service")
			signInPage(a, p)
		}
		for name, path := range map[string]string{
			"forgot-password": link.ForgotPassword(), "settings-organisation": link.SettingsOrganisation(), "settings-security": link.SettingsSecurity(),
			"settings-mail": link.SettingsMail(), "settings-api": link.SettingsAPI(), "outbox": link.Mails(), "mail": link.Mail(m.ID),
			"notifications": link.Notifications(), "second-factor": link.SecondFactor(),
		} {
			p.Goto(a.server.URL + path)
			p.CheckFits()
			p.CheckAccessibility()
			p.Screenshot(name)
		}
	}
}
