package models

import (
	"encoding/json"
	"time"
)

// Workflow is what happens by itself after an event. Its draft is edited; only its live version runs.
type Workflow struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	SurveyID  *string // nil for a workflow that belongs to no survey
	OwnerID   string
	Name      string
	EventType EventType // of the live version, or of the draft before the first Put live
	Enabled   bool
	OffReason string     // why it switched itself off, a RunError as JSON; empty when a person did
	OffAt     *time.Time // since when it is off by itself
	OffAfter  int        // after how many failed runs in a row it switches itself off; 0 means never
	Version   int        // the live version; 0 before the first Put live
	LiveDraft int64      // the DraftRev that the live version was made of
	Draft     JSON[WorkflowDefinition]
	DraftRev  int64
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"` // of the draft
	LiveAt    *time.Time
	LiveRev   int64 // counts what changes how it is started
	DeletedAt *time.Time

	Access Access `gorm:"-"` // what who asked may do with it
}

// WorkflowStatus is the one word for what a workflow does now (contract §7, Revisions).
type WorkflowStatus string

// The statuses of a workflow.
const (
	WorkflowOff     WorkflowStatus = "off"
	WorkflowOn      WorkflowStatus = "on"
	WorkflowChanged WorkflowStatus = "changed" // on, with changes not yet live
)

// Status gives the one word for what the workflow does now.
func (w Workflow) Status() WorkflowStatus {
	switch {
	case !w.Enabled || w.Version == 0:
		return WorkflowOff
	case w.Changed():
		return WorkflowChanged
	}
	return WorkflowOn
}

// OffByItself reports whether the workflow switched itself off. What it waits for still makes runs, which are held, and its
// address still takes events (contract §7, Automatic switch-off).
func (w Workflow) OffByItself() bool { return !w.Enabled && w.OffReason != "" }

// Changed reports whether the draft differs from what is live.
func (w Workflow) Changed() bool {
	return w.Version == 0 || w.DraftRev != w.LiveDraft
}

// WorkflowVersion is one definition that was put live; it is never changed, and runs name it. A draft that was tested has
// one as well, with a number below zero: its revision as a draft.
type WorkflowVersion struct {
	WorkflowID string `gorm:"primaryKey"`
	Version    int    `gorm:"primaryKey"`
	Definition JSON[WorkflowDefinition]
	SavedBy    string
	SavedAt    time.Time
}

// WorkflowDefinition says which event starts the workflow, under which condition, and what is done.
// Its JSON is the contract's (§6).
type WorkflowDefinition struct {
	Event         EventSpec     `json:"event"`
	Condition     *Condition    `json:"condition"`
	Tasks         []TaskSpec    `json:"tasks"`
	Notifications Notifications `json:"notifications"`
}

// NextTask gives the id of the first task that has not ended; empty when all have.
func (d WorkflowDefinition) NextTask(ended func(taskID string) bool) string {
	for _, t := range d.Tasks {
		if !ended(t.ID) {
			return t.ID
		}
	}
	return ""
}

// Has reports whether the definition has a task with that id.
func (d WorkflowDefinition) Has(taskID string) bool {
	for _, t := range d.Tasks {
		if t.ID == taskID {
			return true
		}
	}
	return false
}

// Condition is a tree: either All or Any of the conditions below it, or one comparison of Left with Right.
type Condition struct {
	All      []Condition `json:"all,omitempty"`
	Any      []Condition `json:"any,omitempty"`
	Left     string      `json:"left,omitempty"` // piped text
	Operator Operator    `json:"operator,omitempty"`
	Right    string      `json:"right,omitempty"` // piped text or a plain value; unused by empty and notEmpty
}

// Operator compares the two sides of a condition (contract §6, §7 Comparing).
type Operator string

// The operators.
const (
	OpEqualTo            Operator = "equalTo"
	OpNotEqualTo         Operator = "notEqualTo"
	OpGreaterThan        Operator = "greaterThan"
	OpGreaterThanOrEqual Operator = "greaterThanOrEqual"
	OpLessThan           Operator = "lessThan"
	OpLessThanOrEqual    Operator = "lessThanOrEqual"
	OpContains           Operator = "contains"
	OpDoesNotContain     Operator = "doesNotContain"
	OpEmpty              Operator = "empty"
	OpNotEmpty           Operator = "notEmpty"
	OpMatchesRegex       Operator = "matchesRegex"
	OpSelected           Operator = "selected"
	OpNotSelected        Operator = "notSelected"
)

// Operators lists the operators in the order in which the editor offers them.
var Operators = []Operator{
	OpEqualTo, OpNotEqualTo, OpSelected, OpNotSelected, OpGreaterThan, OpGreaterThanOrEqual, OpLessThan, OpLessThanOrEqual,
	OpContains, OpDoesNotContain, OpEmpty, OpNotEmpty, OpMatchesRegex,
}

// Unary reports whether the operator looks only at the left side.
func (o Operator) Unary() bool { return o == OpEmpty || o == OpNotEmpty }

// TaskType names what a task does (contract §6).
type TaskType string

// The task types.
const (
	TaskWebService      TaskType = "webService"
	TaskOutboundWebhook TaskType = "outboundWebhook"
	TaskEmail           TaskType = "email"
	TaskWait            TaskType = "wait"
	TaskCode            TaskType = "code"
	TaskAddContact      TaskType = "addContact"
	TaskNotification    TaskType = "notification"
	TaskSendSurvey      TaskType = "sendSurvey"
)

// TaskTypes lists the types in the order in which the editor offers them.
var TaskTypes = []TaskType{TaskWebService, TaskOutboundWebhook, TaskCode, TaskEmail, TaskNotification, TaskWait, TaskAddContact, TaskSendSurvey}

