package models

import (
	"encoding/json"
	"time"
)

// RunStatus is what a run's row says: open while a queue row stands beside it, else how it ended.
type RunStatus string

// The stored statuses of a run.
const (
	RunOpen      RunStatus = "open"
	RunSucceeded RunStatus = "succeeded"
	RunFailed    RunStatus = "failed"
	RunCanceled  RunStatus = "canceled"
)

// Display statuses of an open run (contract §6): scheduled while it waits, running while a node works on it.
const (
	RunScheduled RunStatus = "scheduled"
	RunRunning   RunStatus = "running"
)

// RunStatuses lists the statuses that people see, in the order of the filter.
var RunStatuses = []RunStatus{RunScheduled, RunRunning, RunSucceeded, RunFailed, RunCanceled}

// Run is one execution of one version of a workflow for one event.
type Run struct {
	ID              string `gorm:"primaryKey"` // ordered
	OrgID           string
	WorkflowID      string
	WorkflowVersion int
	EventID         string
	ReplayOf        *string
	Test            bool
	Status          RunStatus
	PersonName      *string // first and last name of the respondent, lower-cased, for search by beginning
	PersonLast      *string // last name, as well
	PersonEmail     *string // lower-cased
	Error           string  // why it failed: a message with key and args as JSON; empty otherwise
	Attempts        int     // charged attempts of all tasks
	CreatedAt       time.Time
	FinishedAt      *time.Time

	Held string `gorm:"-"` // why a new one is held from the start: its workflow is off by itself; empty for not
}

// QueueState says what an unfinished thing waits for.
type QueueState string

// The queue states (data-model §3).
const (
	QueueReady   QueueState = "ready"
	QueueWaiting QueueState = "waiting" // until due
	QueueHeld    QueueState = "held"    // by a host's limit or because the workflow is off
	QueueRunning QueueState = "running"
)

// HoldCause says what holds a queue row.
type HoldCause string

// The causes of a hold.
const (
	HoldHost HoldCause = "host" // the receiver is at its cap; released by it or at the deadline
	HoldOff  HoldCause = "off"  // the workflow is off; released when it is turned on
)

// QueueItem is one row of the queue: it stands exactly while the thing that it names is unfinished.
// Its times are microseconds since 1970.
type QueueItem struct {
	ID         string `gorm:"primaryKey"`
	Kind       QueueKind
	State      QueueState
	StateAt    int64
	Rank       int64
	DueAt      *int64
	Lane       string
	Hold       *HoldCause
	HoldReason *string
	Host       *string
	Node       *string
	Claim      *int64
	StartedAt  *int64
	Starts     int
	Canceling  bool
}

// QueueKind says what a queue row stands for.
type QueueKind string

// The kinds of durable work.
const (
	KindRun  QueueKind = "run"
	KindMail QueueKind = "mail"
	KindJob  QueueKind = "job"
)

// AttemptResult is how one try of one task ended.
type AttemptResult string

// The results of an attempt. Succeeded, failed, skipped and carried are final for the task; after retried and lost it is tried again.
const (
	AttemptSucceeded AttemptResult = "succeeded"
	AttemptFailed    AttemptResult = "failed"
	AttemptRetried   AttemptResult = "retried"
	AttemptLost      AttemptResult = "lost" // the process died while it ran
	AttemptSkipped   AttemptResult = "skipped"
	AttemptCarried   AttemptResult = "carried" // taken over from the run that this one replays
)

// Final reports whether the task needs no further attempt.
func (r AttemptResult) Final() bool { return r != AttemptRetried && r != AttemptLost }

