package survey_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// What the types accept and refuse beside what their round trips show.
func TestAnswersOfEachTypeAreHeldToItsRules(t *testing.T) {
	t.Parallel()
	three := []models.Choice{{ID: 1, Text: "A"}, {ID: 2, Text: "B"}, {ID: 3, Text: "C"}}
	rows := []models.Choice{{ID: 1, Text: "Food"}, {ID: 2, Text: "Room"}}
	ranking := func(r models.Rules, required bool) models.Question {
		return models.Question{Type: models.QuestionRanking, Choices: three, Rules: r, Required: required}
	}
	typed := func(kind models.QuestionType) models.Question { return models.Question{Type: kind} }
	dates := models.Question{Type: models.QuestionDate, Rules: models.Rules{Earliest: "2026-01-10", Latest: "2026-01-20"}}
	slider := models.Question{Type: models.QuestionSlider, Rows: rows, Required: true, Rules: models.Rules{Max: new(10.0)}}
	matrix := models.Question{Type: models.QuestionMatrix, Rows: rows, Choices: three, Required: true}
	boxes := models.Question{Type: models.QuestionMatrixMultiple, Rows: rows, Choices: []models.Choice{{ID: 1, Text: "A"}, {ID: 2, Text: "None", Exclusive: true}}, Rules: models.Rules{MaxChoices: 1, Message: "One!"}}
	for _, c := range []struct {
		name     string
		question models.Question
		form     string
		want     models.Answer
		problems string
	}{
		{"an optional ranking left alone", ranking(models.Rules{}, false), "QID1_1=&QID1_2=", models.Answer{}, ""},
		{"half a ranking", ranking(models.Rules{}, false), "QID1_1=1", models.Answer{Choices: []int{1}}, "QID1 answer.error.rank_all"},
		{"no ranking where one is required", ranking(models.Rules{}, true), "", models.Answer{}, "QID1 answer.error.rank_all"},
		{"a place twice", ranking(models.Rules{}, false), "QID1_1=1&QID1_2=1&QID1_3=2", models.Answer{Choices: []int{1, 2, 3}}, "QID1 answer.error.place_twice"},
		{"a place beyond the last", ranking(models.Rules{}, false), "QID1_1=4", models.Answer{}, "QID1 answer.error.place"},
		{"places with a gap", ranking(models.Rules{MaxChoices: 2}, true), "QID1_1=3&QID1_2=1", models.Answer{Choices: []int{2, 1}}, ""},
		{"more than may be ranked", ranking(models.Rules{MaxChoices: 2}, true), "QID1_1=1&QID1_2=2&QID1_3=3", models.Answer{Choices: []int{1, 2, 3}}, "QID1 answer.error.rank_most"},
		{"fewer than must be ranked", ranking(models.Rules{MinChoices: 2}, true), "QID1_1=1", models.Answer{Choices: []int{1}}, "QID1 answer.error.rank_least"},

		{"a row without its answer", matrix, "QID1_1=3", models.Answer{Rows: map[int]models.Answer{1: {Choices: []int{3}}}}, "QID1_2 answer.error.required_row"},
		{"two answers in a row", matrix, "QID1_1=3&QID1_1=2&QID1_2=1", models.Answer{Rows: map[int]models.Answer{1: {Choices: []int{2}}, 2: {Choices: []int{1}}}}, "QID1_1 answer.error.one_choice"},
		{"a column that is none", matrix, "QID1_1=9&QID1_2=1", models.Answer{Rows: map[int]models.Answer{2: {Choices: []int{1}}}}, "QID1_1 answer.error.choice"},
		{"none and another in a row", boxes, "QID1_1=1&QID1_1=2", models.Answer{Rows: map[int]models.Answer{1: {Choices: []int{1, 2}}}}, "QID1_1 answer.error.exclusive"},

		{"a slider beyond its end", slider, "QID1_1=11&QID1_2=0", models.Answer{Rows: map[int]models.Answer{1: {Number: "11"}, 2: {Number: "0"}}}, "QID1_1 answer.error.range"},
		{"decimals where a slider has none", slider, "QID1_1=1.5&QID1_2=0", models.Answer{Rows: map[int]models.Answer{1: {Number: "1.5"}, 2: {Number: "0"}}}, "QID1_1 answer.error.whole"},
		{"a slider that nobody moved", slider, "QID1_1=1", models.Answer{Rows: map[int]models.Answer{1: {Number: "1"}}}, "QID1_2 answer.error.required_slider"},
		{"a slider with words", slider, "QID1_1=x&QID1_2=1", models.Answer{Rows: map[int]models.Answer{1: {Text: "x"}, 2: {Number: "1"}}}, "QID1_1 answer.error.number"},

		{"a day too early", dates, "QID1=2026-01-09", models.Answer{Text: "2026-01-09"}, "QID1 answer.error.date_range"},
		{"the last day", dates, "QID1=2026-01-20", models.Answer{Text: "2026-01-20"}, ""},
		{"a day that no calendar has", dates, "QID1=2026-02-30", models.Answer{Text: "2026-02-30"}, "QID1 answer.error.date"},
		{"a day that can be read in two ways", dates, "QID1=01/02/2026", models.Answer{Text: "01/02/2026"}, "QID1 answer.error.date"},

		{"an address without a host", typed(models.QuestionEmail), "QID1=ada@", models.Answer{Text: "ada@"}, "QID1 answer.error.email"},
		{"an address with a name", typed(models.QuestionEmail), "QID1=" + url.QueryEscape("Ada <ada@example.com>"), models.Answer{Text: "Ada <ada@example.com>"}, "QID1 answer.error.email"},
		{"a number with an extension", typed(models.QuestionPhone), "QID1=" + url.QueryEscape("(020) 7946-0958 x12"), models.Answer{Text: "(020) 7946-0958 x12"}, ""},
		{"a number with too many digits", typed(models.QuestionPhone), "QID1=1234567890123456", models.Answer{Text: "1234567890123456"}, "QID1 answer.error.phone"},
		{"a number in words", typed(models.QuestionPhone), "QID1=call+me", models.Answer{Text: "call me"}, "QID1 answer.error.phone"},
		{"a script for an address", typed(models.QuestionURL), "QID1=javascript:alert(1)", models.Answer{Text: "javascript:alert(1)"}, "QID1 answer.error.url"},
		{"an address with a password", typed(models.QuestionURL), "QID1=" + url.QueryEscape("https://a:b@example.com"), models.Answer{Text: "https://a:b@example.com"}, "QID1 answer.error.url"},
		{"an address of one word", typed(models.QuestionURL), "QID1=localhost", models.Answer{Text: "localhost"}, "QID1 answer.error.url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.question.ID, c.question.Text = "QID1", "?"
			if wrong := survey.CheckQuestion(&c.question); len(wrong) > 0 {
				t.Fatalf("the question is not right: %v", wrong)
			}
			form, err := url.ParseQuery(c.form)
			if err != nil {
				t.Fatal(err)
			}
			answers, wrong := survey.ParseAnswers([]models.Question{c.question}, form)
			if d := cmp.Diff(c.want, answers["QID1"]); d != "" {
				t.Errorf("answer (-want +got):\n%s", d)
			}
			if got := keys(wrong); got != c.problems {
				t.Errorf("problems: got %q, want %q", got, c.problems)
			}
			for _, f := range wrong {
				if !i18n.Has(f.Key) {
					t.Errorf("the message %s does not exist", f.Key)
				}
			}
		})
	}
}

