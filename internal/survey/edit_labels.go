package survey

import (
	"slices"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// CarryLabels puts the new labels of a question's choices in the place of the old ones wherever a condition of the draft compares with
// them: display logic and quotas. was is the question before its choices were changed. A label that names several choices, or would
// then, is left alone.
func CarryLabels(def *models.SurveyDefinition, was *models.Question) {
	is := def.Question(was.ID)
	if is == nil {
		return
	}
	renamed := map[string]string{}
	for i := range was.Choices {
		c := is.Choice(was.Choices[i].ID)
		if c == nil {
			continue
		}
		before, after := richtext.Line(was.Choices[i].Text), richtext.Line(c.Text)
		if before != after && before != "" && after != "" && !strings.Contains(after, "{") && labelled(was, before) == 1 && labelled(is, after) == 1 {
			renamed[before] = after
		}
	}
	if len(renamed) == 0 {
		return
	}
	for i := range def.Blocks {
		b := &def.Blocks[i]
		b.Display, _ = carried(def, b.Display, was.ID, renamed)
		for j := range b.Questions {
			b.Questions[j].Display, _ = carried(def, b.Questions[j].Display, was.ID, renamed)
		}
	}
	for _, q := range qsf.QuotasInUse(def) {
		var changed bool
		if q.Condition, changed = carried(def, q.Condition, was.ID, renamed); changed {
			qsf.PutQuota(def, q)
		}
	}
}

// labelled counts the choices of a question that have this label or value.
func labelled(q *models.Question, name string) int {
	n := 0
	for i := range q.Choices {
		if richtext.Line(q.Choices[i].Text) == name || q.Choices[i].RecodeValue() == name {
			n++
		}
	}
	return n
}

// carried gives a condition with the new labels of a question's choices, and whether it had an old one. What it was made of stays.
func carried(def *models.SurveyDefinition, c *models.Condition, id string, renamed map[string]string) (*models.Condition, bool) {
	if c == nil {
		return nil, false
	}
	out, changed := *c, false
	for _, parts := range []*[]models.Condition{&out.All, &out.Any} {
		*parts = slices.Clone(*parts)
		for i := range *parts {
			if part, some := carried(def, &(*parts)[i], id, renamed); some {
				(*parts)[i], changed = *part, true
			}
		}
	}
	if after := renamed[c.Right]; after != "" {
		q, labels := asksForChoice(def, c)
		selecting := c.Operator == models.OpSelected || c.Operator == models.OpNotSelected
		if q != nil && q.ID == id && (labels || selecting) {
			out.Right, changed = after, true
		}
	}
	if !changed {
		return c, false
	}
	return &out, true
}
