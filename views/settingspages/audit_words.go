package settingspages

import (
	"context"
	"slices"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
)

// auditOptions offers the actions for the filter.
func auditOptions(ctx context.Context) []components.Option {
	options := []components.Option{{Label: i18n.T(ctx, "audit.action.any")}}
	for _, a := range models.AuditActions {
		options = append(options, components.Option{Value: string(a), Label: AuditActionWords(ctx, a)})
	}
	return options
}

// AuditActionWords says what was done.
func AuditActionWords(ctx context.Context, a models.AuditAction) string {
	return i18n.T(ctx, "audit.action."+string(a))
}

// AuditObjectWords says to what it was done: what it was called, or the page of settings.
func AuditObjectWords(ctx context.Context, e *models.AuditEntry) string {
	switch {
	case e.Name != "":
		return e.Name
	case e.Action == models.AuditSettings:
		return i18n.T(ctx, "audit.object."+e.Object)
	}
	return e.Object
}

// AuditDetails gives the details of a line in words, always in the same order.
func AuditDetails(ctx context.Context, e *models.AuditEntry) []AuditDetail {
	details := make([]AuditDetail, 0, len(e.Detail.V))
	for name, value := range e.Detail.V {
		switch name {
		case "role":
			value = RoleWords(ctx, models.Role(value))
		case "access":
			value = i18n.T(ctx, "share.access."+value)
		}
		details = append(details, AuditDetail{Label: i18n.T(ctx, "audit.detail."+name), Value: value})
	}
	slices.SortFunc(details, func(a, b AuditDetail) int { return strings.Compare(a.Label, b.Label) })
	return details
}

// AuditHref gives the page of what a line is about. What is gone, or never had a page, has none.
func AuditHref(e *models.AuditEntry) string {
	if strings.HasSuffix(string(e.Action), ".delete") {
		return ""
	}
	prefix, _, _ := strings.Cut(e.Object, "_")
	switch models.Prefix(prefix + "_") {
	case models.PrefixSurvey:
		return link.Survey(e.Object)
	case models.PrefixWorkflow:
		return link.Workflow(e.Object)
	case models.PrefixReceiver:
		return link.Receiver(e.Object)
	}
	return ""
}
