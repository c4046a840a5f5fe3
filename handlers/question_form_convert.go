package handlers

import (
	"net/url"

	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// convertQuestion changes the type of a question when its form asks for another one. It comes after the rest of the form,
// so that what the new type does not know is dropped.
func convertQuestion(q *models.Question, f *surveypages.QuestionForm, in url.Values, language string) error {
	to := models.QuestionType(in.Get("type"))
	if to == "" || to == q.Type {
		return nil
	}
	if err := survey.Convert(q, to, language); err != nil {
		return err
	}
	f.Type = to
	return nil
}
