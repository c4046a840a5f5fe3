package survey

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"surveyflow/models"
)

// MaxRows is how many rows a matrix, and how many sliders a slider question may have.
const MaxRows = 200

// checkRows tells what is wrong with the rows of a question. A single slider needs no text beside it.
func checkRows(q *models.Question, p *problems) {
	switch {
	case len(q.Rows) == 0:
		p.add("rows", "question.error.no_rows")
	case len(q.Rows) > MaxRows:
		p.add("rows", "question.error.too_many_rows", "Max", MaxRows)
		return
	}
	seen := map[int]bool{}
	for i, r := range q.Rows {
		at := "rows[" + strconv.Itoa(i) + "]"
		if r.ID < 1 || seen[r.ID] {
			p.add(at+".id", "question.error.row_id", "ID", r.ID)
		}
		seen[r.ID] = true
		if strings.TrimSpace(r.Text) == "" && (q.Type != models.QuestionSlider || len(q.Rows) > 1) {
			p.add(at+".text", "question.error.row_text", "Number", i+1)
		}
		if utf8.RuneCountInString(r.Text) > maxOther {
			p.add(at+".text", "question.error.too_long", "Max", maxOther)
		}
		if utf8.RuneCountInString(r.Recode) > 100 {
			p.add(at+".recode", "question.error.too_long", "Max", 100)
		}
	}
}

// rowQuestion makes a question of one row: with the choices and rules of the whole, under the name "QID1_3".
func rowQuestion(q *models.Question, row *models.Choice) *models.Question {
	return &models.Question{ID: partField(q, row.ID), Type: q.Type, Text: row.Text, Required: q.Required, Choices: q.Choices, Rules: q.Rules, Scale: q.Scale}
}

// eachRow gathers the answers to the rows of a question.
func eachRow(q *models.Question, read func(row *models.Question) models.Answer) models.Answer {
	var a models.Answer
	for i := range q.Rows {
		if answer := read(rowQuestion(q, &q.Rows[i])); !answer.Empty() {
			if a.Rows == nil {
				a.Rows = map[int]models.Answer{}
			}
			a.Rows[q.Rows[i].ID] = answer
		}
	}
	return a
}
