package survey_test

import (
	"encoding/json"
	"slices"
	"testing"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// colours is a survey of one question with three choices and one of rows, and the quotas that are given.
func colours(quotas ...models.Quota) models.SurveyDefinition {
	def := models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: []models.Question{
		{ID: "QID1", Type: models.QuestionSingleChoice, Text: "Colour?", Choices: []models.Choice{{ID: 1, Text: "Red"}, {ID: 2, Text: "<b>Dark</b> blue", Recode: "20"}, {ID: 3, Text: "None, really"}}},
		{ID: "QID2", Type: models.QuestionMultipleChoice, Text: "Colours?", Choices: []models.Choice{{ID: 1, Text: "Red"}, {ID: 2, Text: "Blue"}, {ID: 3, Text: "None, really"}}},
		{ID: "QID3", Type: models.QuestionMatrix, Text: "How?", Choices: []models.Choice{{ID: 1, Text: "Good"}, {ID: 2, Text: "Bad"}}, Rows: []models.Choice{{ID: 1, Text: "Food"}}},
	}}}}
	for _, q := range quotas {
		qsf.PutQuota(&def, q)
	}
	return def
}

func quotaOf(c *models.Condition) models.Quota {
	return models.Quota{ID: "QO_000000000000001", Name: "Reds", Limit: 5, Ends: true, Condition: c}
}

func label(id string) string { return "${q://" + id + "/ChoiceGroup/SelectedChoices}" }

func quotaWarnings(def *models.SurveyDefinition) []string {
	var keys []string
	for _, f := range survey.Warnings("S", def) {
		if f.Field == "QO_000000000000001" && f.Args["Quota"] == "Reds" {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

func TestQuotasWhoseConditionCannotHoldAreNamed(t *testing.T) {
	t.Parallel()
	const warning = "survey.warning.quota_"
	recode, row := "${q://QID1/SelectedChoicesRecode}", "${q://QID3/ChoiceGroup/SelectedAnswers/1}"
	for _, c := range []struct {
		models.Condition
		want string
	}{
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "Red"}, ""},
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "Dark blue"}, ""},
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "None, really"}, ""},
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "Crimson"}, "choice"},
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "20"}, "choice"}, // a value is no label
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: "Red, Dark blue"}, "choice"},
		{models.Condition{Left: label("QID1"), Operator: models.OpContains, Right: "Dark"}, ""},
		{models.Condition{Left: label("QID2"), Operator: models.OpEqualTo, Right: "Red, None, really"}, ""},
		{models.Condition{Left: label("QID2"), Operator: models.OpEqualTo, Right: "Red, Green"}, "choice"},
		{models.Condition{Left: recode, Operator: models.OpEqualTo, Right: "20"}, ""},
		{models.Condition{Left: recode, Operator: models.OpEqualTo, Right: "Red"}, "choice"},
		{models.Condition{Left: recode, Operator: models.OpSelected, Right: "7"}, "choice"},
		{models.Condition{Left: row, Operator: models.OpEqualTo, Right: "Bad"}, ""},
		{models.Condition{Left: row, Operator: models.OpEqualTo, Right: "Worse"}, "choice"},
		{models.Condition{Left: label("QID1"), Operator: models.OpEqualTo, Right: ""}, "nothing"},
		{models.Condition{Left: label("QID1"), Operator: models.OpEmpty}, ""},
		{models.Condition{Left: label("QID9"), Operator: models.OpEqualTo, Right: "Red"}, "unknown"},
		{models.Condition{Left: "${e://Field/x}", Operator: models.OpEqualTo, Right: "${q://QID9/QuestionText}"}, "unknown"},
		{models.Condition{Left: "${qo://QO_1/QuotaCount}", Operator: models.OpEqualTo, Right: "1"}, "token"},
	} {
		var want []string
		if c.want != "" {
			want = []string{warning + c.want}
		}
		inner := &models.Condition{All: []models.Condition{c.Condition, {Any: []models.Condition{c.Condition, {Left: "${e://Field/y}", Operator: models.OpNotEmpty}}}}}
		for _, condition := range []*models.Condition{&c.Condition, inner} {
			def := colours(quotaOf(condition))
			if got := slices.Compact(quotaWarnings(&def)); !slices.Equal(got, want) {
				t.Errorf("%s %s %q: the warnings are %v, want %v", c.Left, c.Operator, c.Right, got, want)
			}
		}
	}
	off := quotaOf(&models.Condition{Left: label("QID9"), Operator: models.OpEqualTo, Right: "Red"})
	off.Off = true
	if def := colours(off); len(quotaWarnings(&def)) != 0 {
		t.Error("a quota that is off is warned about")
	}
}

