package survey

import (
	"fmt"
	"strconv"
	"strings"

	"surveyflow/models"
)

// AnswerLines gives an answer in words for people: a line for each chosen choice with the text beside it, the text or the
// number that was typed, and for questions with rows a line for each answered row. Ranked choices come with their places. It is empty when nothing was answered.
// A choice that the question lacks is shown by its id.
func AnswerLines(q *models.Question, a models.Answer) []string {
	var lines []string
	for i, id := range a.Choices {
		line := choiceLine(q, id, a.Other[id])
		if q.Type == models.QuestionRanking {
			line = strconv.Itoa(i+1) + ". " + line
		}
		lines = append(lines, line)
	}
	if a.Text != "" {
		lines = append(lines, a.Text)
	}
	if a.Number != "" {
		lines = append(lines, a.Number.String())
	}
	for i := range q.Rows {
		row := &q.Rows[i]
		line := strings.Join(AnswerLines(&models.Question{Choices: q.Choices}, a.Rows[row.ID]), ", ")
		if line != "" && row.Text != "" {
			line = row.Text + ": " + line
		}
		if line != "" {
			lines = append(lines, line)
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
