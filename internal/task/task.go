// Package task defines what a task of a workflow is and executes one of them: render, call, mask, record.
// Each type of task has a package of its own below this one; cmd/surveyflow lists them.
package task

import (
	"context"
	"encoding/json"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Type reads the configs of one type of task.
type Type interface {
	// Name is the type's name in definitions.
	Name() models.TaskType
	// Compile checks a config and parses its templates, once per version of a workflow.
	// It fails with models.CodeInvalid; the fields are paths within the config, such as "headers[0].value".
	Compile(config json.RawMessage) (Task, error)
}

// Task is a compiled config, ready to run. It is immutable and safe for concurrent use.
type Task interface {
	// Refs lists what the config's piped text names.
	Refs() []pipedtext.Ref
	// Host names the receiver (scheme, host and port) whose limits apply, or "" when only the data decides it.
	Host() string
	// Run does it once. It ends soon after ctx does.
	Run(ctx context.Context, in Input) Outcome
}

// Input is what one attempt gets.
type Input struct {
	Values pipedtext.Source // what piped text names; the same for every attempt of the task in its run
	RunID  string
	TaskID string
	Depth  int // how many runs have led to this one by calls to our own addresses
	Now    time.Time
}

// Key identifies the task in its run: the same on every retry, another for a replay (contract §4).
func (in Input) Key() string { return in.RunID + "." + in.TaskID }

// Result says how an attempt ended.
type Result int

// How an attempt ended. Defer and Interrupted count for nobody; Retry counts against the task's schedule.
const (
	Done        Result = iota
	Failed             // final
	Retry              // worth another try
	Wait               // goes on at Until, with the same task
	Defer              // could not start yet; again at Until
	Gone               // the receiver says that it wants nothing more (410)
	Interrupted        // this process is stopping
)

// Outcome is what an attempt came to. It is a value, so that what follows from it can be decided by pure functions.
type Outcome struct {
	Result   Result
	Error    *models.RunError // why it is not Done
	Exchange *models.Exchange // what went out and came back, masked; nil without a call
	Outputs  map[string]json.RawMessage
	After    time.Duration // of Retry: the receiver asked to wait so long; 0 when it did not
	Until    time.Time     // of Wait and Defer
}

// Registry holds the types of tasks that a program knows, by name.
type Registry struct{ types map[models.TaskType]Type }

// NewRegistry makes the registry of those types.
func NewRegistry(types ...Type) *Registry {
	r := &Registry{types: make(map[models.TaskType]Type, len(types))}
	for _, t := range types {
		r.types[t.Name()] = t
	}
	return r
}

// Type finds a type; false when this program does not know it.
func (r *Registry) Type(name models.TaskType) (Type, bool) {
	t, ok := r.types[name]
	return t, ok
}
