package workflow_test

import (
	"testing"
	"time"

	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func TestASampleHasAValueForEverythingThatCanBePiped(t *testing.T) {
	t.Parallel()
	low, high := 20.0, 30.0
	def := &models.SurveyDefinition{
		Language: "en", EmbeddedData: []models.EmbeddedField{{Name: "segment", Default: "gold"}, {Name: "ticket"}},
		Blocks: []models.Block{{Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionSingleChoice, Choices: []models.Choice{{ID: 4, Text: "Yes"}, {ID: 5, Text: "No"}}},
			{ID: "QID2", Type: models.QuestionMultipleChoice, Choices: []models.Choice{{ID: 1, Text: "None", Exclusive: true}, {ID: 2, Text: "A"}, {ID: 3, Text: "B"}, {ID: 4, Text: "C"}}},
			{ID: "QID3", Type: models.QuestionShortText, Rules: models.Rules{MaxLength: 6}},
			{ID: "QID4", Type: models.QuestionLongText, Rules: models.Rules{MinLength: 40}},
			{ID: "QID5", Type: models.QuestionNumber, Rules: models.Rules{Min: &low, Max: &high}},
			{ID: "QID6", Type: models.QuestionNPS},
			{ID: "QID7", Type: models.QuestionDropdown, Choices: []models.Choice{{ID: 1, Text: "Yes"}}},
			{ID: "QID8", Type: models.QuestionYesNo, Choices: []models.Choice{{ID: 1, Text: "Yes"}, {ID: 2, Text: "No"}}},
			{ID: "QID9", Type: models.QuestionConsent, Choices: []models.Choice{{ID: 1, Text: "Yes"}}},
			{ID: "QID15", Type: models.QuestionRanking, Choices: []models.Choice{{ID: 1, Text: "Yes"}}},
			{ID: "QID16", Type: models.QuestionMatrix, Rows: []models.Choice{{ID: 1, Text: "A"}}, Choices: []models.Choice{{ID: 1, Text: "Yes"}}},
			{ID: "QID17", Type: models.QuestionMatrixMultiple, Rows: []models.Choice{{ID: 1, Text: "A"}}, Choices: []models.Choice{{ID: 1, Text: "Yes"}}},
			{ID: "QID18", Type: models.QuestionSlider, Rows: []models.Choice{{ID: 1}}},
			{ID: "QID10", Type: models.QuestionRating},
			{ID: "QID11", Type: models.QuestionEmail},
			{ID: "QID12", Type: models.QuestionPhone},
			{ID: "QID13", Type: models.QuestionURL},
			{ID: "QID14", Type: models.QuestionDate},
		}}},
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := workflow.Sample(def, now)
	for _, kind := range models.QuestionTypes {
		found := false
		for _, q := range def.Questions() {
			found = found || !kind.Answered() || q.Type == kind && !s.Answers[q.ID].Empty()
		}
		if !found {
			t.Errorf("a question of type %s has no sample answer", kind)
		}
	}
	if got := s.Answers["QID2"].Choices; len(got) != 2 || got[0] != 2 {
		t.Errorf("of several choices a sample takes %v", got)
	}
	if s.Answers["QID5"].Number != "20" || len(s.Answers["QID3"].Text) > 6 || len(s.Answers["QID4"].Text) < 40 {
		t.Errorf("a sample breaks the rules: %+v", s.Answers)
	}
	if s.Fields["segment"] != "gold" || s.Fields["ticket"] == "" || s.Contact == nil || s.Response.ID == "" {
		t.Errorf("values are missing: %+v", s)
	}
	def.Anonymous = true
	if s := workflow.Sample(def, now); s.Contact != nil || s.Response.ID != "" {
		t.Errorf("a sample of an anonymous survey names somebody: %+v", s)
	}
}
