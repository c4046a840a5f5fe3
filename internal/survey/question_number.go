package survey

import (
	"errors"
	"math"
	"net/url"
	"strconv"

	"surveyflow/models"
)

// number is a number that is typed in.
type number struct{}

func (number) name() models.QuestionType { return models.QuestionNumber }

func (number) check(q *models.Question, p *problems) {
	r := q.Rules
	if !finite(r.Min) {
		p.add("rules.min", "question.error.number")
	}
	if !finite(r.Max) {
		p.add("rules.max", "question.error.number")
	} else if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		p.add("rules.max", "question.error.min_over_max")
	}
	if r.Decimals != nil && (*r.Decimals < 0 || *r.Decimals > 10) {
		p.add("rules.decimals", "question.error.decimals")
	}
}

func finite(f *float64) bool { return f == nil || !math.IsNaN(*f) && !math.IsInf(*f, 0) }

// parse keeps what is no number as text: who goes back finds it again, and no export takes it for an answer.
func (number) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	text := line(form.Get(q.ID))
	if text == "" {
		return models.Answer{}
	}
	n, err := typedNumber(text)
	if err != nil {
		text = cutText(text, maxDigits)
		p.add(q.ID, numberProblem(err), "Text", text)
		return models.Answer{Text: text}
	}
	return models.Answer{Number: n}
}

func numberProblem(err error) string {
	if errors.Is(err, errAmbiguous) {
		return "answer.error.number_ambiguous"
	}
	return "answer.error.number"
}

func (number) fill(q *models.Question, a models.Answer, form url.Values) {
	form.Set(q.ID, a.Number.String()+a.Text)
}

func (number) validate(q *models.Question, a models.Answer, p *problems) {
	if a.Text != "" {
		_, err := typedNumber(a.Text)
		p.add(q.ID, numberProblem(err), "Text", a.Text)
		return
	}
	if a.Number == "" {
		if q.Required {
			p.add(q.ID, "answer.error.required_number")
		}
		return
	}
	r := q.Rules
	low, high := r.Min != nil && compareNumber(a.Number, *r.Min) < 0, r.Max != nil && compareNumber(a.Number, *r.Max) > 0
	switch {
	case (low || high) && r.Min != nil && r.Max != nil:
		broken(q, p, "answer.error.range", "Min", limitText(*r.Min), "Max", limitText(*r.Max))
	case low:
		broken(q, p, "answer.error.min", "Min", limitText(*r.Min))
	case high:
		broken(q, p, "answer.error.max", "Max", limitText(*r.Max))
	case r.Decimals != nil && *r.Decimals == 0 && decimals(a.Number) > 0:
		broken(q, p, "answer.error.whole")
	case r.Decimals != nil && decimals(a.Number) > *r.Decimals:
		broken(q, p, "answer.error.decimals", "Count", *r.Decimals)
	}
}

func limitText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (number) fromAPI(q *models.Question, in *apiInput) models.Answer {
	field := q.ID + "_TEXT"
	text, sent := in.text(field, maxDigits)
	if !sent {
		field = q.ID
		text, _ = in.text(field, maxDigits)
	}
	if text == "" {
		return models.Answer{}
	}
	n, err := sentNumber(text)
	if err != nil {
		in.problem(field, "response.error.number", "Value", text, "Question", q.ID)
	}
	return models.Answer{Number: n}
}

func (number) export(q *models.Question, a models.Answer, out *Export) {
	exportText(q, a.Number.String(), out)
}

func (number) describe(q *models.Question, out *ResponseSchema) { out.text(q, q.ID+"_TEXT", "") }
