package survey_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// roundTrip is one answer to one question on its way: typed into a form, stored, shown again, exported, sent back by the
// API, piped into texts.
type roundTrip struct {
	question models.Question // without id and text
	form     string
	answer   models.Answer
	lines    string            // in words, joined by " | "
	values   string            // what the API gives of the question
	piped    map[string]string // paths of ${q://QID1/…}, or whole names behind q://
	chosen   []string          // what "selected" conditions find
}

// roundTrips has at least one row for every type; a test fails when one has none.
func roundTrips() map[models.QuestionType]roundTrip {
	fruit := []models.Choice{{ID: 1, Text: "Apple", Recode: "30"}, {ID: 2, Text: "Pear"}, {ID: 4, Text: "Other", TextEntry: true}}
	typed := func(form, text string) roundTrip {
		return roundTrip{
			form: "QID1=" + url.QueryEscape(form), answer: models.Answer{Text: text}, lines: text,
			values: string(marshal(map[string]any{"QID1_TEXT": text})), piped: map[string]string{"ChoiceTextEntryValue": text},
		}
	}
	scored := func(q models.Question, n string) roundTrip {
		return roundTrip{
			question: q, form: "QID1=" + n, answer: models.Answer{Number: json.Number(n)}, lines: n, values: `{"QID1":` + n + `}`,
			piped: map[string]string{"ChoiceTextEntryValue": n, "SelectedChoicesRecode": n, "ChoiceGroup/SelectedChoices": n}, chosen: []string{n},
		}
	}
	one := roundTrip{
		question: models.Question{Choices: fruit}, form: "QID1=4&QID1_4_TEXT=fig",
		answer: models.Answer{Choices: []int{4}, Other: map[int]string{4: "fig"}}, lines: "Other: fig", values: `{"QID1":4,"QID1_4_TEXT":"fig"}`,
		piped: map[string]string{
			"ChoiceGroup/SelectedChoices": "Other", "ChoiceGroup/SelectedChoicesTextEntry": "fig", "SelectedChoicesRecode": "4",
			"ChoiceTextEntryValue/4": "fig", "SelectedChoicesCount": "1", "ChoiceGroup/UnselectedChoices": "Apple, Pear",
		},
		chosen: []string{"4", "Other"},
	}
	decimals, rooms := 2, []models.Choice{{ID: 1, Text: "Food"}, {ID: 3, Text: "Room"}}
	return map[models.QuestionType]roundTrip{
		models.QuestionSingleChoice: one,
		models.QuestionDropdown:     one,
		models.QuestionMultipleChoice: {
			question: models.Question{Choices: fruit, Rules: models.Rules{MinChoices: 1, MaxChoices: 2}}, form: "QID1=1&QID1=4&QID1_4_TEXT=fig",
			answer: models.Answer{Choices: []int{1, 4}, Other: map[int]string{4: "fig"}}, lines: "Apple | Other: fig",
			values: `{"QID1":["30","4"],"QID1_4_TEXT":"fig"}`,
			piped:  map[string]string{"ChoiceGroup/SelectedChoices": "Apple, Other", "SelectedChoicesRecode": "30,4", "SelectedChoicesCount": "2"},
			chosen: []string{"30", "1", "Apple", "Other"},
		},
		models.QuestionYesNo: {
			question: models.Question{Choices: []models.Choice{{ID: 1, Text: "Yes"}, {ID: 2, Text: "No", Recode: "0"}}}, form: "QID1=2",
			answer: models.Answer{Choices: []int{2}}, lines: "No", values: `{"QID1":0}`,
			piped: map[string]string{"ChoiceGroup/SelectedChoices": "No", "SelectedChoicesRecode": "0"}, chosen: []string{"No", "0"},
		},
		models.QuestionConsent: {
			question: models.Question{Choices: []models.Choice{{ID: 1, Text: "I agree"}}}, form: "QID1=1",
			answer: models.Answer{Choices: []int{1}}, lines: "I agree", values: `{"QID1":1}`,
			piped: map[string]string{"ChoiceGroup/SelectedChoices": "I agree", "SelectedChoicesRecode": "1"}, chosen: []string{"I agree", "1"},
		},
		models.QuestionRanking: {
			question: models.Question{Choices: fruit[:2]}, form: "QID1_1=2&QID1_2=1",
			answer: models.Answer{Choices: []int{2, 1}}, lines: "1. Pear | 2. Apple", values: `{"QID1_1":2,"QID1_2":1}`,
			piped: map[string]string{
				"ChoiceGroup/SelectedChoices": "Pear, Apple", "SelectedChoicesRecode": "2,30", "ChoiceNumericEntryValue/1": "2",
				"QID1_1/ChoiceNumericEntryValue": "2", "QID1_2/QuestionText": "Pear", "ChoiceDescription/2": "Pear",
			},
			chosen: []string{"Pear", "Apple"},
		},
		models.QuestionMatrix: {
			question: models.Question{Rows: rooms, Choices: fruit[:2]}, form: "QID1_1=1&QID1_3=2",
			answer: models.Answer{Rows: map[int]models.Answer{1: {Choices: []int{1}}, 3: {Choices: []int{2}}}}, lines: "Food: Apple | Room: Pear",
			values: `{"QID1_1":30,"QID1_3":2}`,
			piped: map[string]string{
				"SelectedAnswerRecode/1": "30", "ChoiceGroup/SelectedAnswers/3": "Pear", "QID1_1/SelectedChoicesRecode": "30",
				"QID1_1/ChoiceGroup/SelectedChoices": "Apple", "QID1_1/QuestionText": "Food", "ChoiceDescription/3": "Room", "AnswerDescription/2": "Pear",
				"ChoiceGroup/SelectedChoices": "Food: Apple; Room: Pear", "QID1_2/SelectedChoicesRecode": "", "SelectedAnswerRecode/9": "",
			},
		},
		models.QuestionMatrixMultiple: {
			question: models.Question{Rows: rooms, Choices: fruit[:2], Rules: models.Rules{MaxChoices: 2}}, form: "QID1_1=1&QID1_1=2",
			answer: models.Answer{Rows: map[int]models.Answer{1: {Choices: []int{1, 2}}}}, lines: "Food: Apple, Pear",
			values: `{"QID1_1":["30","2"]}`,
			piped:  map[string]string{"SelectedAnswerRecode/1": "30,2", "ChoiceGroup/SelectedAnswers/1": "Apple, Pear", "QID1_1/SelectedChoicesCount": "2"},
		},
		models.QuestionSlider: {
			question: models.Question{Rows: rooms, Rules: models.Rules{Min: new(-5.0), Max: new(5.0), Decimals: &decimals}, Scale: models.Scale{Low: "Cold", High: "Hot", Step: 0.5}},
			form:     "QID1_1=-2,5&QID1_3=5", answer: models.Answer{Rows: map[int]models.Answer{1: {Number: "-2.5"}, 3: {Number: "5"}}},
			lines: "Food: -2.5 | Room: 5", values: `{"QID1_1":-2.5,"QID1_3":5}`,
			piped: map[string]string{"ChoiceNumericEntryValue/1": "-2.5", "QID1_3/ChoiceNumericEntryValue": "5", "ChoiceTextEntryValue": "Food: -2.5; Room: 5"},
		},
		models.QuestionRating:    scored(models.Question{Scale: models.Scale{Points: 7, Shape: models.ShapeNumbers, Low: "Bad", High: "Good"}}, "7"),
		models.QuestionNPS:       scored(models.Question{Scale: models.Scale{Low: "Never", High: "Ever"}}, "0"),
		models.QuestionShortText: typed(" two\nwords ", "two words"),
		models.QuestionLongText:  typed("one\r\ntwo", "one\ntwo"),
		models.QuestionNumber: {
			question: models.Question{Rules: models.Rules{Decimals: &decimals}}, form: "QID1=12345678901234567890,5",
			answer: models.Answer{Number: "12345678901234567890.5"}, lines: "12345678901234567890.5", values: `{"QID1_TEXT":"12345678901234567890.5"}`,
			piped: map[string]string{"ChoiceTextEntryValue": "12345678901234567890.5"},
		},
		models.QuestionEmail: typed(" ada@example.com ", "ada@example.com"),
		models.QuestionPhone: typed("+٤٧  21 00 00 00", "+47 21 00 00 00"),
		models.QuestionURL:   typed("example.com/a?b=c", "https://example.com/a?b=c"),
		models.QuestionDate:  typed("31.1.2026", "2026-01-31"),
	}
}

