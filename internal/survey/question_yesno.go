package survey

import (
	"slices"
	"strings"

	"surveyflow/models"
)

// yesNo is a choice of two, whose answer is also a boolean: webhooks send it as one (contract §7, Data labels). Its owner
// words the two, and begins with recode values that "Boolean" casts understand.
type yesNo struct{ singleChoice }

func (yesNo) name() models.QuestionType { return models.QuestionYesNo }

func (yesNo) check(q *models.Question, p *problems) {
	checkFixedChoices(q, p, models.ChoiceYes, models.ChoiceNo)
}

// checkFixedChoices tells when a question has other choices than those that make its type.
func checkFixedChoices(q *models.Question, p *problems, ids ...int) {
	has := make([]int, len(q.Choices))
	for i, c := range q.Choices {
		has[i] = c.ID
	}
	if slices.Sort(has); !slices.Equal(has, ids) {
		p.add("choices", "question.error.fixed_choices", "Count", len(ids))
		return
	}
	checkChoices(q, p)
}

func (yesNo) fromAPI(q *models.Question, in *apiInput) models.Answer {
	text, _ := in.text(q.ID, maxDigits)
	if text == "" {
		return models.Answer{}
	}
	if id := truthFromAPI(q, text); id != 0 {
		return models.Answer{Choices: []int{id}}
	}
	in.problem(q.ID, "response.error.choice", "Value", text, "Question", q.ID)
	return models.Answer{}
}

// truthFromAPI gives the choice that a program means: it may send a boolean beside what it sends for other choices.
func truthFromAPI(q *models.Question, text string) int {
	if c := choiceFromAPI(q, text); c != nil {
		return c.ID
	}
	switch strings.ToLower(text) {
	case "true", "yes", "1":
		return models.ChoiceYes
	case "false", "no", "0":
		return models.ChoiceNo
	}
	return 0
}
