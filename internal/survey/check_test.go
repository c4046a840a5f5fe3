package survey_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func validDefinition() models.SurveyDefinition {
	return models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{{ID: "BL_000000000000001", Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How was it?", Choices: []models.Choice{{ID: 1, Text: "Good"}, {ID: 2, Text: "Bad"}}},
			{ID: "QID2", Type: models.QuestionShortText, Text: "Why?"},
		}}},
		EmbeddedData: []models.EmbeddedField{{Name: "segment", FromLink: true}},
	}
}

func TestCheckNamesWhatKeepsASurveyFromGoingLive(t *testing.T) {
	t.Parallel()
	question := func(i int, change func(q *models.Question)) func(*models.SurveyDefinition) {
		return func(d *models.SurveyDefinition) { change(&d.Blocks[0].Questions[i]) }
	}
	field := func(name string) func(*models.SurveyDefinition) {
		return func(d *models.SurveyDefinition) {
			d.EmbeddedData = append(d.EmbeddedData, models.EmbeddedField{Name: name})
		}
	}
	redirect := func(url string) func(*models.SurveyDefinition) {
		return func(d *models.SurveyDefinition) { d.End.Redirect = url }
	}
	for _, c := range []struct {
		name   string
		change func(d *models.SurveyDefinition)
		want   string
	}{
		{"nothing wrong", func(*models.SurveyDefinition) {}, ""},
		{"no question", func(d *models.SurveyDefinition) { d.Blocks[0].Questions = nil }, "blocks survey.error.no_questions"},
		{"no language", func(d *models.SurveyDefinition) { d.Language = "" }, "language survey.error.language"},
		{"a block id twice", func(d *models.SurveyDefinition) { d.Blocks = append(d.Blocks, models.Block{ID: "BL_000000000000001"}) }, "blocks[1].id survey.error.block_id"},
		{"a question id twice", question(1, func(q *models.Question) { q.ID, q.Tag = "QID1", "x" }), "QID1.id survey.error.question_id"},
		{"a question id of another shape", question(1, func(q *models.Question) { q.ID = "Q2" }), "Q2.id survey.error.question_id"},
		{"a tag that another question has", question(1, func(q *models.Question) { q.Tag = "q1" }), "QID2.tag question.error.tag_taken"},
		{"a tag with a space", question(1, func(q *models.Question) { q.Tag = "a b" }), "QID2.tag question.error.tag"},
		{"a tag in any script", question(1, func(q *models.Question) { q.Tag = "満足度_1" }), ""},
		{"no text", question(0, func(q *models.Question) { q.Text = " " }), "QID1.text question.error.no_text"},
		{"an unknown type", question(0, func(q *models.Question) { q.Type = "hologram" }), "QID1.type question.error.type"},
		{"no choices", question(0, func(q *models.Question) { q.Choices = nil }), "QID1.choices question.error.no_choices"},
		{"a choice without text", question(0, func(q *models.Question) { q.Choices[1].Text = "" }), "QID1.choices[1].text question.error.choice_text"},
		{"a choice id twice", question(0, func(q *models.Question) { q.Choices[1].ID = 1 }), "QID1.choices[1].id question.error.choice_id"},
		{"more choices asked for than there are", question(0, func(q *models.Question) { q.Type = models.QuestionMultipleChoice; q.Rules.MinChoices = 3 }), "QID1.rules.minChoices question.error.choice_count"},
		{"fewest over most", question(0, func(q *models.Question) {
			q.Type = models.QuestionMultipleChoice
			q.Rules.MinChoices, q.Rules.MaxChoices = 2, 1
		}), "QID1.rules.maxChoices question.error.min_over_max"},
		{"a pattern that cannot be read", question(1, func(q *models.Question) { q.Rules.Pattern = "(" }), "QID2.rules.pattern question.error.pattern"},
		{"a pattern that closes the group around it", question(1, func(q *models.Question) { q.Rules.Pattern = "a)|(b" }), "QID2.rules.pattern question.error.pattern"},
		{"a negative length", question(1, func(q *models.Question) { q.Rules.MinLength = -1 }), "QID2.rules.minLength question.error.length"},
		{"shortest over longest", question(1, func(q *models.Question) { q.Rules.MinLength, q.Rules.MaxLength = 5, 4 }), "QID2.rules.maxLength question.error.min_over_max"},
		{"least over most", question(1, func(q *models.Question) {
			q.Type, q.Rules.Min, q.Rules.Max = models.QuestionNumber, ptr(2.0), ptr(1.0)
		}), "QID2.rules.max question.error.min_over_max"},
		{"no finite limit", question(1, func(q *models.Question) { q.Type, q.Rules.Min = models.QuestionNumber, ptr(math.Inf(1)) }), "QID2.rules.min question.error.number"},
		{"too many decimals", question(1, func(q *models.Question) { q.Type, q.Rules.Decimals = models.QuestionNumber, ptr(11) }), "QID2.rules.decimals question.error.decimals"},
		{"a field without name", field(""), "embeddedData[1].name field.error.no_name"},
		{"a field twice", field("Segment"), "embeddedData[1].name field.error.twice"},
		{"a field like a question", field("qid7_TEXT"), "embeddedData[1].name field.error.question_name"},
		{"a field like metadata", field("StartDate"), "embeddedData[1].name field.error.reserved"},
		{"a field that no token can name", field("a}b"), "embeddedData[1].name field.error.name"},
		{"a field in any script", field("客户 group-1.b"), ""},
		{"an endless name", field(strings.Repeat("x", 101)), "embeddedData[1].name field.error.long_name"},
		{"too patient", func(d *models.SurveyDefinition) { d.PartialDays = 366 }, "partialDays survey.error.partial_days"},
		{"a redirect", redirect("https://example.com/end?id=${rm://Field/ResponseID}"), ""},
		{"a redirect by script", redirect("javascript:alert(1)"), "end.redirect survey.error.redirect"},
		{"a relative redirect", redirect("/next"), "end.redirect survey.error.redirect"},
		{"a redirect to a host that was answered", redirect("https://${q://QID2/ChoiceTextEntryValue}/x"), "end.redirect survey.error.redirect"},
		{"a redirect to a part of a host that was answered", redirect("https://${e://Field/segment}.example.com/"), "end.redirect survey.error.redirect"},
		{"a redirect with a password", redirect("https://a:b@example.com/"), "end.redirect survey.error.redirect"},
		{"a redirect with a second line", redirect("https://example.com/\r\nSet-Cookie: a=b"), "end.redirect survey.error.redirect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := validDefinition()
			c.change(&def)
			err := survey.Check(&def)
			var wrong []models.FieldError
			if e, ok := errors.AsType[*models.Error](err); ok {
				wrong = e.Fields
			} else if err != nil {
				t.Fatal(err)
			}
			if got := keys(wrong); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, f := range wrong {
				if !i18n.Has(f.Key) {
					t.Errorf("the message %s does not exist", f.Key)
				}
			}
		})
	}
}