func marshal(v any) []byte {
	text, err := models.MarshalJSON(v)
	if err != nil {
		panic(err)
	}
	return text
}

func TestEveryTypeOfQuestionKeepsItsAnswerOnTheWholeWay(t *testing.T) {
	t.Parallel()
	trips := roundTrips()
	for _, kind := range models.QuestionTypes {
		trip, there := trips[kind]
		if !there {
			if kind.Answered() {
				t.Errorf("there is no round trip for %s", kind)
			}
			continue
		}
		trip.question.ID, trip.question.Type, trip.question.Text = "QID1", kind, "Which?"
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			if wrong := survey.CheckQuestion(&trip.question); len(wrong) > 0 {
				t.Fatalf("the question is not right: %v", wrong)
			}
			trip.travel(t)
		})
	}
}

func (trip roundTrip) travel(t *testing.T) {
	q := trip.question
	form, err := url.ParseQuery(trip.form)
	if err != nil {
		t.Fatal(err)
	}
	answers, wrong := survey.ParseAnswers([]models.Question{q}, form)
	if d := cmp.Diff(trip.answer, answers["QID1"]); d != "" || len(wrong) > 0 {
		t.Fatalf("the form is read wrongly (-want +got):\n%s%v", d, wrong)
	}
	again, wrong := survey.ParseAnswers([]models.Question{q}, survey.FormValues([]models.Question{q}, answers))
	if d := cmp.Diff(answers, again); d != "" || len(wrong) > 0 {
		t.Errorf("the form shows another answer (-want +got):\n%s%v", d, wrong)
	}
	if got := strings.Join(survey.AnswerLines(&q, trip.answer), " | "); got != trip.lines {
		t.Errorf("in words it is %q", got)
	}
	def := models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: []models.Question{q}}}}
	in := newInstance(t, def)
	r, err := in.service.Create(t.Context(), survey.Creation{SurveyID: in.survey.ID, Values: decode(t, trip.values)})
	if err != nil {
		t.Fatalf("the API refuses %s: %v", trip.values, err)
	}
	stored, err := in.store.RespondentResponse(t.Context(), in.survey.ID, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(trip.answer, stored.Answers.V["QID1"]); d != "" {
		t.Errorf("the API's answer is another (-want +got):\n%s", d)
	}
	exported := survey.ExportResponse(&def, stored)
	values := map[string]any{}
	for name, value := range exported.Values {
		if strings.HasPrefix(name, "QID1") {
			values[name] = value
		}
	}
	if got := string(marshal(values)); got != trip.values {
		t.Errorf("the API gives %s, not %s", got, trip.values)
	}
	if len(exported.DisplayedFields) == 0 {
		t.Error("the export does not say that the question was asked")
	}
	trip.pipe(t, &def)
	trip.translate(t)
}

