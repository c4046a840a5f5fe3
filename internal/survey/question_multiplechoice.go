package survey

import (
	"net/url"
	"slices"

	"surveyflow/models"
)

// multipleChoice is any number of several choices.
type multipleChoice struct{}

func (multipleChoice) name() models.QuestionType { return models.QuestionMultipleChoice }

func (multipleChoice) check(q *models.Question, p *problems) {
	checkChoices(q, p)
	checkChoiceRules(q, p)
}

// checkChoiceRules tells what is wrong with how many choices an answer must have.
func checkChoiceRules(q *models.Question, p *problems) {
	r := q.Rules
	switch {
	case r.MinChoices < 0 || r.MinChoices > len(q.Choices):
		p.add("rules.minChoices", "question.error.choice_count", "Max", len(q.Choices))
	case r.MaxChoices < 0 || r.MaxChoices > len(q.Choices):
		p.add("rules.maxChoices", "question.error.choice_count", "Max", len(q.Choices))
	case r.MaxChoices > 0 && r.MinChoices > r.MaxChoices:
		p.add("rules.maxChoices", "question.error.min_over_max")
	}
}

func (multipleChoice) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	a := parseChoices(q, form, p)
	for _, id := range typedOther(q, form) {
		if !a.Has(id) {
			a.Choices = append(a.Choices, id)
		}
	}
	sortChoices(q, &a)
	parseOther(q, form, &a, p)
	return a
}

func (multipleChoice) fill(q *models.Question, a models.Answer, form url.Values) {
	fillChoices(q, a, form)
}

func (multipleChoice) validate(q *models.Question, a models.Answer, p *problems) {
	if len(a.Choices) == 0 {
		if q.Required {
			p.add(q.ID, "answer.error.required_choices")
		}
		return
	}
	exclusive := slices.IndexFunc(q.Choices, func(c models.Choice) bool { return c.Exclusive && a.Has(c.ID) })
	switch {
	case exclusive >= 0 && len(a.Choices) > 1:
		p.add(q.ID, "answer.error.exclusive", "Choice", q.Choices[exclusive].Text)
	case exclusive >= 0: // "None of these" alone is a full answer whatever the rules count
	case len(a.Choices) < q.Rules.MinChoices:
		broken(q, p, "answer.error.min_choices", "Count", q.Rules.MinChoices)
	case q.Rules.MaxChoices > 0 && len(a.Choices) > q.Rules.MaxChoices:
		broken(q, p, "answer.error.max_choices", "Count", q.Rules.MaxChoices)
	}
	validateOther(q, a, p)
}

func (multipleChoice) fromAPI(q *models.Question, in *apiInput) models.Answer {
	return choicesFromAPI(q, in)
}

func (multipleChoice) export(q *models.Question, a models.Answer, out *Export) {
	out.display(q.ID, displayedChoices(q))
	if len(a.Choices) == 0 {
		return
	}
	values, labels := []string{}, []string{}
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil {
			values, labels = append(values, c.RecodeValue()), append(labels, c.Text)
		}
	}
	out.Values[q.ID], out.Labels[q.ID] = values, labels
	exportOther(q, a, out)
}

func (multipleChoice) describe(q *models.Question, out *ResponseSchema) { out.several(q, q.ID) }
