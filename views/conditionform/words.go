package conditionform

import (
	"context"
	"slices"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
)

// Words says a condition as a sentence: "Score is less than 3 and (Segment is gold or E-mail is not empty)".
func Words(ctx context.Context, c *models.Condition, tokens []components.PipedToken) string {
	if c == nil {
		return i18n.T(ctx, "condition.words.always")
	}
	w := writer{tokens: tokens}
	return w.write(ctx, *c, false)
}

type writer struct{ tokens []components.PipedToken }

func (w *writer) write(ctx context.Context, c models.Condition, nested bool) string {
	parts, joint := c.All, "condition.words.and"
	if len(c.Any) > 0 {
		parts, joint = c.Any, "condition.words.or"
	}
	if len(parts) == 0 {
		if c.Operator == "" {
			return i18n.T(ctx, "condition.words.always")
		}
		return w.compare(ctx, c)
	}
	said := make([]string, len(parts))
	for i := range parts {
		said[i] = w.write(ctx, parts[i], true)
	}
	text := strings.Join(said, " "+i18n.T(ctx, joint)+" ")
	if nested && len(parts) > 1 {
		return "(" + text + ")"
	}
	return text
}

func (w *writer) compare(ctx context.Context, c models.Condition) string {
	left, right := c.Left, c.Right
	if t, ok := components.FindPiped(w.tokens, c.Left); ok {
		left = t.Label
		if name := t.Names[c.Right]; name != "" && slices.Contains(oneChoice, c.Operator) {
			left, right = t.Asked, "“"+name+"”"
		}
	}
	if left == "" {
		left = "…"
	}
	operator := i18n.T(ctx, "operator."+string(c.Operator))
	if c.Operator.Unary() {
		return left + " " + operator
	}
	if right == "" {
		right = "…"
	}
	return left + " " + operator + " " + right
}

// oneChoice are the comparisons with one choice, which is said by its label.
var oneChoice = []models.Operator{models.OpEqualTo, models.OpNotEqualTo, models.OpSelected, models.OpNotSelected}
