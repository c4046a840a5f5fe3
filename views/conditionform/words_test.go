package conditionform

import (
	"testing"

	"surveyflow/models"
	"surveyflow/views/components"
)

func TestConditionsAreSaidInWords(t *testing.T) {
	t.Parallel()
	tokens := []components.PipedToken{{Text: "${e://Field/segment}", Label: "Segment"}, {Text: "${q://QID1/SelectedChoicesRecode}", Label: "Score"}}
	gold := models.Condition{Left: "${e://Field/segment}", Operator: models.OpEqualTo, Right: "gold"}
	low := models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "3"}
	mail := models.Condition{Left: "${m://Email}", Operator: models.OpNotEmpty}
	for want, c := range map[string]*models.Condition{
		"always":          nil,
		"Segment is gold": &gold,
		"Score is less than 3 and (Segment is gold or ${m://Email} is not empty)": {All: []models.Condition{low, {Any: []models.Condition{gold, mail}}}},
		"… is …": {Any: []models.Condition{{Operator: models.OpEqualTo}}},
	} {
		if got := Words(t.Context(), c, tokens); got != want {
			t.Errorf("said as %q, want %q", got, want)
		}
	}
}
