package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/account"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// mailed gives the newest mail of the outbox, with its text.
func (a *app) mailed(admin string) *models.Mail {
	a.t.Helper()
	all, _, err := a.store.Mails(a.t.Context(), a.actor(admin), store.MailFilter{}, store.Page{})
	if err != nil || len(all) == 0 {
		a.t.Fatalf("%d mails, %v", len(all), err)
	}
	m, _, err := a.store.Mail(a.t.Context(), a.actor(admin), all[0].ID)
	if err != nil {
		a.t.Fatal(err)
	}
	return m
}

func TestATestMailShowsWhatTheMailServerSays(t *testing.T) {
	t.Parallel()
	refuse := make(chan error, 1)
	server := mailtest.New(t, mailtest.Options{Security: mailtest.StartTLS, User: "mailer", Password: "hunter2&co", At: func(s mailtest.Stage) error {
		if s != mailtest.StageRcpt {
			return nil
		}
		select {
		case err := <-refuse:
			return err
		default:
			return nil
		}
	}})
	a := newMailingApp(t, server)
	admin := a.person("ada@example.com")
	p := admin.get(link.SettingsMail()).is(http.StatusOK).says("main", "mailer").says("main", "surveys@example.com")
	if strings.Contains(p.text, "hunter2") || p.value("to") != "ada@example.com" {
		t.Error("the page shows the password, or no address")
	}
	p = admin.post(link.SettingsMailTest(), "to", "bob@example.org").is(http.StatusOK).says("#test", "took the test mail").says("#conversation", "RCPT TO:<bob@example.org>")
	if strings.Contains(p.text, "hunter2") {
		t.Error("the conversation shows the password")
	}
	if got := server.Received(); len(got) != 1 || got[0].To[0] != "bob@example.org" || !got[0].TLS {
		t.Errorf("received %+v", got)
	}
	refuse <- mailtest.Refuse(550, "<script>nobody here</script>")
	p = admin.post(link.SettingsMailTest(), "to", "bob@example.org").is(http.StatusUnprocessableEntity).says("#test", "refuses the recipient (550)").says("#conversation", "nobody here")
	if p.Find("#conversation script").Length() > 0 {
		t.Error("the mail server writes our page")
	}
	admin.post(link.SettingsMailTest(), "to", "bob@example.org\r\nBcc: x@example.org").is(http.StatusUnprocessableEntity).says(".error-summary", "e-mail address")
}

func TestWithoutAMailServerThePagesSaySo(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	admin.get(link.SettingsMail()).is(http.StatusOK).says("main", "No mail leaves this instance").says("#mail-how", "SMTP_URL")
	admin.post(link.SettingsMailTest(), "to", "ada@example.com").is(http.StatusConflict)
	admin.post(link.AccountPassword(), "current", password, "password", "another good one").to(link.Account())
	m := a.mailed("ada@example.com")
	if m.Status != models.MailKept || m.To != "ada@example.com" {
		t.Fatalf("%+v", m)
	}
	p := admin.get(link.Mails()).is(http.StatusOK).says("tbody", "Your password was changed").says("tbody", "Kept")
	admin.get(p.Find("tbody a").First().AttrOr("href", "")).is(http.StatusOK).says("main", "does not leave by itself").says("#mail-text", "other browsers were signed out")
	admin.post(link.MailResend(m.ID)).is(http.StatusConflict)
	a.browser().get(link.ForgotPassword()).is(http.StatusOK).says("main", "Ask an administrator")
	a.browser().post(link.ForgotPassword(), "email", "ada@example.com").is(http.StatusConflict)
}

func TestAMailIsShownInASandbox(t *testing.T) {
	t.Parallel()
	a := newMailingApp(t, mailtest.New(t, mailtest.Options{}))
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	token := models.NewCapability()
	m, err := a.outbox.Write(t.Context(), mail.Recipient{OrgID: a.actor("ada@example.com").OrgID, Email: "eve@example.org"},
		mail.Invitation{By: "<script>alert(1)</script>", Organisation: "<img src=x onerror=alert(1)>", Token: token}, "")
	if err == nil {
		err = a.store.Tell(t.Context(), &models.Notices{Mails: []models.Mail{m}})
	}
	if err != nil {
		t.Fatal(err)
	}
	p := admin.get(link.Mail(m.ID)).is(http.StatusOK)
	frame := p.Find("iframe")
	if sandbox, there := frame.Attr("sandbox"); !there || sandbox != "" || frame.AttrOr("src", "") != link.MailHTML(m.ID) || !strings.Contains(p.header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("the frame is %v", frame.Nodes)
	}
	shown := admin.get(link.MailHTML(m.ID)).is(http.StatusOK)
	policy := shown.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "sandbox;") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script") {
		t.Errorf("the policy is %q", policy)
	}
	if shown.Find("script, img").Length() > 0 || strings.Contains(shown.text+p.text, token) || strings.Contains(shown.text+p.text, models.SecretMark) {
		t.Error("the mail shows what it must not")
	}
	for _, path := range []string{link.SettingsMail(), link.Mails(), link.Mail(m.ID), link.MailHTML(m.ID)} {
		bob.get(path).is(http.StatusForbidden)
	}
	bob.post(link.MailResend(m.ID)).is(http.StatusForbidden)
	admin.get(link.Mail("ML_000000000000000")).is(http.StatusNotFound)
	admin.post(link.MailCancel(m.ID)).to(link.Mail(m.ID))
	admin.get(link.Mails()+"?status=canceled").says("tbody", "eve@example.org")
	admin.get(link.Mails()+"?status=sent").says("main", "No mails")
	admin.post(link.MailResend(m.ID)).is(http.StatusConflict) // its link is gone
}

