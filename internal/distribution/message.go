package distribution

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"

	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// distributed makes the mail of a distribution that has words of its own.
func (s *Service) distributed(ctx context.Context, in Invited) Letter {
	inv, d := in.Invitation, in.Distribution
	m := d.Message.V
	words, language := m.Words(inv.Language, in.Definition.Language)
	values := &source{
		Values:      &workflow.Values{Snapshot: &models.Snapshot{V: models.SnapshotVersion, Contact: inv.Person(), Fields: inv.Fields.V}, Survey: in.Definition},
		link:        s.Base.Personal(in.Collector.Slug, inv.Crk, inv.Token),
		unsubscribe: s.Base.Unsubscribe(inv.ID, inv.Token),
	}
	if in.Public != "" {
		values.link = in.Public
	}
	env := &pipedtext.Env{Source: values, Now: s.Clock.Now(), Seed: inv.ID}
	l := mail.SurveyInvitation{
		Reminder: in.Reminder, Thanks: d.Type == models.DistributionThankYou, From: m.FromName, Organisation: in.Organisation.Name, URL: values.link, Public: in.Public != "",
		Until: in.Until, Unsubscribe: values.unsubscribe, Subject: piped(m.Subject, env), Button: DefaultText(ctx, language, in.Survey.Name, in.Reminder).Button,
	}
	if l.Subject == "" {
		l.Subject = piped(DefaultText(ctx, language, in.Survey.Name, in.Reminder).Subject, env)
	}
	if l.From == "" {
		l.From = in.Organisation.Name
	}
	rich := richtext.Pipe(linked(words, values), env)
	l.Body = richtext.Plain(rich)
	if richtext.IsHTML(rich) {
		l.Rich = rich
	}
	reply := m.ReplyTo
	if reply == "" {
		reply = m.FromEmail
	}
	return Letter{To: recipient(&in, language), Letter: l, Text: l, Heading: models.MailHeading{FromName: l.From, ReplyTo: reply, Unsubscribe: values.unsubscribe}}
}

// links finds the tokens that stand for a link to follow, as in ${l://SurveyLink?d=Take%20the%20survey}, and those of its address.
var links = regexp.MustCompile(`\$\{l://(SurveyLink|SurveyURL|OptOutLink|OptOutURL)(?:\?d=([^}]*))?\}`)

// linked puts the links into a message, and cleans it. Their addresses are ours, and lead where values would not be let to.
func linked(words string, values *source) string {
	if !richtext.IsHTML(words) && links.MatchString(words) {
		words = "<p>" + strings.ReplaceAll(html.EscapeString(words), "\n", "<br>") + "</p>"
	}
	words = links.ReplaceAllStringFunc(words, func(token string) string {
		part := links.FindStringSubmatch(token)
		to := values.link
		if strings.HasPrefix(part[1], "OptOut") {
			to = values.unsubscribe
		}
		address := html.EscapeString(to)
		if strings.HasSuffix(part[1], "URL") {
			return address
		}
		label := html.UnescapeString(part[2])
		if text, err := url.QueryUnescape(label); err == nil {
			label = text
		}
		if label == "" {
			label = to
		}
		return `<a href="` + address + `">` + html.EscapeString(label) + `</a>`
	})
	return richtext.Clean(words)
}
