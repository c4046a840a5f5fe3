package qsf

import (
	"encoding/json"
	"strconv"

	"surveyflow/models"
)

// maxScore is the best score of an NPS question.
const maxScore = 10

// scale reads the points of a rating, which are its choices, and the words at the ends of an NPS question.
func (d *decoder) scale(q *models.Question, members map[string]json.RawMessage) {
	switch q.Type {
	case models.QuestionRating:
		choices, _, ok := mapOf(members["Choices"])
		if !ok {
			d.fail("Choices", "qsf.error.map", "Name", "Choices")
		}
		q.Scale.Points = len(choices)
	case models.QuestionSlider:
		d.slider(q, members)
	case models.QuestionNPS:
		labels, _, ok := mapOf(members["ColumnLabels"])
		if !ok {
			return // kept as it is
		}
		q.Scale.Low, q.Scale.High = columnLabel(labels["0"]), columnLabel(labels["1"])
		delete(q.Extra, "ColumnLabels")
	}
}

// columnLabel reads the words of one end; none when they are Qualtrics' own.
func columnLabel(value json.RawMessage) string {
	members, _, _ := mapOf(value)
	if byDefault, _ := textOf(members["IsLabelDefault"]); byDefault == "true" {
		return ""
	}
	text, _ := textOf(members["Display"])
	return text
}

// encodePoints adds the points of a scale as choices: those of an NPS question count from 0, of a rating from 1.
func encodePoints(q *models.Question, o *Object) int {
	if q.Type == models.QuestionNPS {
		scores, order := make([]Object, maxScore+1), make([]int, maxScore+1)
		for i := range scores {
			scores[i], order[i] = Object{{"Display", strconv.Itoa(i)}}, i
		}
		o.add("Choices", scores, "ChoiceOrder", order)
		if q.Scale.Low != "" || q.Scale.High != "" {
			o.add("ColumnLabels", []Object{{{"Display", q.Scale.Low}, {"IsLabelDefault", false}}, {{"Display", q.Scale.High}, {"IsLabelDefault", false}}})
		}
		return maxScore + 1
	}
	choices, order := Object{}, make([]int, q.Scale.RatingPoints())
	for i := range order {
		order[i] = i + 1
		choices.add(strconv.Itoa(i+1), Object{{"Display", strconv.Itoa(i + 1)}})
	}
	o.add("Choices", choices, "ChoiceOrder", order)
	return len(order) + 1
}

// slider reads the range of a slider, which Qualtrics has among the settings of its look.
func (d *decoder) slider(q *models.Question, members map[string]json.RawMessage) {
	settings, _, ok := mapOf(members["Configuration"])
	if !ok {
		d.fail("Configuration", "qsf.error.map", "Name", "Configuration")
		return
	}
	number := func(name string) *float64 {
		text, ok := textOf(settings[name])
		if text == "" && ok {
			return nil
		}
		n, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			d.fail("Configuration."+name, "qsf.error.number", "Name", name)
			return nil
		}
		return &n
	}
	q.Rules.Min, q.Rules.Max = number("CSSliderMin"), number("CSSliderMax")
	if stars := number("StarCount"); stars != nil && q.Rules.Max == nil {
		q.Rules.Min, q.Rules.Max = new(float64), stars
	}
	if n := number("NumDecimals"); n != nil {
		places := int(*n)
		q.Rules.Decimals = &places
	}
}

// configuration gives the settings of a question's look: those that came with it, and the range of a slider.
func configuration(q *models.Question) any {
	kept := orElse(q.Extra, "Configuration", `{"QuestionDescriptionOption":"UseText"}`)
	if q.Type != models.QuestionSlider {
		return kept
	}
	low, high := q.SliderRange()
	o := Object{{"CSSliderMin", low}, {"CSSliderMax", high}, {"NumDecimals", strconv.Itoa(q.SliderDecimals())}}
	others, _, _ := mapOf(kept)
	o.addExtra(others)
	return o
}
