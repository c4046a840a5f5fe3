package mail

import (
	"context"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// Letter is what a mail is about; there is one type for each kind of mail.
type Letter interface {
	kind() models.MailKind
	// content says it in the language and zone of ctx.
	content(ctx context.Context, b link.Base) view.Content
}

// secretive is a letter with something that is kept sealed and shown nowhere but in the mail itself. Its content has
// models.SecretMark in that place.
type secretive interface{ secret() string }

// Letters has one of each kind, for the tests and for people who want to see them all.
var Letters = []Letter{
	Test{},
	Invitation{By: "Ada Lovelace", Organisation: "Acme", Token: models.NewCapability(), Until: time.Unix(1800000000, 0)},
	PasswordReset{Token: models.NewCapability(), For: time.Hour},
	PasswordChanged{},
	SignInMethod{Method: "totp"},
	RunFailed{Workflow: "Tell the CRM", WorkflowID: "WF_000000000000000", RunID: "RN_000000000000000", Error: models.RunError{Key: "run.error.unknown"}, Count: 3},
	RunRecovered{Workflow: "Tell the CRM", WorkflowID: "WF_000000000000000", Failures: 3},
	WorkflowOff{Workflow: "Tell the CRM", WorkflowID: "WF_000000000000000", Reason: models.RunError{Key: "workflow.off.gone"}, Error: models.RunError{Key: "run.error.unknown"}},
	EventsRefused{Workflow: "Tell the CRM", WorkflowID: "WF_000000000000000", Reason: models.RefusedAuth, Count: 3},
	CredentialNotice{Name: "CRM", ID: "CR_000000000000000", CertificateEnds: time.Unix(1800000000, 0)},
	CredentialNotice{Name: "CRM", ID: "CR_000000000000000", Problem: &models.RunError{Key: "run.error.unknown"}},
	ClientCertificateEnds{Subject: "warehouse", Ends: time.Unix(1800000000, 0)},
	SurveyShared{By: "Ada Lovelace", Survey: "Customer feedback", SurveyID: "SV_000000000000000", Edits: true},
	SurveyOpened{Survey: "Customer feedback", SurveyID: "SV_000000000000000", Until: time.Unix(1800000000, 0)},
	SurveyExpires{Survey: "Customer feedback", InvitationID: "IV_000000000000000", Owner: "Ada Lovelace", Until: time.Unix(1800000000, 0)},
	SurveyStatistics{
		Survey: "Customer feedback", SurveyID: "SV_000000000000000", Until: time.Unix(1800000000, 0), Median: 2 * time.Minute,
		Figures: models.SurveyFigures{Completed: 31, Partial: 4, Reached: 80, Answered: 31},
	},
	NoticeDigest{Letters: []Telling{
		SurveyExpires{Survey: "Customer feedback", InvitationID: "IV_000000000000000", Until: time.Unix(1800000000, 0), Started: true},
		SurveyStatistics{Survey: "First week", SurveyID: "SV_000000000000000", Until: time.Unix(1800000000, 0)},
	}},
	SurveyInvitation{
		From: "Acme", Organisation: "Acme", Subject: "Your opinion: Customer feedback", Body: "Hello Ada,\n\nwe would like to know what you think.", Button: "Start the survey",
		URL: "https://app.example.com/s/0000000000000000000000?crk=1&t=0000000000000000000000", Unsubscribe: "https://app.example.com/unsubscribe/IV_000000000000000/0000000000000000000000",
	},
	SurveyInvitation{
		Reminder: true, From: "Acme", Organisation: "Acme", Subject: "A reminder: Customer feedback", Body: "Hello Ada,\n\nthere is still time to answer.", Button: "Answer now",
		URL: "https://app.example.com/s/0000000000000000000000?crk=1&t=0000000000000000000000", Unsubscribe: "https://app.example.com/unsubscribe/IV_000000000000000/0000000000000000000000",
	},
	SurveyInvitation{
		Thanks: true, From: "Acme", Organisation: "Acme", Subject: "Thank you", Body: "Thank you, Ada.", Rich: "<p>Thank you, <b>Ada</b>.</p>",
		Unsubscribe: "https://app.example.com/unsubscribe/IV_000000000000000/0000000000000000000000",
	},
	FromWorkflow{Subject: "How was it?", Body: "Hello Ada,\nplease tell us how it was.", Facts: []Fact{{Term: "Score", Value: "9"}}},
}

// Test shows that mail arrives.
type Test struct {
	By string // the name of who asked for it
}

func (Test) kind() models.MailKind { return models.MailTest }

func (l Test) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.test.subject"),
		Heading:    i18n.T(ctx, "mail.test.heading"),
		Paragraphs: []string{i18n.T(ctx, "mail.test.text", "By", l.By)},
		Button:     view.Button{Label: i18n.T(ctx, "mail.test.button"), URL: b.App(link.SettingsMail())},
	}
}

// Invitation asks somebody to join the organisation. The link is the one of link.Invitation(token).
type Invitation struct {
	By           string // the name of who invites
	Organisation string
	Token        string
	Until        time.Time
}

func (Invitation) kind() models.MailKind { return models.MailInvitation }
func (l Invitation) secret() string      { return l.Token }

