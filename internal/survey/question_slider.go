package survey

import (
	"net/url"

	"surveyflow/models"
)

// slider asks for a number on a line, once or for several rows. Its fields are numbers, which everybody can type; the line
// is drawn beside them where scripts run. "QID1_3" is the number of row 3.
type slider struct{}

func (slider) name() models.QuestionType { return models.QuestionSlider }

func (slider) check(q *models.Question, p *problems) {
	checkRows(q, p)
	number{}.check(q, p)
	low, high := q.SliderRange()
	if len(*p) == 0 && low >= high {
		p.add("rules.max", "question.error.slider_range")
	}
	if q.Scale.Step < 0 || q.Scale.Step > high-low {
		p.add("scale.step", "question.error.step", "Max", limitText(high-low))
	}
	checkEnds(q, p)
}

// ruled gives a row with the limits that the slider has where its owner named none.
func (slider) ruled(q *models.Question, row *models.Question) *models.Question {
	low, high := q.SliderRange()
	places := q.SliderDecimals()
	row.Rules.Min, row.Rules.Max, row.Rules.Decimals = &low, &high, &places
	return row
}

func (slider) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return eachRow(q, func(row *models.Question) models.Answer { return number{}.parse(row, form, p) })
}

func (slider) fill(q *models.Question, a models.Answer, form url.Values) {
	for i := range q.Rows {
		if answer, ok := a.Rows[q.Rows[i].ID]; ok {
			number{}.fill(rowQuestion(q, &q.Rows[i]), answer, form)
		}
	}
}

func (t slider) validate(q *models.Question, a models.Answer, p *problems) {
	for i := range q.Rows {
		row := &q.Rows[i]
		answer := a.Rows[row.ID]
		if answer.Empty() && q.Required && row.Text != "" {
			p.add(partField(q, row.ID), "answer.error.required_slider", "Row", row.Text)
			continue
		}
		number{}.validate(t.ruled(q, rowQuestion(q, row)), answer, p)
	}
}

// fromAPI also takes the number of the only slider under the question's own name.
func (slider) fromAPI(q *models.Question, in *apiInput) models.Answer {
	return eachRow(q, func(row *models.Question) models.Answer {
		field := row.ID
		text, sent := in.text(field, maxDigits)
		if !sent && len(q.Rows) == 1 {
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
	})
}

func (slider) export(q *models.Question, a models.Answer, out *Export) {
	for i := range q.Rows {
		field := partField(q, q.Rows[i].ID)
		out.display(field, nil)
		if n := a.Rows[q.Rows[i].ID].Number; n != "" {
			out.Values[field] = n
		}
	}
}

func (slider) describe(q *models.Question, out *ResponseSchema) {
	for i := range q.Rows {
		part := partQuestion(q, &q.Rows[i])
		out.value(part, part.ID, Property{Type: "number"})
		out.display(part.ID, nil)
	}
}
