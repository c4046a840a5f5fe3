package survey

import (
	"net/url"

	"surveyflow/models"
)

// questionType is what the product knows of one type of question: how it is answered in a form and through the API, and
// what the answer says in exports. How it looks is in views. Adding a type is one file and one row of questionTypes.
//
// In forms and in the API a question's values carry the same names: "QID1" for choices and scores, "QID1_TEXT" (API) for
// texts, "QID1_3_TEXT" for the text beside choice 3.
type questionType interface {
	name() models.QuestionType
	// check tells what keeps a question from being asked.
	check(q *models.Question, p *problems)
	// parse reads what a form sent. What it cannot keep it leaves out and tells; it never fails.
	parse(q *models.Question, form url.Values, p *problems) models.Answer
	// fill is the way back: it gives the values with which a form shows the answer.
	fill(q *models.Question, a models.Answer, form url.Values)
	// validate tells which rules an answer breaks.
	validate(q *models.Question, a models.Answer, p *problems)
	// fromAPI reads the values of a response that a program sends (contract §6).
	fromAPI(q *models.Question, in *apiInput) models.Answer
	// export gives the values and labels of an answer (reference: JSON response export).
	export(q *models.Question, a models.Answer, out *Export)
	// describe says what export gives.
	describe(q *models.Question, out *ResponseSchema)
}

// questionTypes is the registry, in the order of models.QuestionTypes.
var questionTypes = []questionType{
	singleChoice{},
	multipleChoice{},
	dropdown{},
	yesNo{},
	ranking{},
	rating{},
	nps{},
	slider{},
	matrix{models.QuestionMatrix, singleChoice{}},
	matrix{models.QuestionMatrixMultiple, multipleChoice{}},
	shortText{},
	longText{},
	number{},
	email, phone, webAddress, newDate(),
	statement{},
	consent{},
}

// typeOf finds what is known of a question's type; nil when it is none of ours.
func typeOf(q *models.Question) questionType {
	for _, t := range questionTypes {
		if t.name() == q.Type {
			return t
		}
	}
	return nil
}

// problems gathers what is wrong with an input, field by field.
type problems []models.FieldError

func (p *problems) add(field, key string, args ...any) {
	*p = append(*p, models.Field(field, key, args...))
}

// ParseAnswers reads the answers to questions from a form. The answers hold all that could be read, also what breaks a
// rule; the problems name the form's fields. Questions of unknown types have no answers. Which day it is is not known
// here: see days.
func ParseAnswers(questions []models.Question, form url.Values) (models.Answers, []models.FieldError) {
	return parseAnswers(questions, form, anyDay)
}

// parseAnswers is ParseAnswers for a respondent for whom it is some day.
func parseAnswers(questions []models.Question, form url.Values, today days) (models.Answers, []models.FieldError) {
	answers := make(models.Answers, len(questions))
	var all problems
	for i := range questions {
		q := &questions[i]
		t := typeOf(q)
		if t == nil {
			continue
		}
		var p problems
		a := t.parse(q, form, &p)
		if len(p) == 0 {
			t.validate(q, a, &p)
			today.validate(q, a, &p)
		}
		all = append(all, p...)
		if !a.Empty() {
			answers[q.ID] = a
		}
	}
	return answers, all
}

// FormValues gives the values with which a form shows the answers to questions.
func FormValues(questions []models.Question, answers models.Answers) url.Values {
	form := make(url.Values, len(questions))
	for i := range questions {
		q := &questions[i]
		if a, answered := answers[q.ID]; answered {
			if t := typeOf(q); t != nil {
				t.fill(q, a, form)
			}
		}
	}
	return form
}

// validateAnswers tells which rules the answers to questions break.
func validateAnswers(questions []models.Question, answers models.Answers, today days) []models.FieldError {
	var all problems
	for i := range questions {
		q := &questions[i]
		if t := typeOf(q); t != nil {
			var p problems
			t.validate(q, answers[q.ID], &p)
			today.validate(q, answers[q.ID], &p)
			all = append(all, p...)
		}
	}
	return all
}

// broken tells that the answer breaks a rule of the question: in the owner's words where there are any.
func broken(q *models.Question, p *problems, key string, args ...any) {
	if q.Rules.Message != "" {
		p.add(q.ID, "answer.error.rule", "Message", q.Rules.Message)
		return
	}
	p.add(q.ID, key, args...)
}
