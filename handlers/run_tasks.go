package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/runpages"
	"surveyflow/views/workflowpages"
)

// runTasks gives the tasks of a run's version with what was tried of each, in their order.
func runTasks(ctx context.Context, d *store.RunDetail) []runpages.RunTask {
	byTask := map[string][]models.Attempt{}
	for _, a := range d.Attempts {
		byTask[a.TaskID] = append(byTask[a.TaskID], a)
	}
	tasks := make([]runpages.RunTask, len(d.Definition.Tasks))
	titles := workflowpages.TaskTitles(ctx, d.Definition.Tasks)
	reached := false // the task that is on
	for i, spec := range d.Definition.Tasks {
		attempts := byTask[spec.ID]
		t := runpages.RunTask{ID: spec.ID, Title: titles[i], Status: taskStatus(&d.RunRow, attempts, &reached)}
		for _, a := range attempts {
			t.Attempts = append(t.Attempts, runAttempt(a))
			t.Carried = t.Carried || a.Result == models.AttemptCarried
		}
		tasks[i] = t
	}
	return tasks
}

// taskStatus says how one task of a run stands (contract §7). Of an open run, the first task that is not ended is the
// one that is on; reached remembers it.
func taskStatus(r *store.RunRow, attempts []models.Attempt, reached *bool) string {
	if len(attempts) > 0 {
		switch attempts[len(attempts)-1].Result {
		case models.AttemptSucceeded, models.AttemptCarried:
			return "succeeded"
		case models.AttemptFailed:
			return "failed"
		case models.AttemptSkipped:
			return "skipped"
		}
	}
	switch r.Status {
	case models.RunCanceled:
		return "canceled"
	case models.RunOpen:
		if *reached {
			return "pending"
		}
		*reached = true
		return string(r.Display())
	}
	return "skipped"
}

// runAttempt gives one try as its page shows it.
func runAttempt(a models.Attempt) runpages.RunAttempt {
	out := runpages.RunAttempt{
		Key: a.TaskID + "-" + strconv.Itoa(a.Number), Number: a.Number, Result: a.Result, StartedAt: a.StartedAt,
		Duration: time.Duration(a.DurationUS) * time.Microsecond,
	}
	if a.Error != nil {
		out.Error = models.DecodeRunError(*a.Error)
	}
	if a.Exchange != nil {
		var x models.Exchange
		if json.Unmarshal([]byte(*a.Exchange), &x) == nil {
			out.Exchange = &x
		}
	}
	if a.Outputs != nil {
		out.Outputs = *a.Outputs
	}
	return out
}

// domainError finds the domain's error in err's chain.
func domainError(err error) (*models.Error, bool) { return errors.AsType[*models.Error](err) }
