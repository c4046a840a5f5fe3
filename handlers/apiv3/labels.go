package apiv3

import (
	"bytes"
	"encoding/json"
	"strings"

	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func (a *API) labelEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPILabels, handler: a.serve(a.showLabels), name: "getDataLabels", tag: tagSurveys,
			summary: "The data labels of a survey, by question id and name of embedded data, in survey order",
			more:    "Where the owner chose no label, it is the automatic one: the name of the column in the response export.", result: labelsSchema,
		},
		{
			method: put, pattern: link.PatternAPILabels, handler: a.serve(a.saveLabels), name: "updateDataLabels", tag: tagSurveys,
			summary: "Change data labels; they take effect at once",
			more:    "Only the keys that are named change, all of them or none. null, or the automatic label itself, makes a label automatic.",
			body:    labelChangesSchema, result: labelsSchema,
		},
	}
}

var (
	labelsSchema       = schema{"type": "object", "additionalProperties": schema{"type": "string", "minLength": 1, "maxLength": survey.MaxLabel}}
	labelChangesSchema = schema{"type": "object", "additionalProperties": schema{"type": []string{"string", "null"}, "minLength": 1, "maxLength": survey.MaxLabel}}
)

// orderedLabels are labels in survey order, which a map would lose.
type orderedLabels []survey.Variable

// MarshalJSON writes an object of keys and labels.
func (l orderedLabels) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, v := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		for k, text := range []string{v.Key, v.Label} {
			if k > 0 {
				b.WriteByte(':')
			}
			quoted, err := models.MarshalJSON(text)
			if err != nil {
				return nil, err
			}
			b.Write(quoted)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (a *API) showLabels(c *call) (any, error) {
	l, err := a.surveys.Labels(c.Request().Context(), c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	return orderedLabels(l.Variables), nil
}

func (a *API) saveLabels(c *call) (any, error) {
	var in map[string]json.RawMessage
	if err := c.body(&in); err != nil {
		return nil, err
	}
	changes := make(map[string]*string, len(in))
	var wrong []models.FieldError
	for key, raw := range in {
		key = models.CleanText(key)
		changes[key] = nil
		if string(raw) == "null" {
			continue
		}
		var label string
		if json.Unmarshal(raw, &label) != nil {
			wrong = append(wrong, models.Field(key, "label.error.type"))
			continue
		}
		label = models.CleanText(strings.TrimSpace(label))
		changes[key] = &label
	}
	err := models.Invalid(wrong...)
	if err == nil {
		err = a.surveys.Relabel(c.Request().Context(), c.actor, c.Param("surveyId"), changes)
	}
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	return a.showLabels(c)
}
