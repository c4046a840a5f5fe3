package survey

import (
	"net/url"

	"surveyflow/models"
)

// longText is text of any number of lines.
type longText struct{}

func (longText) name() models.QuestionType { return models.QuestionLongText }

func (longText) check(q *models.Question, p *problems) { checkText(q, p) }

func (longText) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return parseText(q, paragraphs(form.Get(q.ID)), p)
}

func (longText) fill(q *models.Question, a models.Answer, form url.Values) { fillText(q, a, form) }

func (longText) validate(q *models.Question, a models.Answer, p *problems) { validateText(q, a, p) }

func (longText) fromAPI(q *models.Question, in *apiInput) models.Answer { return textFromAPI(q, in) }

func (longText) export(q *models.Question, a models.Answer, out *Export) { exportText(q, a.Text, out) }

func (longText) describe(q *models.Question, out *ResponseSchema) { out.text(q, q.ID+"_TEXT", "") }