func TestAQuotaIsNamedWhenItsQuestionOrChoiceIsDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []models.Condition{
		{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpSelected, Right: "20"}, // which logic of the field says
		{Left: label("QID1"), Operator: models.OpEqualTo, Right: "Dark blue"},                 // which none says
	} {
		def := colours(quotaOf(&c))
		questions := def.Blocks[0].Questions
		questions[0].Choices = slices.Delete(slices.Clone(questions[0].Choices), 1, 2)
		if got := quotaWarnings(&def); len(got) != 1 || got[0] != "survey.warning.quota_lost" && got[0] != "survey.warning.quota_choice" {
			t.Errorf("without the choice the warnings are %v", got)
		}
		def.Blocks[0].Questions = questions[1:]
		if got := quotaWarnings(&def); !slices.Equal(got, []string{"survey.warning.quota_unknown"}) {
			t.Errorf("without the question the warnings are %v", got)
		}
	}
	def := colours()
	qsf.SetQuotas(&def, []json.RawMessage{json.RawMessage(`{"ID":"QO_000000000000001","Name":"Reds","Occurrences":1,"LogicType":"Cross"}`)})
	if got := quotaWarnings(&def); !slices.Equal(got, []string{"survey.warning.quota_unused"}) {
		t.Errorf("of a quota that is not used the warnings are %v", got)
	}
}

func TestANewLabelIsCarriedIntoConditions(t *testing.T) {
	t.Parallel()
	asks := func(right string) *models.Condition {
		return &models.Condition{Any: []models.Condition{{Left: label("QID1"), Operator: models.OpEqualTo, Right: right}, {Left: label("QID2"), Operator: models.OpEqualTo, Right: right}}}
	}
	def := colours(quotaOf(asks("Red")))
	def.Blocks[0].Questions[1].Display = asks("Red")
	rename := func(to ...string) {
		t.Helper()
		was := def.Blocks[0].Questions[0]
		choices := slices.Clone(was.Choices)
		for i, text := range to {
			choices[i].Text = text
		}
		def.Blocks[0].Questions[0].Choices = choices
		survey.CarryLabels(&def, &was)
	}
	says := func(right string) {
		t.Helper()
		quotas := qsf.QuotasInUse(&def)
		for _, c := range []*models.Condition{quotas[0].Condition, def.Blocks[0].Questions[1].Display} {
			if len(quotas) != 1 || c.Any[0].Right != right || c.Any[1].Right != "Red" {
				t.Errorf("the condition is %+v, want %q and Red", c, right)
			}
		}
	}
	rename("Crimson")
	says("Crimson")
	rename("<b>Dark</b> blue", "Crimson") // they change places
	says("Dark blue")
	rename("Same", "Same") // of which one was meant cannot be told any more
	says("Dark blue")
}

func TestChangesOfQuotasAreToldByName(t *testing.T) {
	t.Parallel()
	quota := func(id, name string, limit int64) models.Quota { return models.Quota{ID: id, Name: name, Limit: limit} }
	was := colours(quota("QO_000000000000001", "Kept", 1), quota("QO_000000000000002", "Gone", 1), quota("QO_000000000000003", "Higher", 1))
	is := colours(quota("QO_000000000000001", "Kept", 1), quota("QO_000000000000003", "Higher", 2), quota("QO_000000000000004", "New", 1))
	var got []string
	for _, c := range survey.Changes(&was, &is) {
		got = append(got, c.Field+" "+c.Key+" "+c.Args["Quota"].(string))
	}
	want := []string{" survey.change.quota.removed Gone", "QO_000000000000003 survey.change.quota.changed Higher", "QO_000000000000004 survey.change.quota.added New"}
	if !slices.Equal(got, want) {
		t.Errorf("the changes are %q", got)
	}
	if same := survey.Changes(&was, &was); len(same) != 0 {
		t.Errorf("of one and the same they are %v", same)
	}
}
