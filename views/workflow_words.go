package views

import (
	"context"
	"encoding/json"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// EventWords says what starts a workflow: "A response is completed".
func EventWords(ctx context.Context, e models.EventSpec) string {
	created, updated := len(e.On) == 0, false
	for _, on := range e.On {
		created = created || on == models.OnCreated
		updated = updated || on == models.OnUpdated
	}
	key := "workflow.event.words.created"
	switch {
	case created && updated:
		key = "workflow.event.words.both"
	case updated:
		key = "workflow.event.words.updated"
	}
	return i18n.T(ctx, key)
}

// eventDetails says which responses count beside the finished ones that people gave themselves.
func eventDetails(ctx context.Context, e models.EventSpec) string {
	switch {
	case e.IncludeIncomplete && e.IncludeImported:
		return i18n.T(ctx, "workflow.event.words.incomplete_imported")
	case e.IncludeIncomplete:
		return i18n.T(ctx, "workflow.event.words.incomplete")
	case e.IncludeImported:
		return i18n.T(ctx, "workflow.event.words.imported")
	}
	return ""
}

// ConditionWords says a condition as a sentence: "Score is less than 3 and (Segment is gold or E-mail is not empty)".
func ConditionWords(ctx context.Context, c *models.Condition, tokens []Token) string {
	if c == nil {
		return i18n.T(ctx, "condition.words.always")
	}
	w := conditionWriter{tokens: tokens}
	return w.write(ctx, *c, false)
}

type conditionWriter struct{ tokens []Token }

func (w *conditionWriter) write(ctx context.Context, c models.Condition, nested bool) string {
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

func (w *conditionWriter) compare(ctx context.Context, c models.Condition) string {
	left := c.Left
	if t, ok := findToken(w.tokens, c.Left); ok {
		left = t.Label
	}
	if left == "" {
		left = "…"
	}
	operator := i18n.T(ctx, "operator."+string(c.Operator))
	if c.Operator.Unary() {
		return left + " " + operator
	}
	right := c.Right
	if right == "" {
		right = "…"
	}
	return left + " " + operator + " " + right
}

// TaskWords says what a task does: "POST to crm.example.com".
func TaskWords(ctx context.Context, t models.TaskSpec) string {
	if t.Type != models.TaskWebService {
		return i18n.T(ctx, "task.type."+string(t.Type))
	}
	var c models.WebServiceConfig
	if json.Unmarshal(t.Config, &c) != nil || c.URL == "" {
		return i18n.T(ctx, "task.words.web_service.empty")
	}
	method := c.Method
	if method == "" {
		method = "POST"
	}
	return i18n.T(ctx, "task.words.web_service", "Method", method, "Host", Host(c.URL))
}

// TaskTitle names a task: by the summary its owner gave it, or by what it does.
func TaskTitle(ctx context.Context, t models.TaskSpec) string {
	if t.Summary != "" {
		return t.Summary
	}
	return TaskWords(ctx, t)
}
