package survey

import (
	"slices"
	"testing"

	"surveyflow/models"
)

func TestAnswersAreToldInWords(t *testing.T) {
	t.Parallel()
	choices := []models.Choice{{ID: 1, Text: "Good"}, {ID: 2, Text: "Other", TextEntry: true}}
	matrix := models.Question{Type: models.QuestionSingleChoice, Choices: choices, Rows: []models.Choice{{ID: 1, Text: "Food"}, {ID: 2, Text: "Room"}}}
	for _, c := range []struct {
		name     string
		question models.Question
		answer   models.Answer
		want     []string
	}{
		{"unanswered", models.Question{Choices: choices}, models.Answer{}, nil},
		{"choices with a text beside one", models.Question{Choices: choices}, models.Answer{Choices: []int{1, 2}, Other: map[int]string{2: "So-so"}}, []string{"Good", "Other: So-so"}},
		{"a choice that is gone", models.Question{Choices: choices}, models.Answer{Choices: []int{9}}, []string{"(9)"}},
		{"a text of two lines", models.Question{}, models.Answer{Text: "One\ntwo"}, []string{"One\ntwo"}},
		{"a number, digit for digit", models.Question{}, models.Answer{Number: "12345678901234567890.10"}, []string{"12345678901234567890.10"}},
		{"a matrix", matrix, models.Answer{Rows: map[int]models.Answer{2: {Choices: []int{1}}}}, []string{"Room: Good"}},
	} {
		if got := AnswerLines(&c.question, c.answer); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}
