package survey

import (
	"net/url"
	"strconv"

	"surveyflow/models"
)

// maxCells is how many cells a matrix may have: a page with more would be slow for who answers.
const maxCells = 2000

// matrix asks the same of several rows. Each is answered as a question of its own: one choice a row, or several.
type matrix struct {
	kind models.QuestionType
	row  questionType // how a row is answered
}

func (t matrix) name() models.QuestionType { return t.kind }

func (t matrix) check(q *models.Question, p *problems) {
	checkRows(q, p)
	checkChoices(q, p)
	if len(q.Rows)*len(q.Choices) > maxCells {
		p.add("rows", "question.error.too_many_cells", "Max", maxCells)
	}
	checkNoText(q, p)
	if t.kind == models.QuestionMatrixMultiple {
		checkChoiceRules(q, p)
	}
}

// checkNoText tells of choices that ask for a text where there is no place for one.
func checkNoText(q *models.Question, p *problems) {
	for i, c := range q.Choices {
		if c.TextEntry {
			p.add("choices["+strconv.Itoa(i)+"].text", "question.error.no_other")
		}
	}
}

func (t matrix) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return eachRow(q, func(row *models.Question) models.Answer { return t.row.parse(row, form, p) })
}

func (t matrix) fill(q *models.Question, a models.Answer, form url.Values) {
	for i := range q.Rows {
		t.row.fill(rowQuestion(q, &q.Rows[i]), a.Rows[q.Rows[i].ID], form)
	}
}

// validate names each row that lacks its answer, so that nobody has to look for it.
func (t matrix) validate(q *models.Question, a models.Answer, p *problems) {
	for i := range q.Rows {
		row := &q.Rows[i]
		answer := a.Rows[row.ID]
		if answer.Empty() {
			if q.Required {
				p.add(partField(q, row.ID), "answer.error.required_row", "Row", row.Text)
			}
			continue
		}
		t.row.validate(rowQuestion(q, row), answer, p)
	}
}

func (t matrix) fromAPI(q *models.Question, in *apiInput) models.Answer {
	return eachRow(q, func(row *models.Question) models.Answer { return t.row.fromAPI(row, in) })
}

func (t matrix) export(q *models.Question, a models.Answer, out *Export) {
	for i := range q.Rows {
		t.row.export(rowQuestion(q, &q.Rows[i]), a.Rows[q.Rows[i].ID], out)
	}
}

func (t matrix) describe(q *models.Question, out *ResponseSchema) {
	for i := range q.Rows {
		t.row.describe(partQuestion(q, &q.Rows[i]), out)
	}
}
