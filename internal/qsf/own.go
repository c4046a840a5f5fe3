package qsf

import (
	"encoding/json"

	"surveyflow/models"
)

// ownMember is the member in which the product notes what Qualtrics' JSON has no word for, so that a question that goes out
// and comes back is the same. Clients pass over it, as over every member that they do not know.
const ownMember = "Surveyflow"

// own is what that member holds.
type own struct {
	Type    models.QuestionType `json:"type,omitempty"` // where Qualtrics knows it as another one
	Help    string              `json:"help,omitempty"`
	Scale   models.Scale        `json:"scale,omitzero"`
	Rules   models.Rules        `json:"rules,omitzero"`
	Display *models.Condition   `json:"display,omitempty"` // where no logic of Qualtrics' says it
}

// ownOf gathers what has to be noted of a question.
func ownOf(q *models.Question) own {
	o := own{Help: q.Help, Scale: q.Scale, Rules: models.Rules{
		Pattern: q.Rules.Pattern, Message: q.Rules.Message, Earliest: q.Rules.Earliest, Latest: q.Rules.Latest, Day: q.Rules.Day,
	}}
	if q.Type == models.QuestionRanking || q.Type == models.QuestionMatrixMultiple {
		o.Rules.MinChoices, o.Rules.MaxChoices = q.Rules.MinChoices, q.Rules.MaxChoices
	}
	if q.Type != models.QuestionRating {
		o.Scale.Shape = ""
	}
	o.Scale.Points = 0 // there are as many choices
	if q.Type == models.QuestionNPS {
		o.Scale.Low, o.Scale.High = "", "" // the labels of its columns
	}
	if plainType(q.Type) != q.Type && contentTypes[q.Type] == "" {
		o.Type = q.Type
	}
	return o
}

func (o own) empty() bool { return o == own{} }

// own reads the member. What is not of its shape is passed over: it is nobody's but ours.
func (d *decoder) own(value json.RawMessage) (o own) {
	if len(value) > 0 && json.Unmarshal(value, &o) != nil {
		d.fail(ownMember, "qsf.error.map", "Name", ownMember)
	}
	return o
}

// apply gives a question what was noted.
func (o own) apply(q *models.Question) {
	q.Help, q.Display = o.Help, o.Display
	q.Rules.Pattern, q.Rules.Message, q.Rules.Earliest, q.Rules.Latest = o.Rules.Pattern, o.Rules.Message, o.Rules.Earliest, o.Rules.Latest
	q.Rules.Day = o.Rules.Day
	if q.Type == models.QuestionRanking || q.Type == models.QuestionMatrixMultiple {
		q.Rules.MinChoices, q.Rules.MaxChoices = o.Rules.MinChoices, o.Rules.MaxChoices
	}
	q.Scale.Shape, q.Scale.Step = o.Scale.Shape, o.Scale.Step
	if q.Scale.Low == "" {
		q.Scale.Low = o.Scale.Low
	}
	if q.Scale.High == "" {
		q.Scale.High = o.Scale.High
	}
}
