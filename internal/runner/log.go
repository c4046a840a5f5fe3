package runner

import (
	"context"
	"log/slog"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// logAttempt writes the one line of an attempt.
func (e *execution) logAttempt(ctx context.Context, step *workflow.Step, a *models.Attempt, out task.Outcome) {
	level := slog.LevelDebug
	if a.Result != models.AttemptSucceeded {
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{
		slog.String("run", e.c.Run.ID), slog.String("task", step.Spec.ID), slog.String("type", string(step.Spec.Type)),
		slog.Int("attempt", a.Number), slog.String("result", string(a.Result)), slog.Int64("duration_us", a.DurationUS),
	}
	if out.Exchange != nil && out.Exchange.Response != nil {
		attrs = append(attrs, slog.Int("status", out.Exchange.Response.Status))
	}
	if out.Error != nil {
		attrs = append(attrs, slog.String("error", out.Error.Key))
	}
	e.Log.LogAttrs(ctx, level, "attempt", attrs...)
}

// logEnd counts and writes the one line of a run that ended.
func (e *execution) logEnd(ctx context.Context, f *store.Finish) {
	if f.Next.State != store.NextDone {
		return
	}
	switch f.Next.Status {
	case models.RunSucceeded:
		e.stats.Succeeded.Add(1)
	case models.RunFailed:
		e.stats.Failed.Add(1)
	default:
		e.stats.Canceled.Add(1)
	}
	e.Log.LogAttrs(ctx, slog.LevelInfo, "run",
		slog.String("run", e.c.Run.ID), slog.String("workflow", e.c.Run.WorkflowID), slog.Int("version", e.c.Run.WorkflowVersion),
		slog.String("status", string(f.Next.Status)), slog.Int("attempts", e.c.Run.Attempts+f.Charged),
		slog.Int64("duration_us", e.Clock.Now().Sub(e.c.Run.CreatedAt).Microseconds()))
}
