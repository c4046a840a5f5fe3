package survey_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func ptr[T any](v T) *T { return &v }

// A single choice with an own text, a multiple choice with an exclusive one, and the rest.
func exampleQuestions() map[string]models.Question {
	return map[string]models.Question{
		"single": {ID: "QID1", Type: models.QuestionSingleChoice, Text: "Single", Choices: []models.Choice{
			{ID: 1, Text: "Good", Recode: "5"}, {ID: 2, Text: "Bad"}, {ID: 3, Text: "Other", TextEntry: true},
		}},
		"multiple": {ID: "QID2", Type: models.QuestionMultipleChoice, Text: "Multiple", Choices: []models.Choice{
			{ID: 1, Text: "Web"}, {ID: 2, Text: "Phone"}, {ID: 4, Text: "Other", TextEntry: true}, {ID: 3, Text: "None", Exclusive: true},
		}},
		"short":  {ID: "QID3", Type: models.QuestionShortText, Text: "Short"},
		"long":   {ID: "QID4", Type: models.QuestionLongText, Text: "Long"},
		"number": {ID: "QID5", Type: models.QuestionNumber, Text: "Number"},
		"nps":    {ID: "QID6", Type: models.QuestionNPS, Text: "NPS"},
	}
}

func with(name string, change func(q *models.Question)) models.Question {
	q := exampleQuestions()[name]
	change(&q)
	return q
}

func required(name string) models.Question {
	return with(name, func(q *models.Question) { q.Required = true })
}