func TestALostPasswordIsReplacedByMail(t *testing.T) {
	t.Parallel()
	a := newMailingApp(t, mailtest.New(t, mailtest.Options{}))
	ada := a.person("ada@example.com")
	b := a.browser()
	b.get(link.SignIn()).is(http.StatusOK).says("main", "Forgot your password?")
	known := b.post(link.ForgotPassword(), "email", "ADA@example.com").is(http.StatusOK)
	unknown := b.post(link.ForgotPassword(), "email", "eve@example.com").is(http.StatusOK)
	if strings.ReplaceAll(known.words("main"), "ADA@", "") != strings.ReplaceAll(unknown.words("main"), "eve@", "") {
		t.Errorf("the answers differ: %q and %q", known.words("main"), unknown.words("main"))
	}
	counts, err := a.store.MailCounts(t.Context(), a.actor("ada@example.com"))
	if err != nil || counts[models.MailQueued] != 1 {
		t.Fatalf("%v, %v", counts, err)
	}
	// A brand admin makes a link as well: what stands in the mail is for nobody's eyes but its reader's.
	token, _, err := a.people.ResetLink(t.Context(), a.actor("ada@example.com"), a.actor("ada@example.com").UserID)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // programs that check mails open every link
		b.get(link.PasswordReset(token)).is(http.StatusOK).says("main", "ada@example.com")
	}
	b.post(link.PasswordReset(token), "password", "short").is(http.StatusUnprocessableEntity).says(".error-summary", "8 characters")
	b.post(link.PasswordReset(token), "password", "a brand new one").to(link.SignIn())
	b.get(link.PasswordReset(token)).is(http.StatusNotFound).says("h1", "does not hold")
	b.post(link.PasswordReset(token), "password", "a third one now").is(http.StatusNotFound)
	b.get(link.PasswordReset("nonsense\x00")).is(http.StatusNotFound)
	ada.get(link.Surveys()).to(link.With(link.SignIn(), "next", link.Surveys())) // its session has ended
	b.post(link.SignIn(), "email", "ada@example.com", "password", password).is(http.StatusUnprocessableEntity)
	b.post(link.SignIn(), "email", "ada@example.com", "password", "a brand new one").to(link.Home())
	if m := a.mailed("ada@example.com"); m.Kind != models.MailPasswordChanged {
		t.Errorf("nobody was told: %s", m.Kind)
	}
	if strings.Contains(a.log.String(), token) {
		t.Error("the log holds the link")
	}
}

func TestLinksForNewPasswordsAreBounded(t *testing.T) {
	t.Parallel()
	a := newMailingApp(t, mailtest.New(t, mailtest.Options{}))
	a.person("ada@example.com")
	bob := a.person("bob@example.com")
	_ = bob
	b := a.browser()
	for i := range 8 {
		p := b.post(link.ForgotPassword(), "email", "ada@example.com")
		if p.status == http.StatusTooManyRequests {
			if i < 3 || p.header.Get("Retry-After") == "" {
				t.Errorf("after %d: %v", i, p.header)
			}
			break
		}
		if i == 7 {
			t.Error("nobody is held back")
		}
	}
	_, _, err := a.people.ResetLink(t.Context(), a.actor("bob@example.com"), a.actor("ada@example.com").UserID)
	if models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member makes links: %v", err)
	}
	if err := a.store.SetUserDisabled(t.Context(), a.actor("ada@example.com"), a.actor("bob@example.com").UserID, true); err != nil {
		t.Fatal(err)
	}
	token, _, err := a.people.ResetLink(t.Context(), a.actor("ada@example.com"), a.actor("bob@example.com").UserID)
	if err != nil {
		t.Fatal(err)
	}
	b.get(link.PasswordReset(token)).is(http.StatusNotFound)
	if err := a.people.ResetPassword(t.Context(), token, "a brand new one", account.Client{}); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("a disabled person gets a password: %v", err)
	}
}

func TestTheBellTellsWhatHappened(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	if p := ada.get(link.Notifications()).is(http.StatusOK).says("main", "Nothing yet"); p.Find("nav a[href='/notifications'] .sr-only").Length() > 0 {
		t.Error("the bell says that something is new")
	}
	ada.post(link.AccountPassword(), "current", password, "password", "another good one").to(link.Account())
	ada.get(link.Surveys()).says("nav a[href='/notifications']", "1 new")
	ada.get(link.NotificationsBell()).is(http.StatusOK).says("a", "1 new")
	p := ada.get(link.Notifications()).is(http.StatusOK).says("main li", "Your password was changed. (new)")
	action := p.Find("main li form").AttrOr("action", "")
	bob.post(action).is(http.StatusNotFound)
	bob.get(link.Notifications()).says("main", "Nothing yet")
	ada.post(action).to(link.Account())
	if p := ada.get(link.Notifications()); strings.Contains(p.words("main li"), "(new)") || p.Find("nav a[href='/notifications'] .sr-only").Length() > 0 {
		t.Error("it is still new")
	}
	ada.post(link.AccountPassword(), "current", "another good one", "password", "yet another one").to(link.Account())
	p = ada.get(link.Notifications())
	ada.post(link.NotificationsRead(), "upTo", p.value("upTo")).to(link.Notifications())
	if p := ada.get(link.Notifications()); strings.Contains(p.words("main li"), "(new)") {
		t.Error("not all were read")
	}
	ada.post(link.NotificationsRead(), "upTo", "nonsense").is(http.StatusNotFound)
	// A tab whose session has ended is not led away by its bell.
	if p := a.browser().get(link.NotificationsBell()); p.status != http.StatusNoContent || p.header.Get("HX-Redirect") != "" {
		t.Errorf("the bell answers strangers %d", p.status)
	}
}
