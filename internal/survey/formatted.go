package survey

import (
	"net/url"

	"surveyflow/models"
)

// formatted is what types have in common whose answer is one line of text in a form that is known everywhere: an e-mail
// address, a phone number, a URL, a date.
type formatted struct {
	kind models.QuestionType
	// canonical brings a text into the form in which it is kept; false when it is none.
	canonical func(text string) (string, bool)
	required  string // the message when there is none
	wrong     string // and when it is none
	refused   string // the same for programs
}

func (f formatted) name() models.QuestionType { return f.kind }

func (formatted) check(*models.Question, *problems) {}

// parse keeps what is in no form as it was typed, so that who goes back finds it again.
func (f formatted) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	a := parseText(q, line(form.Get(q.ID)), p)
	if text, ok := f.canonical(a.Text); ok {
		a.Text = text
	}
	return a
}

func (formatted) fill(q *models.Question, a models.Answer, form url.Values) { fillText(q, a, form) }

func (f formatted) validate(q *models.Question, a models.Answer, p *problems) {
	if a.Text == "" {
		if q.Required {
			p.add(q.ID, f.required)
		}
		return
	}
	if _, ok := f.canonical(a.Text); !ok {
		broken(q, p, f.wrong)
	}
}

func (f formatted) fromAPI(q *models.Question, in *apiInput) models.Answer {
	a := textFromAPI(q, in)
	if a.Text == "" {
		return a
	}
	text, ok := f.canonical(line(a.Text))
	if !ok {
		in.problem(q.ID+"_TEXT", f.refused, "Value", a.Text, "Question", q.ID)
	}
	return models.Answer{Text: text}
}

// export leaves out what is in no form: an answer that its respondent never mended.
func (f formatted) export(q *models.Question, a models.Answer, out *Export) {
	text, ok := f.canonical(a.Text)
	if !ok {
		text = ""
	}
	exportText(q, text, out)
}

func (f formatted) describe(q *models.Question, out *ResponseSchema) {
	out.text(q, q.ID+"_TEXT", map[models.QuestionType]string{models.QuestionDate: "date", models.QuestionEmail: "email"}[f.kind])
}
