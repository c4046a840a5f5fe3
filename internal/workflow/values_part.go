package workflow

import (
	"strconv"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// find gives what a name of a question's kind stands for, with its answer: the question, or a part of one (QID4_2) as a
// question of its own. It is nil when there is neither.
func (v *Values) find(name string) (*models.Question, models.Answer) {
	if v.Survey == nil {
		return nil, models.Answer{}
	}
	if q := v.Survey.Question(name); q != nil {
		return q, v.Snapshot.Answers[name]
	}
	id, part, ok := models.SplitPart(name)
	if q := v.Survey.Question(id); ok && q != nil {
		return partOf(q, v.Snapshot.Answers[id], part)
	}
	return nil, models.Answer{}
}

// partOf makes a question of a part of one: of a matrix with its columns as choices.
func partOf(q *models.Question, a models.Answer, id int) (*models.Question, models.Answer) {
	part := q.Part(id)
	if part == nil {
		return nil, models.Answer{}
	}
	one := &models.Question{ID: q.ID, Text: part.Text}
	if q.Type != models.QuestionRanking {
		one.Choices = q.Choices
	}
	return one, q.PartAnswer(a, id)
}

// answerPaths are Qualtrics' names for the answer of one row of a matrix, with ours for the same of a question.
var answerPaths = map[string]string{
	"SelectedAnswerRecode": "SelectedChoicesRecode", "SelectedChoicesRecode": "SelectedChoicesRecode",
	"ChoiceGroup/SelectedAnswers": "ChoiceGroup/SelectedChoices", "ChoiceGroup/SelectedChoices": "ChoiceGroup/SelectedChoices",
	"ChoiceNumericEntryValue": "ChoiceNumericEntryValue", "ChoiceTextEntryValue": "ChoiceTextEntryValue",
}

// partValue answers a path that names a row of a question, or the place of a choice in a ranking.
func partValue(q *models.Question, a models.Answer, path string, id int) (pipedtext.Value, bool) {
	inner, known := answerPaths[path]
	if !known || id == 0 || q.Part(id) == nil {
		return pipedtext.Value{}, false
	}
	one, given := partOf(q, a, id)
	if given.Empty() {
		return pipedtext.Value{}, true
	}
	return answer(one, given, inner, 0), true
}

// namesPart gives the name of the part that a token asks for ("QID4/SelectedAnswerRecode/2" is "QID4_2"), else of the whole.
func namesPart(ref pipedtext.Ref) string {
	path, id, cut := cutPart(ref.Path)
	if _, known := answerPaths[path]; known && cut && strings.Contains(path, "Answer") {
		return ref.Name + "_" + strconv.Itoa(id)
	}
	return ref.Name
}

// inRows gives the answers to all rows in words: "Food: Good; Room: Bad". That of a single row without a name is itself.
func inRows(q *models.Question, a models.Answer, path string) pipedtext.Value {
	var all []string
	for i := range q.Rows {
		value, _ := partValue(q, a, path, q.Rows[i].ID)
		label := richtext.Line(q.Rows[i].Text)
		switch {
		case value.Missing():
			continue
		case label == "" && len(q.Rows) == 1:
			return value
		}
		all = append(all, label+": "+value.String())
	}
	if len(all) == 0 {
		return pipedtext.Value{}
	}
	return pipedtext.Text(strings.Join(all, "; "))
}
