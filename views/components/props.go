// Package components holds the parts pages are made of: each a templ of its own with one props struct. Parts take
// sentences, not message keys, except for the words they always say themselves (catalogue components.en.json).
package components

import (
	"context"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// FieldID returns the id of the form field with a name, so that an error summary can link to it:
// "tasks[0].config.url" becomes "f-tasks-0-config-url".
func FieldID(name string) string {
	var b strings.Builder
	b.WriteString("f-")
	gap := false
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			if gap {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = b.Len() > 2
		}
	}
	return b.String()
}

// ErrorOf returns the sentence about a field among the errors of a form, or nothing when the field is right.
func ErrorOf(ctx context.Context, errs []models.FieldError, field string) string {
	for _, e := range errs {
		if e.Field == field {
			return i18n.TMap(ctx, e.Key, e.Args)
		}
	}
	return ""
}

// classes joins the class names that are not empty.
func classes(names ...string) string {
	out := names[:0:0]
	for _, n := range names {
		if n != "" {
			out = append(out, n)
		}
	}
	return strings.Join(out, " ")
}

// when returns value if the condition holds, and nothing otherwise.
func when(condition bool, value string) string {
	if condition {
		return value
	}
	return ""
}

// or returns the first value that is not empty.
func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
