package survey

import (
	"net/url"

	"surveyflow/models"
)

// consent is one box to tick beside a sentence. Not ticked is no answer: nobody consents by silence.
type consent struct{}

func (consent) name() models.QuestionType { return models.QuestionConsent }

func (consent) check(q *models.Question, p *problems) { checkFixedChoices(q, p, models.ChoiceYes) }

func (consent) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return parseChoices(q, form, p)
}

func (consent) fill(q *models.Question, a models.Answer, form url.Values) { fillChoices(q, a, form) }

func (consent) validate(q *models.Question, a models.Answer, p *problems) {
	if q.Required && len(a.Choices) == 0 {
		broken(q, p, "answer.error.required_consent")
	}
}

func (consent) fromAPI(q *models.Question, in *apiInput) models.Answer {
	text, _ := in.text(q.ID, maxDigits)
	switch {
	case text == "":
		return models.Answer{}
	case truthFromAPI(q, text) == models.ChoiceYes:
		return models.Answer{Choices: []int{models.ChoiceYes}}
	case truthFromAPI(q, text) != models.ChoiceNo:
		in.problem(q.ID, "response.error.boolean", "Value", text)
	}
	return models.Answer{}
}

func (consent) export(q *models.Question, a models.Answer, out *Export) {
	out.display(q.ID, displayedChoices(q))
	if c := q.Choice(models.ChoiceYes); c != nil && a.Has(c.ID) {
		out.Values[q.ID] = exportNumber(c.RecodeValue())
		out.Labels[q.ID] = c.Text
	}
}

func (consent) describe(q *models.Question, out *ResponseSchema) { out.coded(q, q.ID, constants(q)) }