func (l Invitation) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.invitation.subject", "By", l.By, "Organisation", l.Organisation),
		Heading:    i18n.T(ctx, "mail.invitation.heading", "Organisation", l.Organisation),
		Paragraphs: []string{i18n.T(ctx, "mail.invitation.text", "By", l.By, "Organisation", l.Organisation)},
		Button:     view.Button{Label: i18n.T(ctx, "mail.invitation.button"), URL: b.App(link.Invitation(models.SecretMark))},
		Small:      []string{i18n.T(ctx, "mail.invitation.until", "Until", i18n.Time(ctx, l.Until)), i18n.T(ctx, "mail.not_expected")},
	}
}

// PasswordReset lets somebody choose a new password. The link is the one of link.PasswordReset(token).
type PasswordReset struct {
	Token string
	For   time.Duration // how long the link holds
}

func (PasswordReset) kind() models.MailKind { return models.MailPasswordReset }
func (l PasswordReset) secret() string      { return l.Token }

func (l PasswordReset) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.reset.subject"),
		Heading:    i18n.T(ctx, "mail.reset.heading"),
		Paragraphs: []string{i18n.T(ctx, "mail.reset.text")},
		Button:     view.Button{Label: i18n.T(ctx, "mail.reset.button"), URL: b.App(link.PasswordReset(models.SecretMark))},
		Small:      []string{i18n.T(ctx, "mail.reset.until", "Count", int(l.For/time.Minute)), i18n.T(ctx, "mail.reset.not_you")},
	}
}

// PasswordChanged tells somebody that their password is another one now.
type PasswordChanged struct {
	IP string // from where; may be empty
}

func (PasswordChanged) kind() models.MailKind { return models.MailPasswordChanged }

func (l PasswordChanged) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.password.subject"),
		Heading:    i18n.T(ctx, "mail.password.subject"),
		Paragraphs: []string{i18n.T(ctx, "mail.password.text")},
		Facts:      when(ctx, l.IP),
		Button:     view.Button{Label: i18n.T(ctx, "mail.account"), URL: b.App(link.Account())},
		Small:      []string{i18n.T(ctx, "mail.password.not_you")},
	}
}

// SignInMethod tells somebody that there is another way into their account, or one less.
type SignInMethod struct {
	Method string // "totp", "totpOff", "oidc": the ends of keys mail.method.…
	IP     string // from where; may be empty
}

func (SignInMethod) kind() models.MailKind { return models.MailSignInMethod }

func (l SignInMethod) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.method.subject"),
		Heading:    i18n.T(ctx, "mail.method.subject"),
		Paragraphs: []string{i18n.T(ctx, "mail.method."+l.Method)},
		Facts:      when(ctx, l.IP),
		Button:     view.Button{Label: i18n.T(ctx, "mail.account"), URL: b.App(link.Account())},
		Small:      []string{i18n.T(ctx, "mail.password.not_you")},
	}
}

// CredentialNotice tells the owner of a credential that it needs them.
type CredentialNotice struct {
	Name            string
	ID              string
	Problem         *models.RunError // why it must be connected again; nil for a certificate
	CertificateEnds time.Time
}

func (CredentialNotice) kind() models.MailKind { return models.MailCredential }

func (l CredentialNotice) content(ctx context.Context, b link.Base) view.Content {
	c := view.Content{
		Subject:    i18n.T(ctx, "mail.credential.certificate", "Name", l.Name),
		Heading:    i18n.T(ctx, "mail.credential.certificate", "Name", l.Name),
		Paragraphs: []string{i18n.T(ctx, "credential.certificate.ends", "At", i18n.Date(ctx, l.CertificateEnds))},
		Button:     view.Button{Label: i18n.T(ctx, "mail.credential.button"), URL: b.App(link.Credential(l.ID))},
	}
	if l.Problem != nil {
		c.Subject = i18n.T(ctx, "mail.credential.reconnect", "Name", l.Name)
		c.Heading, c.Paragraphs = c.Subject, []string{i18n.TMap(ctx, l.Problem.Key, l.Problem.Args), i18n.T(ctx, "mail.credential.runs")}
	}
	return c
}

// SurveyShared tells a person that somebody shared a survey with them.
type SurveyShared struct {
	By       string // a name
	Survey   string // its name
	SurveyID string
	Edits    bool // they may change it, and not only look at it
}

func (SurveyShared) kind() models.MailKind { return models.MailSurveyShared }

func (l SurveyShared) content(ctx context.Context, b link.Base) view.Content {
	text := "mail.shared.view"
	if l.Edits {
		text = "mail.shared.edit"
	}
	subject := i18n.T(ctx, "mail.shared.subject", "By", l.By, "Survey", l.Survey)
	return view.Content{
		Subject:    subject,
		Heading:    subject,
		Paragraphs: []string{i18n.T(ctx, text, "By", l.By, "Survey", l.Survey)},
		Button:     view.Button{Label: i18n.T(ctx, "mail.shared.button"), URL: b.App(link.SurveyBuild(l.SurveyID))},
		Small:      []string{i18n.T(ctx, "mail.shared.leave")},
	}
}

// when are the facts of something that somebody did to an account.
func when(ctx context.Context, ip string) []view.Fact {
	facts := []view.Fact{{Term: i18n.T(ctx, "mail.when"), Value: i18n.Time(ctx, i18n.Now(ctx))}}
	if ip != "" {
		facts = append(facts, view.Fact{Term: i18n.T(ctx, "mail.from_address"), Value: ip})
	}
	return facts
}
