package mail

import (
	"context"
	"strings"

	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// Fact is a line of a short table in a mail.
type Fact = view.Fact

// FromWorkflow is what a workflow writes: its owner's words.
type FromWorkflow struct {
	Subject string
	Body    string // plain text; each line is a paragraph
	Rich    string // the same formatted, as package richtext stores it; empty when it is not
	Facts   []Fact
}

func (FromWorkflow) kind() models.MailKind { return models.MailWorkflow }

func (l FromWorkflow) content(context.Context, link.Base) view.Content {
	c := view.Content{Subject: l.Subject, Heading: line(l.Subject), Rich: l.Rich, Facts: l.Facts}
	for text := range strings.Lines(l.Body) {
		if text = strings.TrimSpace(text); text != "" {
			c.Paragraphs = append(c.Paragraphs, text)
		}
	}
	return c
}
