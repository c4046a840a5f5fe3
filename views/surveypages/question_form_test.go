package surveypages

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

func TestEveryTypeOfQuestionHasAFormAndAName(t *testing.T) {
	t.Parallel()
	for _, kind := range models.QuestionTypes {
		if _, there := questionForms[kind]; !there {
			t.Errorf("there is no form for %s", kind)
		}
		for _, key := range []string{"survey.type." + string(kind), "survey.type.hint." + string(kind)} {
			if !i18n.Has(key) {
				t.Errorf("the text %s is missing", key)
			}
		}
		q := &QuestionForm{ID: "QID1", Type: kind, Choices: []ChoiceForm{{ID: 1, Text: "A"}, {Row: 1, ID: 2, Text: "B"}}}
		var page bytes.Buffer
		if err := questionForm(BuilderProps{Question: q}, 1).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(&page)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range doc.Find("[name]:not([type=hidden], button)").EachIter() {
			if doc.Find("label[for='"+field.AttrOr("id", "?")+"']").Length() == 0 {
				t.Errorf("the field %s of %s has no label", field.AttrOr("name", ""), kind)
			}
		}
	}
}
