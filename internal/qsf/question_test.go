package qsf

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
)

// decode reads a question that must be right.
func decode(t *testing.T, text string) models.Question {
	t.Helper()
	q, err := DecodeQuestion(json.RawMessage(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// encode writes a question as clients see it.
func encode(t *testing.T, q *models.Question) map[string]any {
	t.Helper()
	text, err := models.MarshalJSON(EncodeQuestion(q))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return members
}

func TestQuestionsAreReadByTheirTypeAndSelector(t *testing.T) {
	t.Parallel()
	number := `,"Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidNumber"}}`
	for text, want := range map[string]models.QuestionType{
		`{"QuestionType":"MC","Selector":"SAVR"}`:             models.QuestionSingleChoice,
		`{"QuestionType":"MC","Selector":"DL"}`:               models.QuestionDropdown,
		`{"QuestionType":"MC","Selector":"MAVR"}`:             models.QuestionMultipleChoice,
		`{"QuestionType":"MC","Selector":"MSB"}`:              models.QuestionMultipleChoice,
		`{"QuestionType":"MC","Selector":"NPS"}`:              models.QuestionNPS,
		`{"QuestionType":"TE","Selector":"SL"}`:               models.QuestionShortText,
		`{"QuestionType":"TE","Selector":"ML"}`:               models.QuestionLongText,
		`{"QuestionType":"TE","Selector":"ESTB"}`:             models.QuestionLongText,
		`{"QuestionType":"TE","Selector":"SL"` + number + `}`: models.QuestionNumber,
		`{"QuestionType":"TE","Selector":"ML"` + number + `}`: models.QuestionLongText,
		`{"QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidEmail"}}}`: models.QuestionEmail,
		`{"QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidPhone"}}}`: models.QuestionPhone,
		`{"QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidDate"}}}`:  models.QuestionDate,
		`{"QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidZip"}}}`:   models.QuestionShortText,
		`{"QuestionType":"DB","Selector":"TB"}`:                                        models.QuestionStatement,
		`{"QuestionType":"DB","Selector":"GRB"}`:                                       "",
		`{"QuestionType":"RO","Selector":"TE"}`:                                        models.QuestionRanking,
		`{"QuestionType":"Slider","Selector":"STAR"}`:                                  models.QuestionSlider,
		`{"QuestionType":"Matrix","Selector":"Likert","SubSelector":"SingleAnswer"}`:   models.QuestionMatrix,
		`{"QuestionType":"Matrix","Selector":"Likert","SubSelector":"MultipleAnswer"}`: models.QuestionMatrixMultiple,
		`{"QuestionType":"Matrix","Selector":"Bipolar","SubSelector":""}`:              "",
		`{"QuestionType":"MC","Selector":"SAVR","Surveyflow":{"type":"yesNo"}}`:        models.QuestionYesNo,
		`{"QuestionType":"MC","Selector":"MAVR","Surveyflow":{"type":"yesNo"}}`:        models.QuestionMultipleChoice,
		`{"QuestionType":"TE","Selector":"FORM"}`:                                      "",
		`{"QuestionType":"SBS","Selector":"SBSMatrix","Validation":"odd"}`:             "",
	} {
		if got := decode(t, text).Type; got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestAQuestionComesBackAsItWent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"QuestionText":"a <b>b</b>","DefaultChoices":false,"DataExportTag":"tag","QuestionType":"MC","Selector":"SAHR","SubSelector":"TX",
		  "DataVisibility":{"Private":true,"Hidden":false},"Configuration":{"QuestionDescriptionOption":"SpecifyLabel"},"QuestionDescription":"own",
		  "Choices":{"3":{"Display":"c","TextEntry":"true","TextEntrySize":"Small"},"1":{"Display":"a","ExclusiveAnswer":true}},"ChoiceOrder":[3,1],
		  "RecodeValues":{"3":"30","1":"1"},"Validation":{"Settings":{"ForceResponse":"ON","ForceResponseType":"ON","Type":"None"},"Other":1},
		  "GradingData":[],"Language":{"DE":{"QuestionText":"x","Choices":{"1":{"Display":"y"}}}},"NextChoiceId":9,"NextAnswerId":4,"QuestionID":"QID4",
		  "DisplayLogic":{"0":{"Type":"If"}},"QuestionText_Unsafe":"a <b>b</b>"}`,
		`{"QuestionText":"n","DefaultChoices":false,"DataExportTag":"Q4","QuestionType":"TE","Selector":"SL","DataVisibility":[],"Configuration":[],
		  "QuestionDescription":"n","Validation":{"Settings":{"ForceResponse":"OFF","ForceResponseType":"ON","Type":"ContentType","ContentType":"ValidNumber",
		  "ValidNumber":{"Min":"-1.5","Max":"","NumDecimals":"2"},"ValidDateType":"DateWithFormat"}},"GradingData":[],"Language":[],"NextChoiceId":1,
		  "NextAnswerId":1,"QuestionID":"QID4","QuestionText_Unsafe":"n"}`,
		`{"QuestionText":"m","DataExportTag":"Q4","QuestionType":"SBS","Selector":"SBSMatrix","SubSelector":"","Answers":{"1":{"Display":"x"}},
		  "Choices":[],"QuestionID":"QID4"}`,
		`{"QuestionText":"m","DefaultChoices":false,"DataExportTag":"Q4","QuestionType":"Matrix","Selector":"Likert","SubSelector":"DL",
		  "DataVisibility":[],"Configuration":{"Autoscale":{"XScale":{"Name":"Agreement"}}},"QuestionDescription":"m",
		  "Choices":{"2":{"Display":"Speed","Image":{"Display":"i"}},"1":{"Display":"Price"}},"ChoiceOrder":[2,1],
		  "Answers":{"1":{"Display":"Bad"},"5":{"Display":"Good"}},"AnswerOrder":[1,5],"RecodeValues":{"1":"-1","5":"1"},
		  "Validation":{"Settings":{"ForceResponse":"ON","ForceResponseType":"ON","Type":"None"}},"GradingData":[],"Language":[],"NextChoiceId":7,
		  "NextAnswerId":6,"QuestionID":"QID4","QuestionText_Unsafe":"m"}`,
		`{"QuestionText":"s","DefaultChoices":false,"DataExportTag":"Q4","QuestionType":"Slider","Selector":"HBAR","DataVisibility":[],
		  "Configuration":{"CSSliderMin":0,"CSSliderMax":10,"NumDecimals":"1","GridLines":10,"SnapToGrid":false},"QuestionDescription":"s",
		  "Choices":{"1":{"Display":"Heat"}},"ChoiceOrder":[1],"Labels":{"1":{"Display":"cold"}},
		  "Validation":{"Settings":{"ForceResponse":"OFF","ForceResponseType":"ON","Type":"None"}},"GradingData":[],"Language":[],"NextChoiceId":2,
		  "NextAnswerId":1,"QuestionID":"QID4","QuestionText_Unsafe":"s"}`,
	} {
		q := decode(t, text)
		var want map[string]any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, encode(t, &q)); diff != "" {
			t.Errorf("it came back otherwise (-sent +got):\n%s", diff)
		}
	}
}

func TestTheSpellingsOfPHPAreUnderstood(t *testing.T) {
	t.Parallel()
	q := decode(t, `{"QuestionText":"x","QuestionType":"MC","Selector":"MAVR","Choices":[{"Display":"a"},{"Display":"b"}],"ChoiceOrder":["0","1"],"RecodeValues":[],
		"Language":[],"Validation":[]}`)
	if len(q.Choices) != 2 || q.Choices[0].ID != 1 || q.Choices[1].ID != 2 || q.NextChoiceID != 3 {
		t.Errorf("an array's choices are %+v, next %d", q.Choices, q.NextChoiceID)
	}
	q = decode(t, `{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"10":{"Display":"j"},"9":{"Display":"i"},"2":"b"},"ChoiceOrder":["10",2],
		"RecodeValues":{"2":7,"9":"9"}}`)
	var ids []int
	for _, c := range q.Choices {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, []int{10, 2, 9}) || q.Choice(2).Recode != "7" || q.Choice(2).Text != "b" || q.Choice(9).Recode != "" {
		t.Errorf("the choices are %+v", q.Choices)
	}
	q = decode(t, `{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Choices":[],"Validation":{"Settings":[]}}`)
	if q.Type != models.QuestionShortText || len(q.Choices) != 0 {
		t.Errorf("it is %+v", q)
	}
}

func TestTheRuleOfDaysComesBack(t *testing.T) {
	t.Parallel()
	q := models.Question{ID: "QID1", Type: models.QuestionDate, Text: "When?", Rules: models.Rules{Day: models.DayNotPast, Latest: "2030-01-01"}}
	text, err := models.MarshalJSON(EncodeQuestion(&q))
	if err != nil {
		t.Fatal(err)
	}
	if back := decode(t, string(text)); back.Rules != q.Rules || back.Type != q.Type {
		t.Errorf("%s came back as %+v", text, back)
	}
	if got := MemberOf(&q, "rules.day"); got != "Surveyflow.rules.day" {
		t.Errorf("the API calls it %s", got)
	}
}

func TestSettingsOfAnotherValidationMeanNothing(t *testing.T) {
	t.Parallel()
	q := decode(t, `{"QuestionText":"x","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"ForceResponse":"OFF","Type":"None","MinChars":"99","ContentType":"ValidNumber"}}}`)
	if q.Rules != (models.Rules{}) || len(Unused(&q)) != 0 {
		t.Errorf("the rules are %+v, unused %v", q.Rules, Unused(&q))
	}
}

func TestAChangedTypeTakesItsOwnSelector(t *testing.T) {
	t.Parallel()
	q := decode(t, `{"QuestionText":"x","QuestionType":"MC","Selector":"DL","Choices":{"1":{"Display":"a"}}}`)
	q.Type = models.QuestionMultipleChoice // in the editor
	if got := encode(t, &q); got["Selector"] != "MAVR" {
		t.Errorf("the selector is %v", got["Selector"])
	}
	if names := Unused(&q); len(names) != 0 {
		t.Errorf("unused are %v", names)
	}
}

func TestWhatTheNewJSONCannotSayStays(t *testing.T) {
	t.Parallel()
	old := models.Question{ID: "QID1", Tag: "mine", Help: "help", Rules: models.Rules{Pattern: "a+"}, NextChoiceID: 5, Choices: []models.Choice{{ID: 7}}}
	q := decode(t, `{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"a"}}}`)
	Keep(&q, &old)
	if q.Tag != "mine" || q.Help != "help" || q.Rules.Pattern != "a+" || q.NextChoiceID != 8 {
		t.Errorf("it became %+v", q)
	}
}

func TestLanguagesAreTakenInAnyCase(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"EN": "en", "pt-br": "pt-BR", "PT_BR": "pt-BR", "ZH-S": "zh-Hans", "zh-t": "zh-Hant", "de-AT": "de-AT"} {
		tag, ok := ParseLanguage(code)
		if !ok || tag != want {
			t.Errorf("%s is %q", code, tag)
		}
	}
	for _, code := range []string{"", "klingon!", "x", "und"} {
		if tag, ok := ParseLanguage(code); ok {
			t.Errorf("%q is taken as %s", code, tag)
		}
	}
	for tag, want := range map[string]string{"pt-BR": "PT-BR", "zh-Hans": "ZH-S", "en": "EN"} {
		if got := LanguageCode(tag); got != want {
			t.Errorf("%s is written %s", tag, got)
		}
	}
}

func TestMarkupIsTakenOutOfPlainTexts(t *testing.T) {
	t.Parallel()
	for rich, want := range map[string]string{
		"a <b>b</b>?": "a b?", "one<br />two": "one two", "<div>a</div><div>b</div>": "a b", "a &amp; b\n c": "a & b c", "1 < 2": "1 < 2",
	} {
		if got := Plain(rich); got != want {
			t.Errorf("%q became %q", rich, got)
		}
	}
}

func TestQuestionsThatCannotBeAskedFollowTheirNeighbours(t *testing.T) {
	t.Parallel()
	def := models.SurveyDefinition{Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{{ID: "QID1"}, {ID: "QID3"}}}}}
	for i, o := range []Other{{Block: "BL_1", After: "QID1"}, {Block: "BL_1"}, {Block: "BL_gone"}, {Block: "BL_1", After: "QID_gone"}} {
		o.Question = models.Question{ID: models.QuestionID(10 + i), Extra: models.RawFields{"QuestionType": json.RawMessage(`"SBS"`)}}
		SetOthers(&def, append(Others(&def), o))
	}
	var ids []string
	for _, q := range AllQuestions(&def) {
		ids = append(ids, q.ID)
	}
	if want := []string{"QID11", "QID1", "QID10", "QID3", "QID13", "QID12"}; !slices.Equal(ids, want) {
		t.Errorf("the order is %v, want %v", ids, want)
	}
	SetOthers(&def, nil)
	if len(def.Extra) != 0 || len(Others(&def)) != 0 {
		t.Errorf("left are %v", def.Extra)
	}
}

func FuzzDecodeQuestion(f *testing.F) {
	f.Add([]byte(`{"QuestionText":"x","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"a"}},"ChoiceOrder":[1],"RecodeValues":{"1":2}}`))
	f.Add([]byte(`{"QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidNumber","ValidNumber":{"Min":1}}}}`))
	f.Add([]byte(`{"QuestionType":"Matrix","Choices":[{"Display":""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := DecodeQuestion(text)
		if err != nil {
			if _, ok := errors.AsType[*models.Error](err); !ok {
				t.Fatalf("a foreign error: %v", err)
			}
			return
		}
		q.ID = "QID1"
		Unused(&q)
		first, err := models.MarshalJSON(EncodeQuestion(&q))
		if err != nil || !json.Valid(first) {
			t.Fatalf("written as %s: %v", first, err)
		}
		again, err := DecodeQuestion(first)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, first)
		}
		second, err := models.MarshalJSON(EncodeQuestion(&again))
		if err != nil || string(first) != string(second) {
			t.Fatalf("a second round differs:\n%s\n%s", first, second)
		}
	})
}
