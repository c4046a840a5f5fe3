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

// Secured is a task that uses credentials. Only such a task may name parts of them in piped text.
type Secured interface {
	// Credentials lists the ids of the credentials that it uses, each once.
	Credentials() []string
}

// Limited is a task whose owner limits the calls to its receiver.
type Limited interface {
	Limits() Limits
}

// Limits of the calls to a receiver. Tasks of one organisation that call the same receiver share them.
type Limits struct {
	Concurrency   int     // calls at the same time per node, 1 to MaxConcurrency; 0 means MaxConcurrency
	RatePerSecond float64 // calls per second of all nodes together, over 0 and up to MaxRate; 0 means as many as come
}

// Bounds of what owners may say.
const (
	MaxConcurrency = 32
	MaxRate        = 1000
	MinRate        = 0.01 // one in 100 seconds
)

// Check tells what is out of bounds; the fields are those of configs.
func (l Limits) Check() []models.FieldError {
	var wrong []models.FieldError
	if l.Concurrency < 0 || l.Concurrency > MaxConcurrency {
		wrong = append(wrong, models.Field("concurrency", "task.error.concurrency", "Max", MaxConcurrency))
	}
	if l.RatePerSecond != 0 && !(l.RatePerSecond >= MinRate && l.RatePerSecond <= MaxRate) {
		wrong = append(wrong, models.Field("ratePerSecond", "task.error.rate", "Min", MinRate, "Max", MaxRate))
	}
	return wrong
}

// Addressed is a task whose receiver can be told from the data, where [Task.Host] does not know it.
type Addressed interface {
	// Receiver gives scheme, host and port of the call that would be made with these values; "" when there is none.
	Receiver(values pipedtext.Source) string
}

// Acting is a task that reaches what its workflow's owner reaches, such as contact lists. Its input names the owner as they
// are now; nobody when they may not sign in any more.
type Acting interface{ ActsAsOwner() }

// Producer is a [Task] that names results for later tasks.
type Producer interface {
	// Outputs lists the results; what one names by its path is the same as by its name.
	Outputs() []models.OutputSpec
}

// Rereader is a [Producer] that finds results again in what an attempt recorded.
type Rereader interface {
	// Reread gives those of the named results that the record holds; others, such as what was cut or masked, it leaves out.
	// One that the answer did not have is nil.
	Reread(x *models.Exchange, named []string) map[string]json.RawMessage
}

// Input is what one attempt gets.
type Input struct {
	Values pipedtext.Source // what piped text names; the same for every attempt of the task in its run
	Actor  models.Actor     // whose credentials the task may use, beside the shared ones: the workflow's owner
	RunID  string
	TaskID string
	// WorkflowID names the workflow of the run; empty for a task that is tried before there is one.
	WorkflowID string
	Subject    *Subject  // of a [Reporter]: the response of the event; nil without one
	Test       bool      // the run is a test: what is sent may say so
	First      time.Time // when the task was first tried; zero for a run whose times must not be kept
	Woken      bool      // it was tried before
	Played     bool      // somebody wants the run to go on now, although the task waits
	Depth      int       // how many runs have led to this one by calls to our own addresses
	Now        time.Time
	// Secrets are those that services repeated in what earlier tasks found. They are masked in what is recorded; a task that
	// cuts what it records masks them itself before.
	Secrets []models.Secret
	Named   []string // which of its results later tasks name, as in ~{ch://OCAC_…/NAMED}; they are kept whatever their size
}

// ForPeople gives Values as people may see them: what repeats a secret of a credential is masked. A task whose texts end
// where nothing is sealed (a mail, a notification, a contact) reads these.
func (in Input) ForPeople() pipedtext.Source {
	if len(in.Secrets) == 0 {
		return in.Values
	}
	hide := MaskerOf(in.Secrets)
	return pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		v := in.Values.Value(r)
		if shown := hide(v.String()); shown != v.String() {
			return pipedtext.Text(shown)
		}
		return v
	})
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

// ErrorGone is the key of the error that goes with [Gone]: a run that is taken up again reads it from the attempt.
const ErrorGone = "run.error.gone"

// Outcome is what an attempt came to. It is a value, so that what follows from it can be decided by pure functions.
type Outcome struct {
	Result   Result
	Error    *models.RunError           // why it is not Done
	Exchange *models.Exchange           // what went out and came back, masked; nil without a call
	Outputs  map[string]json.RawMessage // results for later tasks, by name or path; nil stands for one that was not found
	Secrets  []models.Secret            // what is masked in what people see of Outputs and Answer
	Answer   *Answer                    // what came back in full, for who tries the task; it is not stored
	After    time.Duration              // of Retry: the receiver asked to wait so long; 0 when it did not
	Until    time.Time                  // of Wait and Defer
}

// Answer is the body that a service answered with.
type Answer struct {
	Body        []byte
	ContentType string
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
