package survey_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestAQuestionIsCopiedToAnotherSurveyWithoutWhatCannotFollow(t *testing.T) {
	t.Parallel()
	from := models.SurveyDefinition{
		Languages: []string{"de", "sv"}, EmbeddedData: []models.EmbeddedField{{Name: "segment"}, {Name: "shop"}},
		Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionShortText, Text: "Your name?"},
			{
				ID: "QID2", Type: models.QuestionSingleChoice, Text: "Dear ${q://QID1/ChoiceTextEntryValue}, was ${e://Field/shop} & <b>all</b> well, ${e://Field/segment}?", Tag: "well",
				Help: "You said ${q://QID2/QuestionText}", Choices: []models.Choice{{ID: 1, Text: "Yes"}, {ID: 4, Text: "${q://QID1/ChoiceTextEntryValue} does not know"}},
				Display:      &models.Condition{Left: "${q://QID1/ChoiceTextEntryValue}", Operator: models.OpNotEmpty},
				Translations: models.Translations{"de": {"text": {Text: "Gut?"}}, "sv": {"text": {Text: "Bra?"}}},
			},
		}}},
	}
	to := &models.Survey{NextQID: 8, Draft: models.JSON[models.SurveyDefinition]{V: models.SurveyDefinition{
		Languages: []string{"sv"}, EmbeddedData: []models.EmbeddedField{{Name: "segment"}}, Blocks: []models.Block{{ID: "BL_1"}, {ID: "BL_2", Questions: []models.Question{{ID: "QID7", Type: models.QuestionShortText}}}},
	}}}
	q, left, err := survey.CopyQuestionTo(&from, "QID2", to)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]survey.Left{{Kind: survey.LeftLogic}, {Kind: survey.LeftAnswer, Name: "Your name?"}, {Kind: survey.LeftField, Name: "shop"}}, left); diff != "" {
		t.Errorf("left is (-want +got)\n%s", diff)
	}
	want := models.Question{
		ID: "QID8", Type: models.QuestionSingleChoice, Text: "Dear , was ${e://Field/shop} & <b>all</b> well, ${e://Field/segment}?", Tag: "well",
		Help: "You said ${q://QID8/QuestionText}", Choices: []models.Choice{{ID: 1, Text: "Yes"}, {ID: 4, Text: " does not know"}},
		Translations: models.Translations{"sv": {"text": {Text: "Bra?"}}},
	}
	if diff := cmp.Diff(want, *q); diff != "" {
		t.Errorf("the copy is (-want +got)\n%s", diff)
	}
	if got := to.Draft.V.Blocks[1].Questions; len(got) != 2 || len(to.Draft.V.Blocks[0].Questions) != 0 || len(from.Blocks[0].Questions[1].Translations) != 2 {
		t.Errorf("the surveys are %+v, %+v", to.Draft.V, from)
	}
	if again, _, err := survey.CopyQuestionTo(&from, "QID2", to); err != nil || again.Tag != "" || again.ID != "QID9" {
		t.Errorf("once more: %+v, %v", again, err)
	}
}
