package survey

import (
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Piped is a page as this respondent sees it: its texts with what they answered, and what the link passed, put in.
type Piped struct {
	source *pipedtext.Env
}

// Piped gives the texts of a visit. The fields are what the link passed, for a response that has not begun.
func (s *Service) Piped(v *Visit, fields map[string]string) Piped {
	snapshot := &models.Snapshot{V: models.SnapshotVersion, Fields: fields}
	if r := v.Response; r != nil {
		snapshot.Answers, snapshot.Fields = r.Answers.V, r.Fields.V
		snapshot.Response = &models.ResponseSnapshot{
			ID: r.ID, SurveyID: r.SurveyID, State: r.State, Channel: r.Channel, Language: r.Language, StartedAt: r.StartedAt, RecordedAt: r.UpdatedAt,
		}
	}
	return Piped{&pipedtext.Env{Source: &workflow.Values{Snapshot: snapshot, Survey: v.Definition}, Now: s.clock.Now(), Seed: v.Token.ResponseID}}
}

// Text gives a text with its piped text resolved. It is one pass: what was answered stays text.
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

// Questions gives copies of questions with their piped text resolved.
func (p Piped) Questions(questions []models.Question) []models.Question {
	out := make([]models.Question, len(questions))
	for i, q := range questions {
		q.Text, q.Help = p.Text(q.Text), p.Text(q.Help)
		for n, c := range q.Choices {
			if text := p.Text(c.Text); text != c.Text {
				q.Choices = append([]models.Choice(nil), q.Choices...)
				q.Choices[n].Text = text
			}
		}
		out[i] = q
	}
	return out
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