// OnFailure says what follows a failed task.
type OnFailure string

// The choices after a failed task. The run is failed either way; with continue the other tasks still run.
const (
	FailureContinue OnFailure = "continue"
	FailureStop     OnFailure = "stop"
)

// TaskSpec is one task of a workflow; Config is read by the task's type.
type TaskSpec struct {
	ID        string          `json:"id"`
	Type      TaskType        `json:"type"`
	Summary   string          `json:"summary"`
	OnFailure OnFailure       `json:"onFailure"`
	Condition *Condition      `json:"condition,omitempty"` // false: the task is skipped
	Retry     *RetrySpec      `json:"retry,omitempty"`     // nil means the default schedule
	Config    json.RawMessage `json:"config"`
}

// RetrySpec is a task's own retry schedule: ISO 8601 durations; an empty list means one try only.
type RetrySpec struct {
	Delays []string `json:"delays"`
}

// MaxNotified is how many addresses can be told of the failed runs of a workflow.
const MaxNotified = 100

// Notifications says who is told when runs fail: by mail the recipients or, when there are none, the owner.
type Notifications struct {
	Enabled    bool     `json:"enabled"`
	Recipients []string `json:"recipients"`
}

// BodyFormat is the content type of a web service's body.
type BodyFormat string

// The body formats of the contract.
const (
	BodyJSON       BodyFormat = "json"
	BodyURLEncoded BodyFormat = "urlEncoded"
	BodyXML        BodyFormat = "xml"
	BodyPlainText  BodyFormat = "plainText"
)

// BodyMode says whether a body is given as pairs or as one text.
type BodyMode string

// The body modes.
const (
	BodyKeyValue BodyMode = "keyValue"
	BodyFreeText BodyMode = "freeText"
)

// DataType is what a JSON pair's value is cast to.
type DataType string

// The data types of a pair.
const (
	DataSystemDefault DataType = "systemDefault"
	DataString        DataType = "string"
	DataNumber        DataType = "number"
	DataBoolean       DataType = "boolean"
	DataJSON          DataType = "json"
)

// DataTypes lists the data types in the order in which the editor offers them.
var DataTypes = []DataType{DataSystemDefault, DataString, DataNumber, DataBoolean, DataJSON}

// OnCastFailure says what happens to a value that cannot be cast.
type OnCastFailure string

// The choices for a value that cannot be cast: the task fails, or the value keeps its own type.
const (
	CastError         OnCastFailure = "error"
	CastSystemDefault OnCastFailure = "systemDefault"
)

// TaskConfigs are the configs of tasks by their type, each as its zero value.
var TaskConfigs = map[TaskType]any{
	TaskWebService: WebServiceConfig{}, TaskOutboundWebhook: OutboundWebhookConfig{}, TaskAddContact: AddContactConfig{},
	TaskSendSurvey: SendSurveyConfig{}, TaskEmail: EmailConfig{}, TaskCode: CodeConfig{}, TaskNotification: NotificationConfig{}, TaskWait: WaitConfig{},
}

// WebServiceConfig is the config of a webService task (contract §6).
type WebServiceConfig struct {
	CredentialID   string       `json:"credentialId,omitempty"`
	Method         string       `json:"method"`
	URL            string       `json:"url"`
	Headers        []HeaderSpec `json:"headers,omitempty"`
	Body           *BodySpec    `json:"body,omitempty"`
	Outputs        []OutputSpec `json:"outputs,omitempty"`
	TimeoutSeconds int          `json:"timeoutSeconds,omitempty"` // 1 to 30; 0 means 10
	Concurrency    int          `json:"concurrency,omitempty"`    // calls to the receiver at the same time, per node; 0 means 32
	RatePerSecond  float64      `json:"ratePerSecond,omitempty"`  // calls to the receiver per second; 0 means as many as come
}

// HeaderSpec is one header of a request; the value is piped text.
type HeaderSpec struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// BodySpec is the body of a request.
type BodySpec struct {
	Format BodyFormat `json:"format"`
	Mode   BodyMode   `json:"mode"`
	Pairs  []PairSpec `json:"pairs,omitempty"`
	Text   string     `json:"text,omitempty"`
}

// PairSpec is one key and value of a body; the value is piped text.
type PairSpec struct {
	Key           string        `json:"key"`
	Value         string        `json:"value"`
	DataType      DataType      `json:"dataType,omitempty"`
	OnCastFailure OnCastFailure `json:"onCastFailure,omitempty"`
}

// OutputSpec names a part of the response that later tasks can use.
type OutputSpec struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// CodeConfig is the config of a code task (contract §6).
type CodeConfig struct {
	Source string      `json:"source"` // JavaScript that defines function codeTask(inputs) { return {…} }
	Inputs []InputSpec `json:"inputs,omitempty"`
}

// InputSpec is one value that a script gets; the value is piped text.
type InputSpec struct {
	Name     string   `json:"name"`
	Value    string   `json:"value"`
	DataType DataType `json:"dataType,omitempty"`
}

// AddContactConfig is the config of a task that brings a person into a contact list (contract §6). The values of the fields
// are piped text; names beside those of a contact's own are embedded data.
type AddContactConfig struct {
	MailingListID string            `json:"mailingListId"`
	CollectorID   *string           `json:"collectorId"` // an e-mail collector that invites them; nil for none
	Fields        map[string]string `json:"fields"`
	Merge         MergeRule         `json:"merge,omitempty"` // MergeEmail when empty
}

// WebServiceMethods lists the request methods in the order in which the editor offers them.
var WebServiceMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