// pipe resolves piped text and asks conditions.
func (trip roundTrip) pipe(t *testing.T, def *models.SurveyDefinition) {
	values := &workflow.Values{Survey: def, Snapshot: &models.Snapshot{V: models.SnapshotVersion, Answers: models.Answers{"QID1": trip.answer}}}
	source := &pipedtext.Env{Source: values, Now: start}
	for path, want := range trip.piped {
		if !strings.HasPrefix(path, "QID") {
			path = "QID1/" + path
		}
		token, err := pipedtext.Parse("${q://" + path + "}")
		if err != nil {
			t.Fatal(err)
		}
		if got := token.Text(source); got != want {
			t.Errorf("${q://%s} is %q, not %q", path, got, want)
		}
	}
	for _, name := range append(trip.chosen, "never chosen") {
		c, err := workflow.CompileCondition(&models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpSelected, Right: name}, "c")
		if err != nil {
			t.Fatal(err)
		}
		if c.True(values, source) == (name == "never chosen") {
			t.Errorf("whether %q is selected is told wrongly", name)
		}
	}
	for _, token := range workflow.Tokens(def) {
		if token.Group != "questions" {
			continue
		}
		template, err := pipedtext.Parse(token.Text)
		if err != nil {
			t.Fatal(err)
		}
		sample := &workflow.Values{Survey: def, Snapshot: workflow.Sample(def, start)}
		if token.Name != "other" && template.Text(&pipedtext.Env{Source: sample, Now: start}) == "" {
			t.Errorf("%s of the picker is empty for a sample", token.Text)
		}
	}
	if _, wrong := survey.ParseAnswers([]models.Question{trip.question}, survey.FormValues([]models.Question{trip.question}, workflow.Sample(def, time.Now()).Answers)); len(wrong) > 0 {
		t.Errorf("the sample answer breaks a rule: %v", wrong)
	}
}

// translate writes the question in Qualtrics' JSON and reads it again.
func (trip roundTrip) translate(t *testing.T) {
	q := trip.question
	q.Help, q.Required, q.Rules.Message, q.Tag = "Help", true, "No!", "tag"
	text := marshal(qsf.EncodeQuestion(&q))
	back, err := qsf.DecodeQuestion(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if unused := qsf.Unused(&back); len(unused) > 0 {
		t.Errorf("what was written is not used: %q", unused)
	}
	back.Extra, back.NextChoiceID, back.NextRowID = nil, 0, 0
	if d := cmp.Diff(q, back); d != "" {
		t.Errorf("Qualtrics' JSON changes the question (-want +got):\n%s\n%s", d, text)
	}
}
