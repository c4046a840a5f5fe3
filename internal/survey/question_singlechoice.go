package survey

import (
	"net/url"

	"surveyflow/models"
)

// singleChoice is one of several choices.
type singleChoice struct{}

func (singleChoice) name() models.QuestionType { return models.QuestionSingleChoice }

func (singleChoice) check(q *models.Question, p *problems) { checkChoices(q, p) }

func (singleChoice) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	a := parseChoices(q, form, p)
	if len(a.Choices) > 1 { // radio buttons send one
		a.Choices = a.Choices[:1]
		p.add(q.ID, "answer.error.one_choice")
	}
	if typed := typedOther(q, form); len(a.Choices) == 0 && len(typed) == 1 {
		a.Choices = typed
	}
	parseOther(q, form, &a, p)
	return a
}

func (singleChoice) fill(q *models.Question, a models.Answer, form url.Values) {
	fillChoices(q, a, form)
}

func (singleChoice) validate(q *models.Question, a models.Answer, p *problems) {
	if len(a.Choices) == 0 {
		if q.Required {
			p.add(q.ID, "answer.error.required_choice")
		}
		return
	}
	validateOther(q, a, p)
}

func (singleChoice) fromAPI(q *models.Question, in *apiInput) models.Answer {
	a := choicesFromAPI(q, in)
	if len(a.Choices) > 1 {
		in.problem(q.ID, "response.error.one_choice", "Question", q.ID)
	}
	return a
}

func (singleChoice) export(q *models.Question, a models.Answer, out *Export) {
	out.display(q.ID, displayedChoices(q))
	if len(a.Choices) == 0 {
		return
	}
	if c := q.Choice(a.Choices[0]); c != nil {
		out.Values[q.ID] = exportNumber(c.RecodeValue())
		out.Labels[q.ID] = c.Text
	}
	exportOther(q, a, out)
}

func (singleChoice) describe(q *models.Question, out *ResponseSchema) {
	out.coded(q, q.ID, constants(q))
}
