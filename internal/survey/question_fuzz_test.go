package survey

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
)

// oneOfEach has a question of every type: QID1, QID2 … in the order of models.QuestionTypes.
func oneOfEach() *models.SurveyDefinition {
	s := &models.Survey{}
	s.Draft.V = NewDefinition("en")
	for _, kind := range models.QuestionTypes {
		q, err := AddQuestion(s, s.Draft.V.Blocks[0].ID, kind)
		if err != nil {
			panic(err)
		}
		q.Text, q.Required = "?", false
		for i := range q.Choices {
			q.Choices[i].Text = "c"
			q.Choices[i].TextEntry = i == 1 && kind.TakesOther()
			q.Choices[i].Exclusive = i == 0 && kind.SeveralChoices()
		}
		for i := range q.Rows {
			q.Rows[i].Text = "r"
		}
	}
	return &s.Draft.V
}

// FuzzFormsOfEveryType holds that no form makes a parser panic, and that what it accepted is read again as it is shown.
func FuzzFormsOfEveryType(f *testing.F) {
	for _, seed := range []string{
		"QID1=2&QID1_2_TEXT=x&QID2=1&QID2=2&QID3=&QID4=2&QID5_1=2&QID5_2=1&QID5_3=3&QID6=5&QID7=10&QID8_1=50&QID9_1=1&QID9_2=5&QID10_1=1&QID10_1=2",
		"QID11=a%00b&QID12=%0D%0A&QID13=1,5&QID14=a@b.c&QID15=%2B47+21&QID16=a.b&QID17=1.2.2026&QID18=1&QID19=1",
		"QID5_1=1&QID5_2=1&QID8_1=%D9%A3&QID17=31/12/2026&QID16=http://[::1]&QID15=1x2&QID3_2_TEXT=y",
	} {
		f.Add(seed)
	}
	questions := oneOfEach().Blocks[0].Questions
	f.Fuzz(func(t *testing.T, body string) {
		form, _ := url.ParseQuery(body)
		answers, wrong := ParseAnswers(questions, form)
		shown := FormValues(questions, answers)
		if len(wrong) > 0 {
			return
		}
		again, still := ParseAnswers(questions, shown)
		if d := cmp.Diff(answers, again); d != "" || len(still) > 0 {
			t.Errorf("the second reading of %v differs (%v):\n%s", shown, still, d)
		}
		for i := range questions {
			AnswerLines(&questions[i], answers[questions[i].ID])
		}
	})
}

// FuzzValuesOfEveryType holds that no value of a program makes a parser panic, and that an export can be sent back: it gives
// the same answers.
func FuzzValuesOfEveryType(f *testing.F) {
	for _, seed := range []string{
		`{"QID1":2,"QID1_2_TEXT":"x","QID2":["1"],"QID3":1,"QID4":false,"QID5_1":2,"QID5_2":1,"QID6":5,"QID7":0,"QID8":50,"QID9_1":1,"QID10_1":["1","2"]}`,
		`{"QID11":"a","QID12_TEXT":"a\nb","QID13":1e3,"QID14_TEXT":"a@b.c","QID15":"123","QID16":"a.b","QID17":"2026-1-2","QID19":true}`,
		`{"QID4":"no","QID5_1":1,"QID5_2":1,"QID8_1":{},"QID10_1":[[]],"QID19":"0"}`,
	} {
		f.Add(seed)
	}
	def := oneOfEach()
	f.Fuzz(func(t *testing.T, text string) {
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		in, err := decodeValues(raw)
		if err != nil {
			return
		}
		answers := in.answers(def)
		if len(in.problems) > 0 {
			return
		}
		r := &models.Response{State: models.ResponseCompleted}
		r.Answers.V = answers
		sent := map[string]json.RawMessage{}
		for name, value := range ExportResponse(def, r).Values {
			if !strings.HasPrefix(name, "QID") {
				continue
			}
			if sent[name], err = models.MarshalJSON(value); err != nil {
				t.Fatal(err)
			}
		}
		back, err := decodeValues(sent)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(answers, back.answers(def)); d != "" || len(back.problems) > 0 {
			t.Errorf("the export %s gives other answers (%v):\n%s", sent, back.problems, d)
		}
	})
}
