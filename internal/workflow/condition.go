package workflow

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Limits of conditions: no answer may make one slow.
const (
	maxConditionDepth = 8
	maxConditions     = 200
	maxNumberLength   = 100 // characters of a side that is read as a number
)

// Condition is a compiled condition. The zero value is always true.
type Condition struct {
	any      bool // one of parts is enough
	parts    []Condition
	left     pipedtext.Template
	question string // of the left side when it is one question's token, or that of a part of one
	operator models.Operator
	right    pipedtext.Template
	pattern  *regexp.Regexp // of matchesRegex with a fixed right side
	compares bool
}

// CompileCondition checks a condition and parses its sides. Nil is always true.
// It fails with models.CodeInvalid; the fields are paths from at, such as "condition.all[1].left".
func CompileCondition(c *models.Condition, at string) (Condition, error) {
	if c == nil {
		return Condition{}, nil
	}
	k := conditionCompiler{}
	compiled := k.compile(c, at, 0)
	return compiled, models.Invalid(k.fields...)
}

type conditionCompiler struct {
	fields []models.FieldError
	count  int
}

func (k *conditionCompiler) fail(at, key string, args ...any) {
	k.fields = append(k.fields, models.Field(at, key, args...))
}

func (k *conditionCompiler) compile(c *models.Condition, at string, depth int) Condition {
	if k.count++; depth > maxConditionDepth || k.count > maxConditions {
		if k.count <= maxConditions+1 {
			k.fail(at, "condition.error.too_large", "Depth", maxConditionDepth, "Max", maxConditions)
		}
		return Condition{}
	}
	group, name := c.All, "all"
	if len(c.Any) > 0 {
		group, name = c.Any, "any"
	}
	if len(group) > 0 {
		if len(c.All) > 0 && len(c.Any) > 0 || c.Left != "" || c.Operator != "" {
			k.fail(at, "condition.error.mixed")
			return Condition{}
		}
		compiled := Condition{any: name == "any", parts: make([]Condition, len(group))}
		for i := range group {
			compiled.parts[i] = k.compile(&group[i], fmt.Sprintf("%s.%s[%d]", at, name, i), depth+1)
		}
		return compiled
	}
	if c.Left == "" && c.Operator == "" && c.Right == "" { // an empty group: nothing to ask
		return Condition{}
	}
	return k.comparison(c, at)
}

func (k *conditionCompiler) comparison(c *models.Condition, at string) Condition {
	compiled := Condition{operator: c.Operator, compares: true}
	var err error
	if compiled.left, err = pipedtext.Parse(c.Left); err != nil {
		k.fail(at+".left", "condition.error.text")
	} else if c.Left == "" {
		k.fail(at+".left", "condition.error.left_empty")
	}
	if compiled.right, err = pipedtext.Parse(c.Right); err != nil {
		k.fail(at+".right", "condition.error.text")
	}
	if !slices.Contains(models.Operators, c.Operator) {
		k.fail(at+".operator", "condition.error.operator", "Operator", string(c.Operator))
	}
	if refs := compiled.left.Refs(); len(refs) == 1 && refs[0].Scheme == "q" {
		compiled.question = namesPart(refs[0])
	}
	if c.Operator == models.OpMatchesRegex && len(compiled.right.Refs()) == 0 {
		if compiled.pattern, err = regexp.Compile(c.Right); err != nil {
			k.fail(at+".right", "condition.error.regex")
		}
	}
	return compiled
}

// Refs lists what the condition's piped text names.
func (c *Condition) Refs() []pipedtext.Ref {
	refs := append(c.left.Refs(), c.right.Refs()...)
	for i := range c.parts {
		refs = append(refs, c.parts[i].Refs()...)
	}
	return refs
}

// True tells whether the condition holds for the values.
func (c *Condition) True(v *Values, src pipedtext.Source) bool {
	if !c.compares {
		for i := range c.parts {
			if c.parts[i].True(v, src) == c.any {
				return c.any
			}
		}
		return !c.any || len(c.parts) == 0
	}
	left, right := c.left.Text(src), c.right.Text(src)
	switch c.operator {
	case models.OpEqualTo:
		return equal(left, right)
	case models.OpNotEqualTo:
		return !equal(left, right)
	case models.OpGreaterThan:
		return order(left, right, func(n int) bool { return n > 0 })
	case models.OpGreaterThanOrEqual:
		return order(left, right, func(n int) bool { return n >= 0 })
	case models.OpLessThan:
		return order(left, right, func(n int) bool { return n < 0 })
	case models.OpLessThanOrEqual:
		return order(left, right, func(n int) bool { return n <= 0 })
	case models.OpContains:
		return strings.Contains(left, right)
	case models.OpDoesNotContain:
		return !strings.Contains(left, right)
	case models.OpEmpty:
		return left == ""
	case models.OpNotEmpty:
		return left != ""
	case models.OpMatchesRegex:
		return c.matches(left, right)
	case models.OpSelected:
		return c.selected(v, left, right)
	case models.OpNotSelected:
		return !c.selected(v, left, right)
	}
	return false
}

func (c *Condition) matches(left, right string) bool {
	if c.pattern != nil {
		return c.pattern.MatchString(left)
	}
	re, err := regexp.Compile(right) // RE2: no pattern makes it slow
	return err == nil && re.MatchString(left)
}

// selected asks whether a choice is among the chosen ones, by recode value, label or id. A left side that is no question's
// token is taken as a list with commas.
func (c *Condition) selected(v *Values, left, right string) bool {
	names := v.chosen(c.question)
	if c.question == "" {
		for name := range strings.SplitSeq(left, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return slices.Contains(names, strings.TrimSpace(right))
}

// equal compares two numbers as numbers and everything else as text, letter by letter (contract §7, Comparing).
func equal(a, b string) bool {
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return x.Cmp(y) == 0
		}
	}
	return a == b
}

// order compares two numbers; with anything else it is false.
func order(a, b string, is func(int) bool) bool {
	x, ok := number(a)
	if !ok {
		return false
	}
	y, ok := number(b)
	return ok && is(x.Cmp(y))
}

var decimal = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)

// number reads a decimal number exactly, however many digits it has.
func number(s string) (*big.Rat, bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxNumberLength || !decimal.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
