package apiv3

import (
	"context"
	"encoding/json"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// runDetail is a run with its tasks.
type runDetail struct {
	runRow
	Tasks []runTask `json:"tasks"`
}

// runTask is one task of a run with all of its tries.
type runTask struct {
	TaskID   string          `json:"taskId"`
	Type     models.TaskType `json:"type"`
	Summary  string          `json:"summary"`
	Status   taskStatus      `json:"status"`
	Error    *string         `json:"error"`
	Outputs  json.RawMessage `json:"outputs"`
	Attempts []runAttempt    `json:"attempts"`
}

// taskStatus says how far a task of a run is (contract §7).
type taskStatus string

// The statuses of a task in a run.
const (
	taskPending   taskStatus = "pending"
	taskScheduled taskStatus = "scheduled"
	taskRunning   taskStatus = "running"
	taskSucceeded taskStatus = "succeeded"
	taskFailed    taskStatus = "failed"
	taskSkipped   taskStatus = "skipped"
	taskCanceled  taskStatus = "canceled"
)

var taskStatuses = []taskStatus{taskPending, taskScheduled, taskRunning, taskSucceeded, taskFailed, taskSkipped, taskCanceled}

// runAttempt is one try of a task: what went out and came back, with secrets masked.
type runAttempt struct {
	Number     int                      `json:"number"`
	Result     models.AttemptResult     `json:"result"`
	StartedAt  *string                  `json:"startedAt"`
	DurationMS float64                  `json:"durationMs"`
	Request    *models.ExchangeRequest  `json:"request"`
	Response   *models.ExchangeResponse `json:"response"`
	Error      *string                  `json:"error"`
	Console    string                   `json:"console,omitempty"` // of a code task: what it printed
}

// finals are the statuses of tasks by their last attempt.
var finals = map[models.AttemptResult]taskStatus{
	models.AttemptSucceeded: taskSucceeded, models.AttemptCarried: taskSucceeded,
	models.AttemptFailed: taskFailed, models.AttemptSkipped: taskSkipped,
}

// tasksOf gives the tasks of a run in their order, with their attempts.
func tasksOf(ctx context.Context, d *store.RunDetail) []runTask {
	tasks := make([]runTask, len(d.Definition.Tasks))
	reached := false // the first task without an end is where the run is
	for i, spec := range d.Definition.Tasks {
		t := runTask{TaskID: spec.ID, Type: spec.Type, Summary: spec.Summary, Outputs: json.RawMessage("{}"), Attempts: []runAttempt{}}
		for _, attempt := range d.Attempts {
			if attempt.TaskID != spec.ID {
				continue
			}
			t.Attempts = append(t.Attempts, attemptOf(ctx, attempt))
			t.Status = finals[attempt.Result]
			t.Error = t.Attempts[len(t.Attempts)-1].Error
			if attempt.Outputs != nil && attempt.Result.Final() {
				t.Outputs = json.RawMessage(*attempt.Outputs)
			}
		}
		if t.Status == "" {
			t.Status = unended(d.Display(), reached)
			reached = true
		}
		tasks[i] = t
	}
	return tasks
}

// unended gives the status of a task without an end, by that of its run.
func unended(run models.RunStatus, reached bool) taskStatus {
	switch {
	case run == models.RunCanceled:
		return taskCanceled
	case run == models.RunSucceeded || run == models.RunFailed: // stopped by a task before it
		return taskSkipped
	case reached:
		return taskPending
	case run == models.RunRunning:
		return taskRunning
	}
	return taskScheduled
}

func attemptOf(ctx context.Context, a models.Attempt) runAttempt {
	out := runAttempt{Number: a.Number, Result: a.Result, StartedAt: millis(&a.StartedAt), DurationMS: float64(a.DurationUS) / 1000}
	if a.Error != nil {
		out.Error = sentenceOf(ctx, *a.Error)
	}
	if a.Exchange == nil {
		return out
	}
	var x models.Exchange
	switch err := json.Unmarshal([]byte(*a.Exchange), &x); {
	case err != nil:
	case x.Script != nil: // code calls nobody
		out.Console = x.Script.Console
	default:
		out.Request, out.Response = &x.Request, x.Response
	}
	return out
}