// Attempt is one try of one task of a run: the only record of what was done.
type Attempt struct {
	RunID      string `gorm:"primaryKey"`
	TaskID     string `gorm:"primaryKey"`
	Number     int    `gorm:"primaryKey"` // 1, 2 …
	Result     AttemptResult
	Charged    bool // counts against the retry schedule
	StartedAt  time.Time
	DurationUS int64
	Outputs    *string // JSON object: what later tasks name, on the attempt that succeeded, with secrets masked
	SecretID   *string // names where the outputs stand in full, sealed, when a secret is masked in Outputs
	Exchange   *string // an Exchange as JSON: what went out and came back, masked
	Error      *string // a RunError as JSON

	Full   *FullOutputs `gorm:"-"` // what SecretID names, opened; never stored as it is
	Sealed string       `gorm:"-"` // the same, sealed
}

// FullOutputs are the outputs of an attempt in which a service repeated secrets.
type FullOutputs struct {
	Outputs json.RawMessage `json:"outputs"`
	Secrets []Secret        `json:"secrets"` // those that are in them; later tasks mask them in what they record
}

// AttemptSecret is where FullOutputs stand, sealed.
type AttemptSecret struct {
	ID            string
	OutputsSealed string
}

// Secret is a value that is masked in whatever is kept of a call, and the only hosts that it may be sent to.
type Secret struct {
	Value string   `json:"value"`
	Hosts []string `json:"hosts,omitempty"` // as the allowed hosts of a credential; none means any
}

// PlayedKey marks an attempt that waited until somebody let its run go on.
const PlayedKey = "run.wait.played"

// RunError says why an attempt or a run failed: a message key with its values, and the detail as the machine said it.
type RunError struct {
	Key    string         `json:"key"`
	Args   map[string]any `json:"args,omitempty"`
	Detail string         `json:"detail,omitempty"`
}

// Encode gives the JSON text that the database keeps.
func (e *RunError) Encode() string {
	text, err := MarshalJSON(e)
	if err != nil { // only unencodable Args can do this; the key alone still says what happened
		return `{"key":"` + e.Key + `"}`
	}
	return string(text)
}

// DecodeRunError reads what Encode wrote; nil for an empty text.
func DecodeRunError(text string) *RunError {
	if text == "" {
		return nil
	}
	var e RunError
	if json.Unmarshal([]byte(text), &e) != nil || e.Key == "" {
		return &RunError{Key: "run.error.unknown", Detail: text}
	}
	return &e
}

// Exchange is the record of one call to the outside, masked and capped, as people see it.
type Exchange struct {
	Request  ExchangeRequest   `json:"request"`
	Response *ExchangeResponse `json:"response,omitempty"`
	Timing   ExchangeTiming    `json:"timing"`
	Hops     []string          `json:"hops,omitempty"`   // addresses that a redirect led to
	Script   *ScriptRecord     `json:"script,omitempty"` // of a code task, which calls nobody: all else is empty then
}

// ScriptRecord is what a script got and printed.
type ScriptRecord struct {
	Inputs  json.RawMessage `json:"inputs,omitempty"` // left out when they are large
	Console string          `json:"console,omitempty"`
	Cut     bool            `json:"cut,omitempty"` // it printed more
	TookUS  int64           `json:"tookUs"`
}

// ExchangeRequest is what was sent.
type ExchangeRequest struct {
	Method  string   `json:"method"`
	URL     string   `json:"url"`
	Headers []Header `json:"headers"`
	Body    string   `json:"body,omitempty"`
}

// ExchangeResponse is what came back.
type ExchangeResponse struct {
	Status    int      `json:"status"`
	Headers   []Header `json:"headers"`
	Body      string   `json:"body,omitempty"`
	Truncated bool     `json:"truncated,omitempty"` // the body was longer than what is kept
	Binary    bool     `json:"binary,omitempty"`    // the body is no text and is not kept
}

// Header is one header line.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ExchangeTiming is where the time of a call went, in microseconds; zero for a phase that did not happen.
type ExchangeTiming struct {
	DNS       int64 `json:"dns,omitempty"`
	Connect   int64 `json:"connect,omitempty"`
	TLS       int64 `json:"tls,omitempty"`
	FirstByte int64 `json:"firstByte,omitempty"`
	Total     int64 `json:"total"`
}
