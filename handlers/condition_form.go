package handlers

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surveyflow/models"
	"surveyflow/views/conditionform"
)

// Limits of the form of a condition; a condition that is larger came by the API and is refused by the check anyway.
const (
	conditionDepth = 8
	conditionParts = 200
)

// conditionReader reads the form of a condition (see conditionform.ConditionProps) and does on the way what the pressed button
// asks for.
type conditionReader struct {
	form  url.Values
	parts map[string][]int // the numbers of the parts of each group, in order
	do    string           // "add", "group", "remove" or nothing
	at    string           // the name of the part that it is done to
	fresh models.Condition // what an added comparison begins as
	left  int              // how many parts may still be read
}

// readCondition gives the condition that a form describes; nil for none. do is the value of the pressed button.
func readCondition(form url.Values, do string, fresh models.Condition) *models.Condition {
	r := conditionReader{form: form, parts: map[string][]int{}, fresh: fresh, left: conditionParts}
	r.do, r.at, _ = strings.Cut(do, ":")
	for name := range form {
		r.note(name)
	}
	for name := range r.parts {
		slices.Sort(r.parts[name])
	}
	c, ok := r.group(conditionform.ConditionRoot, 0)
	if !ok {
		return nil
	}
	return &c
}

// note remembers that a part is there: the name "c.1.0.left" tells of part 0 of "c.1" and of part 1 of "c".
func (r *conditionReader) note(field string) {
	segments := strings.Split(field, ".")
	if segments[0] != conditionform.ConditionRoot || len(segments) > conditionDepth+2 {
		return
	}
	name := segments[0]
	for _, s := range segments[1 : len(segments)-1] {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return
		}
		if !slices.Contains(r.parts[name], n) {
			r.parts[name] = append(r.parts[name], n)
		}
		name += "." + s
	}
}

// group reads a group; false when nothing is left of it.
func (r *conditionReader) group(name string, depth int) (models.Condition, bool) {
	if r.removes(name) {
		return models.Condition{}, false
	}
	var parts []models.Condition
	for _, n := range r.parts[name] {
		if r.left--; r.left < 0 {
			break
		}
		child := name + "." + strconv.Itoa(n)
		if len(r.parts[child]) > 0 || r.form.Has(child+".kind") {
			if part, ok := r.group(child, depth+1); ok {
				parts = append(parts, part)
			}
			continue
		}
		if !r.removes(child) {
			parts = append(parts, r.comparison(child))
		}
	}
	if r.at == name {
		switch r.do {
		case "add":
			parts = append(parts, r.fresh)
		case "group":
			parts = append(parts, models.Condition{Any: []models.Condition{r.fresh}})
		}
	}
	if len(parts) == 0 {
		return models.Condition{}, false
	}
	if r.form.Get(name+".kind") == "any" {
		return models.Condition{Any: parts}, true
	}
	return models.Condition{All: parts}, true
}

func (r *conditionReader) removes(name string) bool { return r.do == "remove" && r.at == name }

// comparison reads one row: the chosen field of the survey or, without one, the text written by hand.
func (r *conditionReader) comparison(name string) models.Condition {
	c := models.Condition{
		Left: strings.TrimSpace(r.form.Get(name + ".field")), Operator: models.Operator(r.form.Get(name + ".operator")), Right: r.form.Get(name + ".right"),
	}
	if c.Left == "" {
		c.Left = strings.TrimSpace(r.form.Get(name + ".left"))
	}
	if c.Operator == "" {
		c.Operator = models.OpEqualTo
	}
	if c.Operator.Unary() {
		c.Right = ""
	}
	return c
}

var conditionStep = regexp.MustCompile(`\.(?:all|any)\[(\d+)\]`)

// conditionField turns a path in the JSON of a condition, such as ".all[1].any[0].left", into the name of a field of
// its form, "c.1.0.left".
func conditionField(path string, c *models.Condition) string {
	if c != nil && len(c.All) == 0 && len(c.Any) == 0 && path != "" {
		return conditionform.ConditionRoot + ".0" + path
	}
	return conditionform.ConditionRoot + conditionStep.ReplaceAllString(path, ".$1")
}
