package mail

import (
	"context"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// SurveyInvitation asks somebody to answer a survey, reminds them, or thanks them. Subject, body and button are its owner's words
// with their piped text put in.
type SurveyInvitation struct {
	Reminder     bool
	Thanks       bool   // of having answered: it has no button
	From         string // who asks, such as the organisation
	Organisation string // whom unsubscribing is about
	Subject      string
	Body         string // plain text; each line is a paragraph
	Rich         string // the same formatted, as package richtext stores it; empty when it is not
	Button       string
	URL          string     // the personal link
	Public       bool       // it is the link of everybody
	Until        *time.Time // until when it holds; nil for no end
	Unsubscribe  string     // address of the page
}

func (l SurveyInvitation) kind() models.MailKind {
	if l.Thanks {
		return models.MailSurveyThanks
	}
	if l.Reminder {
		return models.MailSurveyReminder
	}
	return models.MailSurveyInvitation
}

func (l SurveyInvitation) content(ctx context.Context, _ link.Base) view.Content {
	c := view.Content{
		Product: line(l.From), Subject: l.Subject, Heading: line(l.Subject), Rich: l.Rich,
		Footer: []string{i18n.T(ctx, "invite.why", "Organisation", l.Organisation), i18n.T(ctx, "invite.unsubscribe", "URL", l.Unsubscribe)},
	}
	if !l.Thanks {
		c.Button = view.Button{Label: line(l.Button), URL: l.URL}
	}
	c.Paragraphs, c.Small = l.Parts(ctx)
	return c
}

// Parts gives the paragraphs of the mail, and what stands below its button, in the language of ctx.
func (l SurveyInvitation) Parts(ctx context.Context) (paragraphs, small []string) {
	if !l.Thanks && !l.Public {
		small = []string{i18n.T(ctx, "invite.personal")}
	}
	if len(small) > 0 && l.Until != nil {
		small[0] += " " + i18n.T(ctx, "invite.until", "Until", i18n.Time(ctx, *l.Until))
	}
	for text := range strings.Lines(l.Body) {
		if text = strings.TrimSpace(text); text != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	return paragraphs, small
}
