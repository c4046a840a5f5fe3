package survey

import (
	"net/url"

	"surveyflow/models"
)

// shortText is one line of text.
type shortText struct{}

func (shortText) name() models.QuestionType { return models.QuestionShortText }

func (shortText) check(q *models.Question, p *problems) { checkText(q, p) }

func (shortText) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return parseText(q, line(form.Get(q.ID)), p)
}

func (shortText) fill(q *models.Question, a models.Answer, form url.Values) { fillText(q, a, form) }

func (shortText) validate(q *models.Question, a models.Answer, p *problems) { validateText(q, a, p) }

func (shortText) fromAPI(q *models.Question, in *apiInput) models.Answer { return textFromAPI(q, in) }

func (shortText) export(q *models.Question, a models.Answer, out *Export) { exportText(q, a.Text, out) }

func (shortText) describe(q *models.Question, out *ResponseSchema) { out.text(q, q.ID+"_TEXT", "") }