func TestQuestionsThatNobodyCouldAnswerAreRefused(t *testing.T) {
	t.Parallel()
	many := func(n int) []models.Choice {
		all := make([]models.Choice, n)
		for i := range all {
			all[i] = models.Choice{ID: i + 1, Text: "x"}
		}
		return all
	}
	for name, c := range map[string]struct {
		question models.Question
		field    string
	}{
		"a matrix without rows":         {models.Question{Type: models.QuestionMatrix, Choices: many(2)}, "rows"},
		"a matrix without columns":      {models.Question{Type: models.QuestionMatrix, Rows: many(2)}, "choices"},
		"a matrix of thousands":         {models.Question{Type: models.QuestionMatrix, Rows: many(101), Choices: many(20)}, "rows"},
		"rows without texts":            {models.Question{Type: models.QuestionSlider, Rows: []models.Choice{{ID: 1}, {ID: 2, Text: "x"}}}, "rows[0].text"},
		"a row twice":                   {models.Question{Type: models.QuestionSlider, Rows: []models.Choice{{ID: 1, Text: "x"}, {ID: 1, Text: "y"}}}, "rows[1].id"},
		"a slider from ten to nothing":  {models.Question{Type: models.QuestionSlider, Rows: many(1), Rules: models.Rules{Min: new(100.0)}}, "rules.max"},
		"a step beyond the range":       {models.Question{Type: models.QuestionSlider, Rows: many(1), Scale: models.Scale{Step: 101}}, "scale.step"},
		"a ranking of a hundred":        {models.Question{Type: models.QuestionRanking, Choices: many(100)}, "choices"},
		"an own text in a ranking":      {models.Question{Type: models.QuestionRanking, Choices: []models.Choice{{ID: 1, Text: "x", TextEntry: true}}}, "choices[0].text"},
		"a rating with one point":       {models.Question{Type: models.QuestionRating, Scale: models.Scale{Points: 1}}, "scale.points"},
		"a rating in hearts":            {models.Question{Type: models.QuestionRating, Scale: models.Scale{Shape: "hearts"}}, "scale.shape"},
		"endless words at an end":       {models.Question{Type: models.QuestionNPS, Scale: models.Scale{Low: strings.Repeat("x", 201)}}, "scale.low"},
		"a third answer beside yes, no": {models.Question{Type: models.QuestionYesNo, Choices: many(3)}, "choices"},
		"a consent with two boxes":      {models.Question{Type: models.QuestionConsent, Choices: many(2)}, "choices"},
		"a date that is none":           {models.Question{Type: models.QuestionDate, Rules: models.Rules{Earliest: "soon"}}, "rules.earliest"},
		"a rule of no days":             {models.Question{Type: models.QuestionDate, Rules: models.Rules{Day: "someday"}}, "rules.day"},
		"dates the wrong way round":     {models.Question{Type: models.QuestionDate, Rules: models.Rules{Earliest: "2026-02-01", Latest: "2026-01-01"}}, "rules.latest"},
	} {
		c.question.ID, c.question.Text = "QID1", "?"
		wrong := survey.CheckQuestion(&c.question)
		if len(wrong) == 0 || wrong[0].Field != c.field {
			t.Errorf("%s: %v", name, wrong)
		}
		for _, f := range wrong {
			if !i18n.Has(f.Key) {
				t.Errorf("the message %s does not exist", f.Key)
			}
		}
	}
}
