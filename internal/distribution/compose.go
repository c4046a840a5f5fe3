package distribution

import (
	"context"
	"regexp"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Invited is all that the mail of an invitation is made of.
type Invited struct {
	Invitation   *models.Invitation
	Collector    *models.Collector
	Survey       *models.Survey // its name and zone
	Definition   *models.SurveyDefinition
	Organisation *models.Organisation
	Reminder     bool
	Until        *time.Time // until when the link holds
	// Distribution is what somebody had sent, in words of its own; nil for a mail of the collector itself.
	Distribution *models.Distribution
	Public       string // the survey's public link, for a distribution that wants it
}

// Letter is a mail of an invitation before it is written.
type Letter struct {
	To      mail.Recipient
	Heading models.MailHeading
	mail.Letter
	Text mail.SurveyInvitation // what Letter says
}

// Letter makes the mail of an invitation, in its person's language where the collector or the survey speaks it.
func (s *Service) Letter(ctx context.Context, in Invited) Letter {
	inv, c := in.Invitation, in.Collector
	if in.Distribution != nil && in.Distribution.Message.V != nil {
		return s.distributed(ctx, in)
	}
	language := Language(in.Definition, c, inv.Language)
	text := TextOf(ctx, language, c, in.Definition.Title(in.Survey.Name, language), in.Reminder)
	values := &source{
		Values:      &workflow.Values{Snapshot: &models.Snapshot{V: models.SnapshotVersion, Contact: inv.Person(), Fields: inv.Fields.V}, Survey: in.Definition.In(language)},
		link:        s.Base.Personal(c.Slug, inv.Crk, inv.Token),
		unsubscribe: s.Base.Unsubscribe(inv.ID, inv.Token),
	}
	env := &pipedtext.Env{Source: values, Now: s.Clock.Now(), Seed: inv.ID}
	l := mail.SurveyInvitation{
		Reminder: in.Reminder, From: c.Settings.V.FromName, Organisation: in.Organisation.Name, URL: values.link, Until: in.Until, Unsubscribe: values.unsubscribe,
		Subject: piped(text.Subject, env), Body: piped(text.Body, env), Button: piped(text.Button, env),
	}
	if l.From == "" {
		l.From = in.Organisation.Name
	}
	return Letter{To: recipient(&in, language), Letter: l, Text: l, Heading: models.MailHeading{FromName: l.From, ReplyTo: c.Settings.V.ReplyTo, Unsubscribe: values.unsubscribe}}
}

// recipient gives whom the mail goes to, and in which zone its times are.
func recipient(in *Invited, language string) mail.Recipient {
	to := mail.Recipient{OrgID: in.Invitation.OrgID, Organisation: in.Organisation.Name, Email: in.Invitation.Email, Language: language}
	for _, name := range []string{in.Survey.TimeZone, in.Organisation.TimeZone} {
		if zone, err := time.LoadLocation(name); name != "" && err == nil {
			to.Zone = zone
			break
		}
	}
	return to
}

// Language chooses the language of a mail, among those that the survey has: the person's, else the collector's, where somebody wrote
// its texts or, while nobody wrote any, the default texts speak it; else the survey's.
func Language(def *models.SurveyDefinition, c *models.Collector, wish string) string {
	written := c.Settings.V.Messages
	for _, tag := range []string{wish, c.Settings.V.Language} {
		language, ok := i18n.Among(def.AllLanguages(), tag)
		if !ok {
			continue
		}
		_, own := written[language]
		if _, base := written[def.Language]; own || language == def.Language || !base && i18n.Speaks(language) {
			return language
		}
	}
	return def.Language
}

// TextOf gives the texts of a collector's mail in a language; what it does not say is the default.
func TextOf(ctx context.Context, language string, c *models.Collector, survey string, reminder bool) models.Message { //nolint:revive // the flag is which of the two
	text, normal := c.Settings.V.Messages[language].Invitation, DefaultText(ctx, language, survey, false)
	if reminder {
		text, normal = c.Settings.V.Messages[language].Reminder, DefaultText(ctx, language, survey, true)
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&text.Subject, normal.Subject}, {&text.Body, normal.Body}, {&text.Button, normal.Button}} {
		if strings.TrimSpace(*f.to) == "" {
			*f.to = f.from
		}
	}
	return text
}

// DefaultText gives the text of a mail whose collector has none of its own, in a language that respondents' pages speak, or else
// in English.
func DefaultText(ctx context.Context, language, survey string, reminder bool) models.Message { //nolint:revive // the flag is which of the two
	ctx = i18n.WithLocale(ctx, language)
	kind := "invitation"
	if reminder {
		kind = "reminder"
	}
	survey = strings.NewReplacer("${", "$ {", "~{", "~ {").Replace(survey) // a name, and no piped text
	return models.Message{
		Subject: i18n.T(ctx, "invite."+kind+".subject", "Survey", survey),
		Body:    i18n.T(ctx, "invite."+kind+".body"),
		Button:  i18n.T(ctx, "invite."+kind+".button"),
	}
}

// source answers the piped text of a mail: the contact, what was passed, and the two links.
type source struct {
	*workflow.Values
	link        string
	unsubscribe string
}

// Value gives what a token names.
func (v *source) Value(ref pipedtext.Ref) pipedtext.Value {
	if ref.Scheme == "l" {
		switch ref.Name {
		case "SurveyURL", "SurveyLink":
			return pipedtext.Text(v.link)
		case "OptOutURL", "OptOutLink":
			return pipedtext.Text(v.unsubscribe)
		}
	}
	return v.Values.Value(ref)
}

// gap is the space that a missing name leaves before a comma.
var gap = regexp.MustCompile(` +([,،])`)

// piped puts values into a text. A text that is broken stays as it is: the form has told its author.
func piped(text string, src pipedtext.Source) string {
	if !strings.Contains(text, "{") {
		return text
	}
	t, err := pipedtext.Parse(text)
	if err != nil {
		return text
	}
	return gap.ReplaceAllString(t.Text(src), "$1")
}