func TestFormValuesBecomeAnswers(t *testing.T) {
	t.Parallel()
	plain := exampleQuestions()
	ruled := func(name string, r models.Rules) models.Question {
		return with(name, func(q *models.Question) { q.Rules = r })
	}
	for _, c := range []struct {
		name     string
		question models.Question
		form     string
		want     models.Answer
		problems string // fields and keys, joined by spaces
	}{
		{"one choice", plain["single"], "QID1=1", models.Answer{Choices: []int{1}}, ""},
		{"nothing chosen", plain["single"], "", models.Answer{}, ""},
		{"the first line of a dropdown", with("single", func(q *models.Question) { q.Type = models.QuestionDropdown }), "QID1=", models.Answer{}, ""},
		{"nothing chosen where it is required", required("single"), "", models.Answer{}, "QID1 answer.error.required_choice"},
		{"an unknown choice", plain["single"], "QID1=9", models.Answer{}, "QID1 answer.error.choice"},
		{"a choice that is no number", plain["single"], "QID1=abc", models.Answer{}, "QID1 answer.error.choice"},
		{"two choices of a single one", plain["single"], "QID1=1&QID1=2", models.Answer{Choices: []int{1}}, "QID1 answer.error.one_choice"},
		{"a choice with its text", plain["single"], "QID1=3&QID1_3_TEXT=+by+bus ", models.Answer{Choices: []int{3}, Other: map[int]string{3: "by bus"}}, ""},
		{"a text beside no choice chooses it", plain["single"], "QID1_3_TEXT=bus", models.Answer{Choices: []int{3}, Other: map[int]string{3: "bus"}}, ""},
		{"a text beside another choice does not count", plain["single"], "QID1=1&QID1_3_TEXT=bus", models.Answer{Choices: []int{1}}, ""},
		{"a text for a choice that takes none", plain["single"], "QID1=1&QID1_1_TEXT=bus", models.Answer{Choices: []int{1}}, ""},
		{"a missing text where the answer is optional", plain["single"], "QID1=3", models.Answer{Choices: []int{3}}, ""},
		{"a missing text where the answer is required", required("single"), "QID1=3", models.Answer{Choices: []int{3}}, "QID1_3_TEXT answer.error.other"},
		{"an endless text beside a choice is cut", plain["single"], "QID1=3&QID1_3_TEXT=" + strings.Repeat("x", 1001), models.Answer{Choices: []int{3}, Other: map[int]string{3: strings.Repeat("x", 1000)}}, "QID1_3_TEXT answer.error.max_length"},

		{"several choices in the question's order", plain["multiple"], "QID2=4&QID2=1&QID2=1", models.Answer{Choices: []int{1, 4}}, ""},
		{"none where one is required", required("multiple"), "", models.Answer{}, "QID2 answer.error.required_choices"},
		{"an exclusive choice alone", ruled("multiple", models.Rules{MinChoices: 2}), "QID2=3", models.Answer{Choices: []int{3}}, ""},
		{"an exclusive choice with another", plain["multiple"], "QID2=3&QID2=1", models.Answer{Choices: []int{1, 3}}, "QID2 answer.error.exclusive"},
		{"too few choices", ruled("multiple", models.Rules{MinChoices: 2}), "QID2=1", models.Answer{Choices: []int{1}}, "QID2 answer.error.min_choices"},
		{"no choice where two are asked for, but none required", ruled("multiple", models.Rules{MinChoices: 2}), "", models.Answer{}, ""},
		{"too many choices", ruled("multiple", models.Rules{MaxChoices: 1}), "QID2=1&QID2=2", models.Answer{Choices: []int{1, 2}}, "QID2 answer.error.max_choices"},
		{"a text ticks its choice", plain["multiple"], "QID2=1&QID2_4_TEXT=fax", models.Answer{Choices: []int{1, 4}, Other: map[int]string{4: "fax"}}, ""},
		{"the owner's own words", ruled("multiple", models.Rules{MaxChoices: 1, Message: "One only"}), "QID2=1&QID2=2", models.Answer{Choices: []int{1, 2}}, "QID2 answer.error.rule"},

		{"a short text on one line", plain["short"], "QID3=+two%0D%0Alines%00 ", models.Answer{Text: "two  lines"}, ""},
		{"blanks are no answer", required("short"), "QID3=+%09", models.Answer{}, "QID3 answer.error.required_text"},
		{"characters are counted, not bytes", ruled("short", models.Rules{MaxLength: 3}), "QID3=" + url.QueryEscape("åßç"), models.Answer{Text: "åßç"}, ""},
		{"too short", ruled("short", models.Rules{MinLength: 3}), "QID3=ab", models.Answer{Text: "ab"}, "QID3 answer.error.min_length"},
		{"too long", ruled("short", models.Rules{MaxLength: 3}), "QID3=abcd", models.Answer{Text: "abcd"}, "QID3 answer.error.max_length"},
		{"longer than any text", plain["short"], "QID3=" + strings.Repeat("x", survey.MaxText+5), models.Answer{Text: strings.Repeat("x", survey.MaxText)}, "QID3 answer.error.max_length"},
		{"a pattern matches", ruled("short", models.Rules{Pattern: "[A-Z]{2}|x"}), "QID3=AB", models.Answer{Text: "AB"}, ""},
		{"a pattern has to match all of it", ruled("short", models.Rules{Pattern: "[A-Z]{2}|x"}), "QID3=ABC", models.Answer{Text: "ABC"}, "QID3 answer.error.pattern"},
		{"broken UTF-8 is mended", plain["short"], "QID3=a%FFb", models.Answer{Text: "a\uFFFDb"}, ""},

		{"a long text keeps its lines", plain["long"], "QID4=one%0D%0Atwo%0D%0A", models.Answer{Text: "one\ntwo"}, ""},
		{"a long text that is required", required("long"), "QID4=", models.Answer{}, "QID4 answer.error.required_text"},

		{"a number", plain["number"], "QID5=42", models.Answer{Number: "42"}, ""},
		{"digits are kept", plain["number"], "QID5=0123456789012345678901234567890.10", models.Answer{Number: "123456789012345678901234567890.10"}, ""},
		{"a negative number", plain["number"], "QID5=-007.5", models.Answer{Number: "-7.5"}, ""},
		{"no negative zero", plain["number"], "QID5=-0", models.Answer{Number: "0"}, ""},
		{"a number that begins with its point", plain["number"], "QID5=.5", models.Answer{Number: "0.5"}, ""},
		{"a decimal comma", plain["number"], "QID5=3,14", models.Answer{Number: "3.14"}, ""},
		{"a comma after a zero", plain["number"], "QID5=0,125", models.Answer{Number: "0.125"}, ""},
		{"a comma that may be both", plain["number"], "QID5=1,234", models.Answer{Text: "1,234"}, "QID5 answer.error.number_ambiguous"},
		{"a comma and a point", plain["number"], "QID5=1,234.5", models.Answer{Text: "1,234.5"}, "QID5 answer.error.number"},
		{"spaces between thousands", plain["number"], "QID5=" + url.QueryEscape("1\u202f234\u00a0567,8"), models.Answer{Number: "1234567.8"}, ""},
		{"spaces elsewhere", plain["number"], "QID5=1+2", models.Answer{Text: "1 2"}, "QID5 answer.error.number"},
		{"digits of another script", plain["number"], "QID5=" + url.QueryEscape("\u2212٣٤٫٥"), models.Answer{Number: "-34.5"}, ""},
		{"no number", plain["number"], "QID5=many", models.Answer{Text: "many"}, "QID5 answer.error.number"},
		{"no exponents in forms", plain["number"], "QID5=1e9", models.Answer{Text: "1e9"}, "QID5 answer.error.number"},
		{"a required number", required("number"), "QID5=", models.Answer{}, "QID5 answer.error.required_number"},
		{"below the least", ruled("number", models.Rules{Min: ptr(0.5)}), "QID5=0.4999", models.Answer{Number: "0.4999"}, "QID5 answer.error.min"},
		{"the least itself", ruled("number", models.Rules{Min: ptr(0.5)}), "QID5=0.5", models.Answer{Number: "0.5"}, ""},
		{"above the most", ruled("number", models.Rules{Max: ptr(10.0)}), "QID5=10.0000000000000000001", models.Answer{Number: "10.0000000000000000001"}, "QID5 answer.error.max"},
		{"outside of a range", ruled("number", models.Rules{Min: ptr(1.0), Max: ptr(10.0)}), "QID5=11", models.Answer{Number: "11"}, "QID5 answer.error.range"},
		{"decimals where there are none", ruled("number", models.Rules{Decimals: ptr(0)}), "QID5=1.5", models.Answer{Number: "1.5"}, "QID5 answer.error.whole"},
		{"too many decimals", ruled("number", models.Rules{Decimals: ptr(1)}), "QID5=1.55", models.Answer{Number: "1.55"}, "QID5 answer.error.decimals"},

		{"a score", plain["nps"], "QID6=10", models.Answer{Number: "10"}, ""},
		{"the worst score is an answer", required("nps"), "QID6=0", models.Answer{Number: "0"}, ""},
		{"no score", required("nps"), "", models.Answer{}, "QID6 answer.error.required_score"},
		{"a score beyond the scale", plain["nps"], "QID6=11", models.Answer{}, "QID6 answer.error.score"},
		{"a score that is no number", plain["nps"], "QID6=x", models.Answer{}, "QID6 answer.error.score"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form, err := url.ParseQuery(c.form)
			if err != nil {
				t.Fatal(err)
			}
			answers, wrong := survey.ParseAnswers([]models.Question{c.question}, form)
			if d := cmp.Diff(c.want, answers[c.question.ID]); d != "" {
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

func keys(wrong []models.FieldError) string {
	var all []string
	for _, f := range wrong {
		all = append(all, f.Field+" "+f.Key)
	}
	return strings.Join(all, " ")
}

func TestAnAnswerComesBackIntoItsForm(t *testing.T) {
	t.Parallel()
	questions := slices.SortedFunc(maps.Values(exampleQuestions()), func(a, b models.Question) int { return strings.Compare(a.ID, b.ID) })
	sent := url.Values{
		"QID1": {"3"}, "QID1_3_TEXT": {"bus"}, "QID2": {"1", "4"}, "QID2_4_TEXT": {"fax"},
		"QID3": {"one line"}, "QID4": {"two\nlines"}, "QID5": {"1.50"}, "QID6": {"0"},
	}
	answers, wrong := survey.ParseAnswers(questions, sent)
	if len(wrong) > 0 {
		t.Fatalf("unexpected problems: %v", wrong)
	}
	text, err := models.MarshalJSON(answers) // as the database keeps them
	if err != nil {
		t.Fatal(err)
	}
	var kept models.JSON[models.Answers]
	if err := kept.Scan(text); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sent, survey.FormValues(questions, kept.V)); d != "" {
		t.Errorf("form (-sent +shown):\n%s", d)
	}
}

func TestWhatIsNoNumberIsShownAgainAfterGoingBack(t *testing.T) {
	t.Parallel()
	questions := []models.Question{exampleQuestions()["number"]}
	answers, _ := survey.ParseAnswers(questions, url.Values{"QID5": {"about 5"}})
	if got := survey.FormValues(questions, answers).Get("QID5"); got != "about 5" {
		t.Errorf("got %q", got)
	}
}

func TestANewQuestionOfEveryTypeCanBeAskedOnceItHasItsTexts(t *testing.T) {
	t.Parallel()
	for _, kind := range models.QuestionTypes {
		s := &models.Survey{}
		s.Draft.V = survey.NewDefinition("en")
		q, err := survey.AddQuestion(s, s.Draft.V.Blocks[0].ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		q.Text = "?"
		for i := range q.Choices {
			q.Choices[i].Text += "a"
		}
		for i := range q.Rows {
			q.Rows[i].Text += "a"
		}
		if wrong := survey.CheckQuestion(q); len(wrong) > 0 {
			t.Errorf("%s: %v", kind, wrong)
		}
	}
}

func TestExportGivesValuesAndLabels(t *testing.T) {
	t.Parallel()
	questions := slices.SortedFunc(maps.Values(exampleQuestions()), func(a, b models.Question) int { return strings.Compare(a.ID, b.ID) })
	def := &models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: "BL_1", Questions: questions}}}
	answers, _ := survey.ParseAnswers(questions, url.Values{
		"QID1": {"1"}, "QID2": {"1", "4"}, "QID2_4_TEXT": {"fax"}, "QID3": {"x"}, "QID5": {"12345678901234567890.0"}, "QID6": {"9"},
	})
	at := start.Add(1500 * 1e6)
	r := &models.Response{
		ID: "R_1", State: models.ResponseCompleted, Channel: models.ChannelLink, Language: "pt-BR", StartedAt: start, RecordedAt: &at,
		Answers: models.JSON[models.Answers]{V: answers}, Fields: models.JSON[map[string]string]{V: map[string]string{"segment": "gold", "finished": "no"}},
	}
	got, err := json.Marshal(survey.ExportResponse(def, r))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"responseId":"R_1","values":{"QID1":5,"QID2":["1","4"],"QID2_4_TEXT":"fax","QID3_TEXT":"x","QID5_TEXT":"12345678901234567890.0","QID6":9,` +
		`"_recordId":"R_1","distributionChannel":"anonymous","duration":1,"endDate":"2026-11-22T10:00:01Z","finished":1,"progress":100,` +
		`"recordedDate":"2026-11-22T10:00:01.500Z","segment":"gold","startDate":"2026-11-22T10:00:00Z","status":0,"userLanguage":"PT-BR"},` +
		`"labels":{"QID1":"Good","QID2":["Web","Other"],"QID6":"9","finished":"True","status":"IP Address"},` +
		`"displayedFields":["QID1","QID2","QID3_TEXT","QID4_TEXT","QID5_TEXT","QID6"],` +
		`"displayedValues":{"QID1":[5,2,3],"QID2":[1,2,4,3],"QID6":[0,1,2,3,4,5,6,7,8,9,10]}}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("export (-want +got):\n%s", d)
	}
}

// FuzzParseAnswers holds that no form makes the parser panic, and that what it accepted is valid when it is read again.
func FuzzParseAnswers(f *testing.F) {
	for _, seed := range []string{"QID1=1&QID2=1&QID2=3", "QID1=3&QID1_3_TEXT=%00%ff", "QID5=1,234", "QID5=-.&QID6=99999999999999999999", "QID3=" + strings.Repeat("%F0", 50)} {
		f.Add(seed)
	}
	questions := slices.Collect(maps.Values(exampleQuestions()))
	f.Fuzz(func(t *testing.T, body string) {
		form, _ := url.ParseQuery(body)
		answers, wrong := survey.ParseAnswers(questions, form)
		shown := survey.FormValues(questions, answers)
		again, still := survey.ParseAnswers(questions, shown)
		if len(wrong) == 0 && len(still) > 0 {
			t.Errorf("accepted %q, but not as it is shown again (%v): %v", body, shown, still)
		}
		if len(wrong) == 0 {
			if d := cmp.Diff(answers, again); d != "" {
				t.Errorf("the second reading differs:\n%s", d)
			}
		}
	})
}
