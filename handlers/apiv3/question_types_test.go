package apiv3

import (
	"testing"

	"surveyflow/models"
)

// otherTypes has a question of each type that everyType lacks, as clients send them.
var otherTypes = map[models.QuestionType]string{
	models.QuestionDropdown: `{"QuestionText":"Where do you live?","QuestionType":"MC","Selector":"DL","Choices":{"1":{"Display":"Oslo"},"2":{"Display":"Bergen"}}}`,
	models.QuestionYesNo: `{"QuestionText":"Was it hot?","QuestionType":"MC","Selector":"SAHR","Choices":{"1":{"Display":"Yes"},"2":{"Display":"No"}},
		"RecodeValues":{"1":"1","2":"0"},"Surveyflow":{"type":"yesNo"}}`,
	models.QuestionRanking: `{"QuestionText":"What matters most?","QuestionType":"RO","Selector":"DND","Choices":{"1":{"Display":"Taste"},"2":{"Display":"Price"}}}`,
	models.QuestionRating: `{"QuestionText":"How good was it?","QuestionType":"MC","Selector":"SAHR","Choices":{"1":{"Display":"1"},"2":{"Display":"2"},"3":{"Display":"3"}},
		"Surveyflow":{"type":"rating","scale":{"shape":"numbers","low":"Bad","high":"Good"}}}`,
	models.QuestionSlider: `{"QuestionText":"How warm?","QuestionType":"Slider","Selector":"HSLIDER","Choices":{"1":{"Display":"Inside"},"2":{"Display":"Outside"}},
		"Configuration":{"CSSliderMin":-30,"CSSliderMax":40,"NumDecimals":"1"}}`,
	models.QuestionMatrix: `{"QuestionText":"Do you agree?","QuestionType":"Matrix","Selector":"Likert","SubSelector":"SingleAnswer",
		"Choices":{"1":{"Display":"It is quick"},"2":{"Display":"It is fair"}},"Answers":{"1":{"Display":"No"},"2":{"Display":"Yes"}},"RecodeValues":{"1":"-1","2":"1"}}`,
	models.QuestionMatrixMultiple: `{"QuestionText":"When do you drink what?","QuestionType":"Matrix","Selector":"Likert","SubSelector":"MultipleAnswer",
		"Choices":{"1":{"Display":"Coffee"},"2":{"Display":"Tea"}},"Answers":{"1":{"Display":"Morning"},"2":{"Display":"Evening"}}}`,
	models.QuestionEmail:     `{"QuestionText":"Your e-mail","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidEmail"}}}`,
	models.QuestionPhone:     `{"QuestionText":"Your phone","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidPhone"}}}`,
	models.QuestionURL:       `{"QuestionText":"Your site","QuestionType":"TE","Selector":"SL","Surveyflow":{"type":"url"}}`,
	models.QuestionDate:      `{"QuestionText":"When?","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidDate"}}}`,
	models.QuestionStatement: `{"QuestionText":"Almost done.","QuestionType":"DB","Selector":"TB"}`,
	models.QuestionConsent: `{"QuestionText":"Terms","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"I agree"}},"Surveyflow":{"type":"consent"},
		"Validation":{"Settings":{"ForceResponse":"ON"}}}`,
}

func TestEveryOtherTypeOfQuestionGoesThroughTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	for _, kind := range models.QuestionTypes {
		question, there := otherTypes[kind]
		if !there {
			continue
		}
		r := b.post(b.ada, "/survey-definitions/"+s.id+"/questions", question)
		if r.Meta.Notice != "" {
			t.Errorf("%s: %s", kind, r.Meta.Notice)
		}
	}
	if len(otherTypes)+len(everyType) != len(models.QuestionTypes) {
		t.Error("a type of question is sent by no test of the API")
	}
	b.get(b.ada, "/survey-definitions/"+s.id+"/questions").golden("question_types")
	b.post(b.ada, "/survey-definitions/"+s.id+"/versions", `{"Published":true}`)
	b.get(b.ada, "/surveys/"+s.id).golden("survey_types")
	made := b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1":2,"QID2":false,"QID3_1":2,"QID3_2":1,"QID4":3,"QID5_1":21.5,"QID5_2":-3,
		"QID6_1":-1,"QID6_2":1,"QID7_1":["1","2"],"QID7_2":"2","QID8_TEXT":"ada@example.com","QID9_TEXT":"+47 21 00 00 00","QID10_TEXT":"example.com",
		"QID11_TEXT":"2026-11-22","QID13":true}}`)
	b.get(b.ada, "/surveys/"+s.id+"/responses/"+made.text("responseId")).golden("response_types")
	b.get(b.ada, "/surveys/"+s.id+"/response-schema").golden("response_schema_types")
	for values, field := range map[string]string{
		`{"QID2":"maybe"}`:            "values.QID2",
		`{"QID3_1":1,"QID3_2":1}`:     "values.QID3_2",
		`{"QID3_1":3}`:                "values.QID3_1",
		`{"QID4":4}`:                  "values.QID4",
		`{"QID5_1":"warm"}`:           "values.QID5_1",
		`{"QID5":1}`:                  "values.QID5",
		`{"QID6_1":[-1,1]}`:           "values.QID6_1",
		`{"QID6_9":1}`:                "values.QID6_9",
		`{"QID8_TEXT":"nobody"}`:      "values.QID8_TEXT",
		`{"QID9_TEXT":"call me"}`:     "values.QID9_TEXT",
		`{"QID10_TEXT":"ftp://a.b"}`:  "values.QID10_TEXT",
		`{"QID11_TEXT":"22/11/2026"}`: "values.QID11_TEXT",
		`{"QID12":1}`:                 "values.QID12",
		`{"QID13":"perhaps"}`:         "values.QID13",
	} {
		b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", `{"values":`+values+`}`).invalid(field)
	}
}
