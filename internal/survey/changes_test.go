package survey_test

import (
	"slices"
	"testing"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestChangesAreToldInTheOrderOfTheSurvey(t *testing.T) {
	t.Parallel()
	make := func(change func(d *models.SurveyDefinition)) *models.SurveyDefinition {
		d := &models.SurveyDefinition{Language: "en", Blocks: []models.Block{
			{ID: "BL_1", Questions: []models.Question{
				{ID: "QID1", Text: "One", Choices: []models.Choice{{ID: 1, Text: "Yes"}, {ID: 2, Text: "No"}}}, {ID: "QID2", Text: "Two"},
			}},
			{ID: "BL_2", Questions: []models.Question{{ID: "QID3", Text: "Three"}}},
		}}
		change(d)
		return d
	}
	same := func(*models.SurveyDefinition) {}
	tests := map[string]struct {
		change func(d *models.SurveyDefinition)
		want   []string
	}{
		"nothing": {same, nil},
		"a text":  {func(d *models.SurveyDefinition) { d.Question("QID1").Text = "Uno" }, []string{"QID1 question.text"}},
		"only its look": {
			func(d *models.SurveyDefinition) { d.Question("QID1").Text = "<b>One</b>" }, []string{"QID1 question.look"},
		},
		"a question less": {func(d *models.SurveyDefinition) { d.Blocks[0].Questions = d.Blocks[0].Questions[:1] }, []string{" question.removed"}},
		"a question more": {
			func(d *models.SurveyDefinition) {
				d.Blocks[1].Questions = append(d.Blocks[1].Questions, models.Question{ID: "QID4", Text: "Four"})
			}, []string{"QID4 question.added"},
		},
		"another order": {func(d *models.SurveyDefinition) { slices.Reverse(d.Blocks[0].Questions) }, []string{" question.order"}},
		"another page": {
			func(d *models.SurveyDefinition) {
				d.Blocks[1].Questions = append(d.Blocks[1].Questions, d.Blocks[0].Questions[1])
				d.Blocks[0].Questions = d.Blocks[0].Questions[:1]
			}, []string{"QID2 question.page"},
		},
		"pages swapped": {func(d *models.SurveyDefinition) { slices.Reverse(d.Blocks) }, []string{" page.order"}},
		"a choice renamed and one gone": {
			func(d *models.SurveyDefinition) { d.Question("QID1").Choices = []models.Choice{{ID: 1, Text: "Yes!"}} },
			[]string{"QID1 choice.removed", "QID1 choice.text"},
		},
		"logic and options": {
			func(d *models.SurveyDefinition) {
				d.NoBack, d.Question("QID3").Required = true, true
				d.Question("QID3").Display = &models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpEqualTo, Right: "1"}
				d.EmbeddedData = []models.EmbeddedField{{Name: "segment"}}
			}, []string{" back.off", "QID3 question.required.on", "QID3 question.logic", " field.added"},
		},
	}
	for name, test := range tests {
		var got []string
		for _, c := range survey.Changes(make(same), make(test.change)) {
			got = append(got, c.Field+" "+c.Key[len("survey.change."):])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestACopyOfAPageNamesItsOwnQuestions(t *testing.T) {
	t.Parallel()
	s := &models.Survey{NextQID: 4, Draft: models.JSON[models.SurveyDefinition]{V: models.SurveyDefinition{Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
		{ID: "QID1", Tag: "score", Text: "Score"},
		{ID: "QID2", Text: "You said ${q://QID1/ChoiceTextEntryValue} and ${q://QID3/ChoiceTextEntryValue}", Display: &models.Condition{Left: "${q://QID1/ChoiceTextEntryValue}", Operator: models.OpNotEmpty}},
	}}, {ID: "BL_2", Questions: []models.Question{{ID: "QID3"}}}}}}}
	b, err := survey.CopyBlock(s, "BL_1")
	if err != nil {
		t.Fatal(err)
	}
	q := b.Questions
	if q[0].ID != "QID4" || q[0].Tag != "" || q[1].Text != "You said ${q://QID4/ChoiceTextEntryValue} and ${q://QID3/ChoiceTextEntryValue}" || q[1].Display.Left != "${q://QID4/ChoiceTextEntryValue}" {
		t.Errorf("the copy is %+v", q)
	}
	if s.Draft.V.Blocks[1].ID != b.ID || s.Draft.V.Question("QID2").Display.Left != "${q://QID1/ChoiceTextEntryValue}" {
		t.Errorf("the draft is %+v", s.Draft.V)
	}
}
