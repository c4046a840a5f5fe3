package handlers

import (
	"strconv"

	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// fillScale gives the fields of a scale as the draft has them. A rating names its points, also when it has the usual ones.
func fillScale(f *surveypages.QuestionForm, q *models.Question) {
	f.Shape, f.Low, f.High = string(q.Scale.Shape), q.Scale.Low, q.Scale.High
	if q.Scale.Step > 0 {
		f.Step = decimalText(&q.Scale.Step)
	}
	if q.Type == models.QuestionRating {
		f.Points = strconv.Itoa(q.Scale.RatingPoints())
	}
}

// readScale reads the fields of a scale.
func readScale(f *surveypages.QuestionForm, text func(name string) string) {
	f.Points, f.Shape, f.Low, f.High = text("scale.points"), text("scale.shape"), text("scale.low"), text("scale.high")
	f.Step = text("scale.step")
}
