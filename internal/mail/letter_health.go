package mail

import (
	"context"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// RunFailed tells that runs of a workflow have begun to fail.
type RunFailed struct {
	Workflow   string // its name
	WorkflowID string
	RunID      string // the last of them
	Error      models.RunError
	Count      int64 // how many failed since the last mail about it
	At         time.Time
}

func (RunFailed) kind() models.MailKind { return models.MailRunFailed }

func (l RunFailed) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.run.subject", "Workflow", l.Workflow, "Count", l.Count),
		Heading:    i18n.T(ctx, "mail.run.heading", "Workflow", l.Workflow, "Count", l.Count),
		Paragraphs: []string{i18n.TMap(ctx, l.Error.Key, l.Error.Args)},
		Facts:      []view.Fact{happened(ctx, l.At), {Term: i18n.T(ctx, "mail.run.run"), Value: l.RunID}},
		Button:     view.Button{Label: i18n.T(ctx, "mail.run.button"), URL: b.App(link.Run(l.RunID))},
		Small:      []string{i18n.T(ctx, "mail.run.once")},
	}
}

// RunRecovered tells that a workflow whose runs failed is well again.
type RunRecovered struct {
	Workflow   string
	WorkflowID string
	Failures   int64 // how many runs failed in the meantime
	At         time.Time
}

func (RunRecovered) kind() models.MailKind { return models.MailRunRecovered }

func (l RunRecovered) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.recovered.subject", "Workflow", l.Workflow),
		Heading:    i18n.T(ctx, "mail.recovered.subject", "Workflow", l.Workflow),
		Paragraphs: []string{i18n.T(ctx, "mail.recovered.text", "Count", l.Failures)},
		Facts:      []view.Fact{happened(ctx, l.At)},
		Button:     view.Button{Label: i18n.T(ctx, "mail.recovered.button"), URL: b.App(link.With(link.WorkflowRuns(l.WorkflowID), "status", string(models.RunFailed)))},
	}
}

// WorkflowOff tells that a workflow switched itself off.
type WorkflowOff struct {
	Workflow   string
	WorkflowID string
	Reason     models.RunError
	Error      models.RunError // of the last run that failed
	At         time.Time
}

func (WorkflowOff) kind() models.MailKind { return models.MailWorkflowOff }

func (l WorkflowOff) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.off.subject", "Workflow", l.Workflow),
		Heading:    i18n.T(ctx, "mail.off.subject", "Workflow", l.Workflow),
		Paragraphs: []string{i18n.TMap(ctx, l.Reason.Key, l.Reason.Args), i18n.T(ctx, "mail.off.text")},
		Facts:      []view.Fact{happened(ctx, l.At), {Term: i18n.T(ctx, "mail.off.last"), Value: i18n.TMap(ctx, l.Error.Key, l.Error.Args)}},
		Button:     view.Button{Label: i18n.T(ctx, "mail.off.button"), URL: b.App(link.Workflow(l.WorkflowID))},
	}
}

// EventsRefused tells that events that were meant for a workflow started nothing.
type EventsRefused struct {
	Workflow   string
	WorkflowID string
	Reason     models.RefusalReason // of the last one
	Count      int64
	At         time.Time
}

func (EventsRefused) kind() models.MailKind { return models.MailEventsRefused }

func (l EventsRefused) content(ctx context.Context, b link.Base) view.Content {
	return view.Content{
		Subject:    i18n.T(ctx, "mail.refused.subject", "Workflow", l.Workflow, "Count", l.Count),
		Heading:    i18n.T(ctx, "mail.refused.subject", "Workflow", l.Workflow, "Count", l.Count),
		Paragraphs: []string{i18n.T(ctx, "refused.reason."+string(l.Reason)), i18n.T(ctx, "mail.refused.text")},
		Facts:      []view.Fact{happened(ctx, l.At)},
		Button:     view.Button{Label: i18n.T(ctx, "mail.refused.button"), URL: b.App(link.WorkflowRefused(l.WorkflowID))},
		Small:      []string{i18n.T(ctx, "mail.refused.once")},
	}
}

func happened(ctx context.Context, at time.Time) view.Fact {
	if at.IsZero() {
		at = i18n.Now(ctx)
	}
	return view.Fact{Term: i18n.T(ctx, "mail.when"), Value: i18n.Time(ctx, at)}
}
