package workflow

import (
	"fmt"
	"net/url"

	"surveyflow/models"
)

// Token is one thing that can be piped, for pickers.
type Token struct {
	Group string // "questions", "embedded", "contact" or "response"
	Label string // the owner's words: a question's text, a field's name; empty for metadata, whose name is Name
	Name  string // what of it is piped: a key of the catalogue under "token."
	Text  string // the token itself
}

// Tokens lists what can be piped in a workflow of that survey.
func Tokens(def *models.SurveyDefinition) []Token {
	var all []Token
	for _, q := range def.Questions() {
		label := plain(q.Text)
		add := func(name, path string) {
			all = append(all, Token{Group: "questions", Label: label, Name: name, Text: "${q://" + q.ID + "/" + path + "}"})
		}
		switch {
		case len(q.Choices) > 0:
			add("choices", "ChoiceGroup/SelectedChoices")
			add("recode", "SelectedChoicesRecode")
			for _, c := range q.Choices {
				if c.TextEntry {
					add("other", fmt.Sprintf("ChoiceTextEntryValue/%d", c.ID))
				}
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
	return all
}
