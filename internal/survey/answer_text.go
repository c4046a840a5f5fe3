package survey

import (
	"fmt"

	"surveyflow/models"
)

// AnswerLines gives an answer in words for people: a line for each chosen choice with the text beside it, the text or the
// number that was typed, and for questions with rows a line for each answered row. It is empty when nothing was answered.
// A choice that the question lacks is shown by its id.
func AnswerLines(q *models.Question, a models.Answer) []string {
	var lines []string
	for _, id := range a.Choices {
		lines = append(lines, choiceLine(q, id, a.Other[id]))
	}
	if a.Text != "" {
		lines = append(lines, a.Text)
	}
	if a.Number != "" {
		lines = append(lines, a.Number.String())
	}
	for i := range q.Rows {
		row := &q.Rows[i]
		for _, line := range AnswerLines(&models.Question{Type: q.Type, Choices: q.Choices}, a.Rows[row.ID]) {
			lines = append(lines, row.Text+": "+line)
		}
	}
	return lines
}

func choiceLine(q *models.Question, id int, other string) string {
	text := fmt.Sprintf("(%d)", id)
	if c := q.Choice(id); c != nil {
		text = c.Text
	}
	if other != "" {
		text += ": " + other
	}
	return text
}
