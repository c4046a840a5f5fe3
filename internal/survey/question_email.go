package survey

import "surveyflow/models"

// email is one e-mail address.
var email = formatted{
	kind: models.QuestionEmail,
	canonical: func(text string) (string, bool) {
		return text, models.ValidEmail(text)
	},
	required: "answer.error.required_email", wrong: "answer.error.email", refused: "response.error.email",
}
