package qsf

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
)

// manyTexts is a survey with a text of every kind.
func manyTexts() *models.SurveyDefinition {
	return &models.SurveyDefinition{
		Language: "en", Languages: []string{"de", "pt-BR"}, Description: "About <strong>us</strong>", End: models.EndOfSurvey{Message: "Bye"}, Buttons: models.Buttons{Next: "On"},
		Blocks: []models.Block{{ID: "BL_000000000000001", Title: "Page", Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionSingleChoice, Text: "Which?", Help: "One", Choices: []models.Choice{{ID: 1, Text: "Red"}, {ID: 3, Text: "Blue"}}, NextChoiceID: 4, Rules: models.Rules{Message: "Choose"}},
			{ID: "QID2", Type: models.QuestionNPS, Text: "Would you?", Scale: models.Scale{Low: "Never", High: "Surely"}},
			{ID: "QID3", Type: models.QuestionMatrix, Text: "How was?", Rows: []models.Choice{{ID: 2, Text: "Food"}}, NextRowID: 3, Choices: []models.Choice{{ID: 1, Text: "Bad"}, {ID: 2, Text: "Good"}}, NextChoiceID: 3},
		}}},
	}
}

// said lists the texts of a definition in a language by their names.
func said(def *models.SurveyDefinition, tag string) map[string]string {
	all := map[string]string{}
	for _, t := range def.Texts("x") {
		if text := t.Translation(tag).Text; text != "" {
			all[t.Name] = text
		}
	}
	return all
}

func TestTranslationsComeBackFromAFile(t *testing.T) {
	t.Parallel()
	def := manyTexts()
	for _, text := range def.Texts("x") {
		text.Translate("de", "de "+text.Name)
		if text.Part == models.PartQuestionText {
			text.Translate("pt-BR", "pt "+text.Name) // the others are missing
		}
	}
	first := written(t, def)
	again, err := DecodeFile(first)
	if err != nil {
		t.Fatal(err)
	}
	back := &again.Definition
	if !slices.Equal(back.AllLanguages(), []string{"en", "de", "pt-BR"}) {
		t.Errorf("the languages are %v", back.AllLanguages())
	}
	if n := len(said(def, "de")); n < 18 {
		t.Errorf("only %d texts were tried: %v", n, slices.Sorted(maps.Keys(said(def, "de"))))
	}
	for _, tag := range def.Languages {
		if diff := cmp.Diff(said(def, tag), said(back, tag)); diff != "" {
			t.Errorf("%s (-written +read):\n%s", tag, diff)
		}
	}
	for _, text := range back.Texts("x") {
		if state := text.State("de"); state != models.TextTranslated {
			t.Errorf("%s is %s", text.Name, state)
		}
	}
	if second := written(t, back); string(second) != string(first) {
		t.Error(difference(string(first), string(second)))
	}
	// Qualtrics' own words say what it has words for.
	for _, part := range []string{`"PT-BR":{"QuestionText":"pt QID1_QuestionText"}`, `"Answers":{"1":{"Display":"de QID3_Choice1"}`} {
		if !strings.Contains(string(first), part) {
			t.Errorf("%s is not in the file", part)
		}
	}
}
