package task

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
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
	hide := MaskerOf(in.Secrets)
	if out.Error != nil {
		if len(in.Secrets) > 0 {
			out.Error = MaskError(out.Error, hide)
		}
		text := out.Error.Encode()
		a.Error = &text
	}
	if out.Exchange != nil {
		a.Exchange = encode(log, out.Exchange)
		if len(in.Secrets) > 0 {
			a.Exchange = maskJSON(a.Exchange, hide)
		}
	}
	if len(out.Outputs) > 0 {
		a.Outputs = encode(log, out.Outputs)
		hideSecrets(&a, slices.Concat(out.Secrets, in.Secrets))
	}
	return out, a
}

// hideSecrets masks the outputs that people see where they repeat a secret. In full they stay with the attempt, for the later
// tasks, with the secrets that are in them.
func hideSecrets(a *models.Attempt, secrets []models.Secret) {
	if a.Outputs == nil || len(secrets) == 0 {
		return
	}
	masked := maskJSON(a.Outputs, MaskerOf(secrets))
	if *masked == *a.Outputs {
		return
	}
	full := &models.FullOutputs{Outputs: json.RawMessage(*a.Outputs)}
	for _, s := range secrets {
		if !slices.ContainsFunc(full.Secrets, func(o models.Secret) bool { return o.Value == s.Value }) && Masker(s.Value)(*a.Outputs) != *a.Outputs {
			full.Secrets = append(full.Secrets, s)
		}
	}
	a.Full, a.Outputs = full, masked
}

// maskJSON masks a JSON object.
func maskJSON(text *string, mask func(string) string) *string {
	if text == nil {
		return nil
	}
	masked := mask(*text)
	if !json.Valid([]byte(masked)) { // a number was taken out
		masked = "{}"
	}
	return &masked
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
