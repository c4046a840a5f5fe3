package outboundwebhook

import (
	"encoding/json"
	"strconv"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// answer gives the value of a question (contract §7, Data labels); null when it is not answered.
func (f *form) answer(q *models.Question, a models.Answer) any {
	if a.Empty() {
		return nil
	}
	switch q.Type {
	case models.QuestionYesNo, models.QuestionConsent:
		return truth(a)
	case models.QuestionMatrix, models.QuestionMatrixMultiple:
		return f.rows(q, a)
	case models.QuestionSlider:
		if len(q.Rows) == 1 {
			return number(a.Rows[q.Rows[0].ID].Number)
		}
		return f.rows(q, a)
	case models.QuestionMultipleChoice, models.QuestionRanking:
		return f.several(q, a)
	case models.QuestionSingleChoice, models.QuestionDropdown:
		return f.one(q, a)
	case models.QuestionNPS, models.QuestionRating, models.QuestionNumber:
		return number(a.Number) // a text that is no number was not taken
	}
	return text(a.Text)
}

// truth gives the answer to a question of yes and no.
func truth(a models.Answer) any {
	if len(a.Choices) == 0 {
		return nil
	}
	return a.Choices[0] == models.ChoiceYes
}

// one gives the one chosen choice.
func (f *form) one(q *models.Question, a models.Answer) any {
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil {
			return f.choice(c)
		}
	}
	return nil
}

// several gives the chosen choices in the answer's order, which is the question's or, of a ranking, the respondent's.
func (f *form) several(q *models.Question, a models.Answer) any {
	out := []any{}
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil {
			out = append(out, f.choice(c))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// choice gives a choice as the task sends them.
func (f *form) choice(c *models.Choice) any {
	switch f.choices {
	case models.ChoiceRecodes:
		return recode(c)
	case models.ChoiceBoth:
		return object{{"value", recode(c)}, {"label", richtext.Line(c.Text)}}
	}
	return richtext.Line(c.Text)
}

// recode gives a recode value as a number when it is a whole one, as the response export does.
func recode(c *models.Choice) any {
	value := c.RecodeValue()
	if n, err := strconv.Atoi(value); err == nil && strconv.Itoa(n) == value {
		return json.Number(value)
	}
	return value
}

// rows gives the answers to rows by their labels: of a matrix choices, of sliders numbers. A row without an answer is null.
func (f *form) rows(q *models.Question, a models.Answer) any {
	out := make(object, 0, len(q.Rows))
	names := map[string]bool{}
	for i := range q.Rows {
		row := &q.Rows[i]
		given := a.Rows[row.ID]
		var value any
		switch {
		case given.Empty():
		case q.Type == models.QuestionSlider:
			value = number(given.Number)
		case q.Type == models.QuestionMatrixMultiple:
			value = f.several(q, given)
		default:
			value = f.one(q, given)
		}
		out = append(out, member{rowName(row, names), value})
	}
	return out
}

// rowName gives the label of a row. Where that says nothing, or another row's is the same, it is the row's recode value, or at
// last its id, so that no two rows have one name.
func rowName(row *models.Choice, taken map[string]bool) string {
	name := richtext.Line(row.Text)
	for _, other := range []string{row.RecodeValue(), "row_" + strconv.Itoa(row.ID)} {
		if name != "" && !taken[name] {
			break
		}
		name = other
	}
	taken[name] = true
	return name
}

// other gives what was typed beside a choice; where several choices ask for a text, an object by the choices' labels.
func (f *form) other(q *models.Question, a models.Answer) any {
	out, names := object{}, map[string]bool{}
	for i := range q.Choices {
		c := &q.Choices[i]
		if c.TextEntry {
			out = append(out, member{rowName(c, names), text(a.Other[c.ID])})
		}
	}
	if len(out) == 1 {
		return out[0].value
	}
	if len(a.Other) == 0 {
		return nil
	}
	if !q.Type.SeveralChoices() { // only one of them can be chosen
		for _, m := range out {
			if t, ok := m.value.(*string); ok && t != nil {
				return t
			}
		}
	}
	return out
}
