package survey

import (
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Piped is a page as this respondent sees it: its texts with what they answered, and what the link passed, put in.
type Piped struct {
	source *pipedtext.Env
}

// Piped gives the texts of a visit.
func (v *Visit) Piped() Piped {
	return Piped{&pipedtext.Env{Source: &workflow.Values{Snapshot: v.snapshot(), Survey: v.Definition}, Now: v.now, Seed: v.Token.ResponseID}}
}

// Rich gives a text that may be formatted with its piped text resolved. It is one pass: what was answered stays text.
func (p Piped) Rich(text string) string { return richtext.Pipe(text, p.source) }

// Text gives a plain text with its piped text resolved. It is one pass: what was answered stays text.
func (p Piped) Text(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	t, err := pipedtext.Parse(text)
	if err != nil {
		return text
	}
	return t.Text(p.source)
}

// Question gives a copy of a question with its piped text resolved.
func (p Piped) Question(q models.Question) models.Question {
	q.Text, q.Help = p.Rich(q.Text), p.Rich(q.Help)
	q.Choices, q.Rows = p.choices(q.Choices), p.choices(q.Rows)
	q.Scale.Low, q.Scale.High = p.Text(q.Scale.Low), p.Text(q.Scale.High)
	return q
}

// choices gives choices with their piped text resolved: copies where that changes any.
func (p Piped) choices(all []models.Choice) []models.Choice {
	copied := false
	for i, c := range all {
		text := p.Text(c.Text)
		if text == c.Text {
			continue
		}
		if !copied {
			all, copied = append([]models.Choice(nil), all...), true
		}
		all[i].Text = text
	}
	return all
}

// Redirect gives the address that follows the last page; empty when the survey ends with a page of its own.
func (p Piped) Redirect(end models.EndOfSurvey) string {
	if RedirectOrigin(end.Redirect) == "" {
		return ""
	}
	t, err := pipedtext.ParseURL(end.Redirect)
	if err != nil {
		return ""
	}
	address, err := t.URL(p.source)
	if err != nil {
		return ""
	}
	return address
}

// RedirectOrigin gives scheme, host and port of an address to which respondents may be led at the end: http or https, with
// an authority that no piped text can change (data-model §5). It is empty for any other address.
func RedirectOrigin(address string) string {
	t, err := pipedtext.ParseURL(address)
	if err != nil || strings.Contains(address, `\`) {
		return ""
	}
	origin := t.Origin()
	// An origin with other characters would not be one word of a Content-Security-Policy; a user's name is no part of it.
	if !strings.HasPrefix(strings.ToLower(address), origin) || strings.ContainsAny(origin, " ;,'\"*") {
		return ""
	}
	return origin
}
