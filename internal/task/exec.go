package task

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/models"
)

// Exec runs a task once and gives the outcome with the attempt that records it. A panic of the task is a failed attempt;
// its trace goes to the log.
func Exec(ctx context.Context, c clock.Clock, log *slog.Logger, t Task, in Input) (Outcome, models.Attempt) {
	a := models.Attempt{RunID: in.RunID, TaskID: in.TaskID, StartedAt: c.Now()}
	began := time.Now() //nolint:forbidigo // a duration, measured with the monotonic clock
	out := run(ctx, log, t, in)
	a.DurationUS = time.Since(began).Microseconds()
	a.Result, a.Charged = verdict(out.Result)
	if out.Error != nil {
		text := out.Error.Encode()
		a.Error = &text
	}
	if out.Exchange != nil {
		a.Exchange = encode(log, out.Exchange)
	}
	if len(out.Outputs) > 0 {
		a.Outputs = encode(log, out.Outputs)
	}
	return out, a
}

func run(ctx context.Context, log *slog.Logger, t Task, in Input) (out Outcome) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a task panicked", "run", in.RunID, "task", in.TaskID, "panic", fmt.Sprint(p), "trace", string(debug.Stack()))
			out = Outcome{Result: Failed, Error: &models.RunError{Key: "run.error.panic"}}
		}
	}()
	return t.Run(ctx, in)
}

// verdict gives what the attempt's row says of a result, and whether it counts.
func verdict(r Result) (models.AttemptResult, bool) {
	switch r {
	case Done:
		return models.AttemptSucceeded, true
	case Retry:
		return models.AttemptRetried, true
	case Wait, Defer, Interrupted:
		return models.AttemptRetried, false
	}
	return models.AttemptFailed, true
}

func encode(log *slog.Logger, v any) *string {
	text, err := models.MarshalJSON(v)
	if err != nil {
		log.Error("an attempt cannot be recorded in full", "error", err)
		return nil
	}
	s := string(text)
	return &s
}
