package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func feedback() *models.SurveyDefinition {
	return &models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How <b>satisfied</b>?", Choices: []models.Choice{{ID: 1, Text: "Very", Recode: "5"}, {ID: 2, Text: "Not at all", Recode: "1"}}},
			{ID: "QID2", Type: models.QuestionMultipleChoice, Text: "Where?", Choices: []models.Choice{{ID: 1, Text: "Web"}, {ID: 2, Text: "Phone"}, {ID: 3, Text: "Other", TextEntry: true}}},
			{ID: "QID3", Type: models.QuestionShortText, Text: "Why?"},
			{ID: "QID4", Type: models.QuestionNumber, Text: "How many?"},
			{ID: "QID5", Type: models.QuestionNPS, Text: "Recommend?"},
			{ID: "QID6", Type: models.QuestionLongText, Text: "More?"},
		}}},
		EmbeddedData: []models.EmbeddedField{{Name: "segment"}, {Name: "source", Default: "web"}},
	}
}

func answered() *workflow.Values {
	return &workflow.Values{Survey: feedback(), Snapshot: &models.Snapshot{
		V:        1,
		Response: &models.ResponseSnapshot{ID: "R_1", SurveyID: "SV_1", State: models.ResponseCompleted, Language: "en", Channel: models.ChannelLink, Progress: 100},
		Answers: models.Answers{
			"QID1": {Choices: []int{2}}, "QID2": {Choices: []int{1, 3}, Other: map[int]string{3: "a friend"}},
			"QID3": {Text: "  Too ${e://Field/segment} slow"}, "QID4": {Number: "12345678901234567890"}, "QID5": {Number: "3"},
		},
		Fields:  map[string]string{"segment": "gold"},
		Contact: &models.Person{FirstName: "Ada", Email: "ada@example.com"},
	}}
}

func TestConditionsCompareAsTheContractSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left     string
		operator models.Operator
		right    string
		want     bool
	}{
		{"${q://QID1/SelectedChoicesRecode}", models.OpLessThan, "3", true},
		{"${q://QID1/SelectedChoicesRecode}", models.OpEqualTo, "1.0", true}, // both numbers: as numbers
		{"${e://Field/segment}", models.OpEqualTo, "gold", true},
		{"${e://Field/segment}", models.OpEqualTo, "Gold", false}, // text: case counts
		{"${e://Field/segment}", models.OpLessThan, "3", false},   // no number: never less
		{"${e://Field/segment}", models.OpGreaterThanOrEqual, "3", false},
		{"${q://QID4/ChoiceTextEntryValue}", models.OpEqualTo, "12345678901234567890", true},
		{"${q://QID4/ChoiceTextEntryValue}", models.OpEqualTo, "12345678901234567891", false}, // digit for digit
		{"${q://QID4/ChoiceTextEntryValue}", models.OpGreaterThan, "12345678901234567889", true},
		{"${q://QID5/SelectedChoicesRecode}", models.OpLessThanOrEqual, "6", true},
		{"${q://QID6/ChoiceTextEntryValue}", models.OpEmpty, "", true},
		{"${q://QID6/ChoiceTextEntryValue}", models.OpNotEmpty, "", false},
		{"${m://Email}", models.OpNotEmpty, "", true},
		{"${q://QID3/ChoiceTextEntryValue}", models.OpContains, "slow", true},
		{"${q://QID3/ChoiceTextEntryValue}", models.OpDoesNotContain, "${e://Field/segment}", true}, // an answer's token stays text
		{"${m://Email}", models.OpMatchesRegex, `^[a-z]+@example\.com$`, true},
		{"${m://Email}", models.OpMatchesRegex, `^[A-Z]+@`, false},
		{"${q://QID2/SelectedChoicesRecode}", models.OpSelected, "3", true},
		{"${q://QID2/SelectedChoicesRecode}", models.OpSelected, "2", false},
		{"${q://QID2/ChoiceGroup/SelectedChoices}", models.OpSelected, "Web", true},
		{"${q://QID2/ChoiceGroup/SelectedChoices}", models.OpNotSelected, "Phone", true},
		{"${q://QID1/SelectedChoicesRecode}", models.OpSelected, "5", false},
		{"${e://Field/unknown}", models.OpNotEqualTo, "x", true},
	} {
		condition := &models.Condition{Left: c.left, Operator: c.operator, Right: c.right}
		compiled, err := workflow.CompileCondition(condition, "condition")
		if err != nil {
			t.Fatalf("%s %s %q: %v", c.left, c.operator, c.right, err)
		}
		v := answered()
		if got := compiled.True(v, v); got != c.want {
			t.Errorf("%s %s %q = %v; want %v", c.left, c.operator, c.right, got, c.want)
		}
	}
}

func TestGroupsOfConditionsNest(t *testing.T) {
	t.Parallel()
	yes := models.Condition{Left: "1", Operator: models.OpEqualTo, Right: "1"}
	no := models.Condition{Left: "1", Operator: models.OpEqualTo, Right: "2"}
	for _, c := range []struct {
		name string
		is   *models.Condition
		want bool
	}{
		{"none", nil, true},
		{"empty", &models.Condition{}, true},
		{"all", &models.Condition{All: []models.Condition{yes, yes}}, true},
		{"not all", &models.Condition{All: []models.Condition{yes, no}}, false},
		{"any", &models.Condition{Any: []models.Condition{no, yes}}, true},
		{"not any", &models.Condition{Any: []models.Condition{no, no}}, false},
		{"all of any", &models.Condition{All: []models.Condition{yes, {Any: []models.Condition{no, yes}}}}, true},
		{"any of all", &models.Condition{Any: []models.Condition{no, {All: []models.Condition{yes, no}}}}, false},
	} {
		compiled, err := workflow.CompileCondition(c.is, "condition")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		v := answered()
		if got := compiled.True(v, v); got != c.want {
			t.Errorf("%s = %v; want %v", c.name, got, c.want)
		}
	}
}

func TestBrokenConditionsSayWhere(t *testing.T) {
	t.Parallel()
	deep := models.Condition{Left: "1", Operator: models.OpEmpty}
	for range 20 {
		deep = models.Condition{All: []models.Condition{deep}}
	}
	for _, c := range []struct {
		field string
		is    *models.Condition
	}{
		{"condition.operator", &models.Condition{Left: "1", Operator: "near"}},
		{"condition.left", &models.Condition{Operator: models.OpEqualTo, Right: "1"}},
		{"condition.all[1].right", &models.Condition{All: []models.Condition{
			{Left: "1", Operator: models.OpEmpty},
			{Left: "1", Operator: models.OpMatchesRegex, Right: "("},
		}}},
		{"condition", &models.Condition{Left: "1", Operator: models.OpEmpty, All: []models.Condition{{}}}},
		{"condition" + strings.Repeat(".all[0]", 9), &deep},
	} {
		_, err := workflow.CompileCondition(c.is, "condition")
		e, ok := errors.AsType[*models.Error](err)
		if !ok || len(e.Fields) == 0 || e.Fields[0].Field != c.field {
			t.Errorf("%s: got %v", c.field, err)
		}
	}
}
