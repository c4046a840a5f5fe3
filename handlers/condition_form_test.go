package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/conditionform"
)

var someTokens = []components.PipedToken{{Text: "${q://QID1/SelectedChoicesRecode}"}, {Text: "${e://Field/segment}"}}

// conditionFields fills in the form of a condition as its page does.
func conditionFields(c models.Condition) url.Values {
	form := url.Values{}
	fillGroup(form, c, conditionform.ConditionRoot)
	return form
}

func fillGroup(form url.Values, c models.Condition, name string) {
	kind, parts := "all", c.All
	if len(c.Any) > 0 {
		kind, parts = "any", c.Any
	}
	form.Set(name+".kind", kind)
	for i, part := range parts {
		child := name + "." + strconv.Itoa(i)
		if len(part.All) > 0 || len(part.Any) > 0 {
			fillGroup(form, part, child)
			continue
		}
		field, left := "", part.Left
		if slices.ContainsFunc(someTokens, func(t components.PipedToken) bool { return t.Text == part.Left }) {
			field, left = part.Left, ""
		}
		form.Set(child+".field", field)
		form.Set(child+".left", left)
		form.Set(child+".operator", string(part.Operator))
		form.Set(child+".right", part.Right)
	}
}

// randomCondition makes a group with parts of any shape that the form can show.
func randomCondition(r *rand.Rand, depth int) models.Condition {
	parts := make([]models.Condition, 1+r.IntN(3))
	for i := range parts {
		if depth > 0 && r.IntN(3) == 0 {
			parts[i] = randomCondition(r, depth-1)
			continue
		}
		c := models.Condition{Operator: models.Operators[r.IntN(len(models.Operators))], Left: fmt.Sprintf("${m://f%d} & <b>", r.IntN(9))}
		if r.IntN(2) == 0 {
			c.Left = someTokens[r.IntN(len(someTokens))].Text
		}
		if !c.Operator.Unary() {
			c.Right = []string{"", "3", "gold", "a=b&c", " spaced "}[r.IntN(5)]
		}
		parts[i] = c
	}
	if r.IntN(2) == 0 {
		return models.Condition{Any: parts}
	}
	return models.Condition{All: parts}
}

func TestEveryConditionComesBackFromItsForm(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		want := randomCondition(r, 4)
		got := readCondition(conditionFields(want), "", models.Condition{})
		if got == nil {
			t.Fatalf("%+v was lost", want)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Fatalf("changed on the way (-want +got):\n%s", diff)
		}
	}
}

func TestButtonsOfAConditionAddAndRemoveParts(t *testing.T) {
	t.Parallel()
	gold := models.Condition{Left: "${e://Field/segment}", Operator: models.OpEqualTo, Right: "gold"}
	low := models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "3"}
	fresh := models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpEqualTo}
	before := models.Condition{All: []models.Condition{low, {Any: []models.Condition{gold, low}}}}
	for _, c := range []struct {
		do   string
		want *models.Condition
	}{
		{"add:c", &models.Condition{All: []models.Condition{low, {Any: []models.Condition{gold, low}}, fresh}}},
		{"add:c.1", &models.Condition{All: []models.Condition{low, {Any: []models.Condition{gold, low, fresh}}}}},
		{"group:c", &models.Condition{All: []models.Condition{low, {Any: []models.Condition{gold, low}}, {Any: []models.Condition{fresh}}}}},
		{"remove:c.0", &models.Condition{All: []models.Condition{{Any: []models.Condition{gold, low}}}}},
		{"remove:c.1.0", &models.Condition{All: []models.Condition{low, {Any: []models.Condition{low}}}}},
		{"remove:c.1", &models.Condition{All: []models.Condition{low}}},
		{"remove:c", nil},
		{"nonsense", &before},
		{"remove:c.7", &before},
	} {
		got := readCondition(conditionFields(before), c.do, fresh)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.do, diff)
		}
	}
	if got := readCondition(url.Values{}, "add:c", fresh); got == nil || len(got.All) != 1 {
		t.Errorf("the first condition: %+v", got)
	}
}

func TestAConditionFormWithWildNamesIsReadInBounds(t *testing.T) {
	t.Parallel()
	form := url.Values{"c.kind": {"all"}, "c.-1.left": {"x"}, "c.99999999999999999999.left": {"x"}, "c..left": {"x"}, "d.0.left": {"x"}}
	deep := "c"
	for range 40 {
		deep += ".0"
	}
	form.Set(deep+".left", "x")
	for i := range 5000 {
		form.Set(fmt.Sprintf("c.%d.left", i), "x")
	}
	got := readCondition(form, "", models.Condition{})
	if got == nil || len(got.All) > conditionParts {
		t.Errorf("read %d parts", len(got.All))
	}
}

func TestPathsOfConditionsLeadToTheirFields(t *testing.T) {
	t.Parallel()
	group := &models.Condition{All: []models.Condition{{}, {}}}
	for _, c := range []struct {
		path string
		of   *models.Condition
		want string
	}{
		{".all[1].any[0].left", group, "c.1.0.left"},
		{".all[0].operator", group, "c.0.operator"},
		{"", group, "c"},
		{".left", &models.Condition{Left: "x", Operator: models.OpEmpty}, "c.0.left"},
	} {
		if got := conditionField(c.path, c.of); got != c.want {
			t.Errorf("%s leads to %s, want %s", c.path, got, c.want)
		}
	}
}
