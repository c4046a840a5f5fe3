package frame

import (
	"context"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
)

// JobItem is one piece of long work.
type JobItem struct {
	models.Job
	OwnerName string
	Canceling bool   // it ends before its next step
	Workflow  string // name of the workflow that it is about; empty for none
	Survey    string // name of the survey that it is about; empty for none
	List      string // name of the contact list that it is about; empty for none
}

// Title says what the work is.
func (j JobItem) Title(ctx context.Context) string { return JobTitle(ctx, string(j.Kind), j.Total) }

// JobTitle says what work of a kind is, on so many things.
func JobTitle(ctx context.Context, kind string, total int64) string {
	return i18n.T(ctx, "job.kind."+kind, "Count", total, "Number", i18n.Number(ctx, total))
}

// Badge gives its status as badges show it.
func (j JobItem) Badge(ctx context.Context) components.StatusBadgeProps {
	switch {
	case j.Status == models.JobOpen && j.Canceling:
		return components.StatusBadgeProps{Status: "running", Label: i18n.T(ctx, "job.canceling")}
	case j.Status == models.JobOpen:
		return components.StatusBadgeProps{Status: "running"}
	case j.Status == models.JobSucceeded:
		return components.StatusBadgeProps{Status: "succeeded", Label: i18n.T(ctx, "job.done")}
	}
	return components.StatusBadgeProps{Status: string(j.Status)}
}

// Results gives where what it did can be seen.
func (j JobItem) Results() string {
	if j.List != "" {
		return link.ContactList(j.Subject)
	}
	if j.Subject != "" && strings.HasPrefix(j.Subject, string(models.PrefixWorkflow)) && j.Workflow != "" {
		return link.WorkflowRuns(j.Subject)
	}
	return link.Runs()
}

// SurveyPage gives where what was done with the responses of a survey can be seen.
func (j JobItem) SurveyPage() string {
	if j.Kind == models.JobExportResponses {
		return link.SurveyReportExport(j.Subject)
	}
	return link.Responses(j.Subject)
}

// JobCount says how much of it is done ("3 of 20").
func JobCount(ctx context.Context, j JobItem) string {
	return i18n.T(ctx, "components.progress", "Done", i18n.Number(ctx, j.Done), "Total", i18n.Number(ctx, max(j.Total, j.Done)))
}
