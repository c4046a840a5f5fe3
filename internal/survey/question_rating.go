package survey

import (
	"encoding/json"
	"net/url"
	"strconv"
	"unicode/utf8"

	"surveyflow/models"
)

// maxEnd is how long the words at the end of a scale may be, in characters.
const maxEnd = 200

// rating asks for a number of points, from 1 up.
type rating struct{}

func (rating) name() models.QuestionType { return models.QuestionRating }

func (rating) check(q *models.Question, p *problems) {
	if n := q.Scale.RatingPoints(); n < 2 || n > models.MaxPoints {
		p.add("scale.points", "question.error.points", "Max", models.MaxPoints)
	}
	if q.Scale.Shape != models.ShapeStars && q.Scale.Shape != models.ShapeNumbers {
		p.add("scale.shape", "question.error.shape", "Shape", string(q.Scale.Shape))
	}
	checkEnds(q, p)
}

// checkEnds tells which words at the ends of a scale are too long.
func checkEnds(q *models.Question, p *problems) {
	if utf8.RuneCountInString(q.Scale.Low) > maxEnd {
		p.add("scale.low", "question.error.too_long", "Max", maxEnd)
	}
	if utf8.RuneCountInString(q.Scale.High) > maxEnd {
		p.add("scale.high", "question.error.too_long", "Max", maxEnd)
	}
}

func (rating) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	text := form.Get(q.ID)
	if text == "" {
		return models.Answer{}
	}
	n, ok := points(q, text)
	if !ok {
		p.add(q.ID, "answer.error.points", "Max", q.Scale.RatingPoints())
	}
	return models.Answer{Number: n}
}

// points reads a whole number from 1 to the most points of the question.
func points(q *models.Question, text string) (json.Number, bool) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > q.Scale.RatingPoints() {
		return "", false
	}
	return json.Number(strconv.Itoa(n)), true
}

func (rating) fill(q *models.Question, a models.Answer, form url.Values) {
	form.Set(q.ID, a.Number.String())
}

func (rating) validate(q *models.Question, a models.Answer, p *problems) {
	if a.Number == "" && q.Required {
		p.add(q.ID, "answer.error.required_rating")
	}
}

func (rating) fromAPI(q *models.Question, in *apiInput) models.Answer {
	text, _ := in.text(q.ID, maxDigits)
	if text == "" {
		return models.Answer{}
	}
	n, ok := points(q, text)
	if !ok {
		in.problem(q.ID, "response.error.points", "Value", text, "Question", q.ID, "Max", q.Scale.RatingPoints())
	}
	return models.Answer{Number: n}
}

func (rating) export(q *models.Question, a models.Answer, out *Export) {
	all := make([]any, q.Scale.RatingPoints())
	for i := range all {
		all[i] = i + 1
	}
	out.display(q.ID, all)
	if a.Number != "" {
		out.Values[q.ID], out.Labels[q.ID] = a.Number, a.Number.String()
	}
}

func (rating) describe(q *models.Question, out *ResponseSchema) {
	out.coded(q, q.ID, scores(1, q.Scale.RatingPoints()))
}
