package survey

import (
	"encoding/json"
	"net/url"
	"strconv"

	"surveyflow/models"
)

// MaxScore is the best score of an NPS question; the worst is 0.
const MaxScore = 10

// nps asks how likely the respondent is to recommend something, from 0 to 10.
type nps struct{}

func (nps) name() models.QuestionType { return models.QuestionNPS }

func (nps) check(q *models.Question, p *problems) { checkEnds(q, p) }

func (nps) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	text := form.Get(q.ID)
	if text == "" {
		return models.Answer{}
	}
	n, ok := score(text)
	if !ok {
		p.add(q.ID, "answer.error.score", "Max", MaxScore)
	}
	return models.Answer{Number: n}
}

// score reads a whole number from 0 to 10.
func score(text string) (json.Number, bool) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > MaxScore {
		return "", false
	}
	return json.Number(strconv.Itoa(n)), true
}

func (nps) fill(q *models.Question, a models.Answer, form url.Values) {
	form.Set(q.ID, a.Number.String())
}

func (nps) validate(q *models.Question, a models.Answer, p *problems) {
	if a.Number == "" && q.Required {
		p.add(q.ID, "answer.error.required_score", "Max", MaxScore)
	}
}

func (nps) fromAPI(q *models.Question, in *apiInput) models.Answer {
	text, sent := in.text(q.ID, maxDigits)
	if !sent || text == "" {
		return models.Answer{}
	}
	n, ok := score(text)
	if !ok {
		in.problem(q.ID, "response.error.score", "Value", text, "Question", q.ID, "Max", MaxScore)
	}
	return models.Answer{Number: n}
}

func (nps) export(q *models.Question, a models.Answer, out *Export) {
	all := make([]any, MaxScore+1)
	for i := range all {
		all[i] = i
	}
	out.display(q.ID, all)
	if a.Number != "" {
		out.Values[q.ID] = a.Number
		out.Labels[q.ID] = a.Number.String()
	}
}

func (nps) describe(q *models.Question, out *ResponseSchema) {
	out.coded(q, q.ID, scores(0, MaxScore))
}
