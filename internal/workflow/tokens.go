package workflow

import (
	"fmt"
	"net/url"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// Token is one thing that can be piped, for pickers.
type Token struct {
	Group string // "questions", "embedded", "contact", "response" or "texts" (of questions)
	Label string // the owner's words: a question's text, a field's name; empty for metadata, whose name is Name
	Name  string // what of it is piped: a key of the catalogue under "token."
	Text  string // the token itself
}

// Tokens lists what can be piped in a workflow of that survey.
func Tokens(def *models.SurveyDefinition) []Token {
	var all []Token
	for _, q := range def.Questions() {
		if !q.Type.Answered() {
			continue
		}
		label := richtext.Line(q.Text)
		add := func(name, path string) {
			all = append(all, Token{Group: "questions", Label: label, Name: name, Text: "${q://" + q.ID + "/" + path + "}"})
		}
		switch {
		case q.Type.HasRows():
			all = append(all, rowTokens(q, label)...)
		case len(q.Choices) > 0:
			add("choices", "ChoiceGroup/SelectedChoices")
			add("recode", "SelectedChoicesRecode")
			for _, c := range q.Choices {
				if c.TextEntry {
					add("other", fmt.Sprintf("ChoiceTextEntryValue/%d", c.ID))
				}
			}
			if q.Type == models.QuestionMultipleChoice {
				add("count", "SelectedChoicesCount")
			}
			if q.Type == models.QuestionRanking {
				all = append(all, placeTokens(q, label)...)
			}
		default:
			add("answer", "ChoiceTextEntryValue")
		}
	}
	for _, f := range def.EmbeddedData {
		all = append(all, Token{Group: "embedded", Label: f.Name, Name: "field", Text: "${e://Field/" + url.PathEscape(f.Name) + "}"})
	}
	if !def.Anonymous {
		for _, name := range []string{"FirstName", "LastName", "Email", "Phone", "ExternalDataReference"} {
			all = append(all, Token{Group: "contact", Name: name, Text: "${m://" + name + "}"})
		}
	}
	for _, name := range []string{"ResponseID", "StartDate", "RecordedDate", "Duration", "Finished", "UserLanguage", "DistributionChannel"} {
		all = append(all, Token{Group: "response", Name: name, Text: "${rm://Field/" + name + "}"})
	}
	for _, q := range def.Questions() {
		all = append(all, Token{Group: "texts", Label: richtext.Line(q.Text), Name: "text", Text: "${q://" + q.ID + "/QuestionText}"})
	}
	return all
}

// rowTokens lists what can be piped of a question with rows: of each row, in the names that Qualtrics has for it.
func rowTokens(q *models.Question, label string) []Token {
	var all []Token
	for _, r := range q.Rows {
		add := func(name, path string) {
			all = append(all, Token{
				Group: "questions", Label: partLabel(label, richtext.Line(r.Text)), Name: name, Text: fmt.Sprintf("${q://%s/%s/%d}", q.ID, path, r.ID),
			})
		}
		if q.Type == models.QuestionSlider {
			add("answer", "ChoiceNumericEntryValue")
			continue
		}
		add("choices", "ChoiceGroup/SelectedAnswers")
		add("recode", "SelectedAnswerRecode")
	}
	return all
}

// placeTokens lists the places of the choices of a ranking.
func placeTokens(q *models.Question, label string) []Token {
	all := make([]Token, len(q.Choices))
	for i, c := range q.Choices {
		all[i] = Token{
			Group: "questions", Label: partLabel(label, richtext.Line(c.Text)), Name: "place", Text: fmt.Sprintf("${q://%s/ChoiceNumericEntryValue/%d}", q.ID, c.ID),
		}
	}
	return all
}

func partLabel(question, part string) string {
	if part == "" {
		return question
	}
	return question + " – " + part
}
