// Package wait is the task that lets a run rest: for a time, or until a moment that the data name.
package wait

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// longest is how far off a run may go on.
const longest = 5 * 366 * 24 * time.Hour

// Zone gives the time zone of an organisation, by its IANA name.
type Zone func(ctx context.Context, orgID string) (string, error)

// Type makes tasks that wait.
type Type struct{ zone Zone }

// New makes the type. zone is asked for working hours that name no time zone.
func New(zone Zone) *Type { return &Type{zone} }

// Name is wait.
func (*Type) Name() models.TaskType { return models.TaskWait }

type waitTask struct {
	pause time.Duration
	until pipedtext.Template
	zone  *time.Location
	hours *hours // what alone counts of the pause; nil means every hour
	of    Zone
}

// Compile checks a config: either a duration or a moment.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.WaitConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	c.For, c.Until = strings.TrimSpace(c.For), strings.TrimSpace(c.Until)
	w := &waitTask{zone: time.UTC, of: t.zone}
	var err error
	switch {
	case c.For != "" && c.Until != "":
		return nil, models.Invalid(models.Field("for", "task.error.wait_both"))
	case c.For == "" && c.Until == "":
		return nil, models.Invalid(models.Field("for", "task.error.wait_none"))
	case c.For != "":
		if w.pause, err = models.ParseDuration(c.For); err != nil || w.pause < time.Second || w.pause > longest {
			return nil, models.Invalid(models.Field("for", "task.error.wait_for"))
		}
		if c.WorkingHours != nil {
			if w.hours, err = readHours(c.WorkingHours); err != nil {
				return nil, err
			}
			if w.hours.spans(w.pause) > longest {
				return nil, models.Invalid(models.Field("for", "task.error.wait_for"))
			}
		}
		return w, nil
	case c.WorkingHours != nil:
		return nil, models.Invalid(models.Field("workingHours", "task.error.wait_hours_until"))
	}
	if w.until, err = pipedtext.Parse(c.Until); err != nil {
		if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
			return nil, models.Invalid(models.Field("until", e.Key(), "Position", e.Offset+1))
		}
	}
	if c.TimeZone != "" {
		if w.zone, err = time.LoadLocation(c.TimeZone); err != nil {
			return nil, models.Invalid(models.Field("timeZone", "task.error.wait_zone"))
		}
	}
	if len(w.until.Refs()) == 0 {
		if _, ok := moment(c.Until, w.zone); !ok {
			return nil, models.Invalid(models.Field("until", "task.error.wait_until"))
		}
	}
	return w, nil
}

// Refs lists what the moment names.
func (w *waitTask) Refs() []pipedtext.Ref { return w.until.Refs() }

// Host names no receiver: nobody is called.
func (w *waitTask) Host() string { return "clock:" }

// Run says when the run goes on. Called again before that, as after a restart, it says the same; when somebody plays the run,
// it has waited enough.
func (w *waitTask) Run(ctx context.Context, in task.Input) task.Outcome {
	if in.Played {
		return task.Outcome{Result: task.Done}
	}
	first := in.Now
	if !in.First.IsZero() {
		first = in.First
	}
	until := first.Add(w.pause)
	switch {
	case w.pause == 0:
		text := strings.TrimSpace(w.until.Text(in.Values))
		var ok bool
		if until, ok = moment(text, w.zone); !ok {
			return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: "run.error.wait_until", Args: map[string]any{"Value": text}}}
		}
		if until.Sub(in.Now) > longest {
			return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: "run.error.wait_long"}}
		}
	case in.First.IsZero() && in.Woken: // when it began is not kept, so that it does not tell when somebody answered
		return task.Outcome{Result: task.Done}
	case w.hours != nil:
		zone, err := w.zoneOf(ctx, in.Actor.OrgID)
		if err != nil {
			return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "run.error.wait_zone"}}
		}
		until = w.hours.after(first.In(zone), w.pause)
	}
	if !until.After(in.Now) {
		return task.Outcome{Result: task.Done}
	}
	return task.Outcome{Result: task.Wait, Until: until}
}

// moment reads a day or a time; without a zone of its own it is one of the given zone.
func moment(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