func TestIdsAreNeverUsedAgain(t *testing.T) {
	t.Parallel()
	s := &models.Survey{Draft: models.JSON[models.SurveyDefinition]{V: survey.NewDefinition("en")}}
	first := s.Draft.V.Blocks[0].ID
	add := func(block string, kind models.QuestionType) string {
		t.Helper()
		q, err := survey.AddQuestion(s, block, kind)
		if err != nil {
			t.Fatal(err)
		}
		return q.ID
	}
	a, b := add(first, models.QuestionSingleChoice), add(first, models.QuestionNPS)
	if _, err := survey.RemoveQuestion(s, b); err != nil {
		t.Fatal(err)
	}
	copied, err := survey.CopyQuestion(s, a)
	if err != nil {
		t.Fatal(err)
	}
	if a != "QID1" || copied.ID != "QID3" {
		t.Errorf("got %s and its copy %s, want QID1 and QID3", a, copied.ID)
	}
	survey.AddChoice(copied, "third")
	if len(s.Draft.V.Question(a).Choices) != 2 {
		t.Error("a choice of the copy came into the original")
	}
	q := s.Draft.V.Question(a)
	if err := survey.DeleteChoice(q, 2); err != nil {
		t.Fatal(err)
	}
	if c := survey.AddChoice(q, "again"); c.ID != 3 {
		t.Errorf("the new choice has the id %d, want 3", c.ID)
	}
	survey.SetChoices(q, []models.Choice{{Text: "new"}, {ID: 3, Text: "kept"}, {ID: 99, Text: "foreign"}, {ID: 3, Text: "twice"}})
	var ids []int
	for _, c := range q.Choices {
		ids = append(ids, c.ID)
	}
	if len(ids) != 4 || ids[0] != 4 || ids[1] != 3 || ids[2] != 5 || ids[3] != 6 {
		t.Errorf("got choices %v, want [4 3 5 6]", ids)
	}
}

func TestPagesAndQuestionsMove(t *testing.T) {
	t.Parallel()
	s := &models.Survey{Draft: models.JSON[models.SurveyDefinition]{V: survey.NewDefinition("en")}}
	one := s.Draft.V.Blocks[0].ID
	if _, err := survey.RemoveBlock(s, one); models.ErrorCode(err) != models.CodeConflict {
		t.Errorf("deleting the only page: got %v, want a conflict", err)
	}
	block, err := survey.AddBlock(s, one)
	if err != nil {
		t.Fatal(err)
	}
	two := block.ID
	for range 3 {
		if _, err := survey.AddQuestion(s, one, models.QuestionShortText); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		survey.MoveQuestion(s, "QID3", one, 0),  // up
		survey.MoveQuestion(s, "QID1", two, 99), // to the next page
		survey.MoveBlock(s, two, 0),             // first page
		survey.MoveQuestion(s, "QID2", one, 1),  // where it is
		survey.MoveBlock(s, two, 0),             // where it is
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var order []string
	for _, q := range s.Draft.V.Questions() {
		order = append(order, q.ID)
	}
	if got := strings.Join(order, " "); got != "QID1 QID3 QID2" {
		t.Errorf("got %s", got)
	}
	if code := models.ErrorCode(survey.MoveQuestion(s, "QID9", one, 0)); code != models.CodeNotFound {
		t.Errorf("moving what is not there: got %q", code)
	}
	if _, err := survey.RemoveBlock(s, two); err != nil || len(s.Draft.V.Questions()) != 2 {
		t.Errorf("deleting a page: %v, %d questions left", err, len(s.Draft.V.Questions()))
	}
}
