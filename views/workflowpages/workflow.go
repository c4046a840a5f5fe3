package workflowpages

import (
	"context"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
)

// WaitingMove is the choice of Put live that lets waiting runs go on with the new version; otherwise they keep theirs.
const WaitingMove = "move"

// TestDraft is the choice of Test workflow that runs the draft; otherwise what is live runs.
const TestDraft = "draft"

// TaskProps describes the form of a task.
type TaskProps struct {
	Spec          models.TaskSpec
	WorkflowID    string
	Code          CodeForm // of a code task
	Email         models.EmailConfig
	Notify        models.NotificationConfig
	People        []components.Option // who can be told
	Wait          models.WaitConfig
	WaitKind      string // for or until
	WaitFor       string // as people write it: "30 d"
	AddContact    AddContactForm
	Lists         []components.Option // contact lists that the owner may use
	Sends         []components.Option // e-mail collectors that the owner may use
	SendSurvey    SendSurveyForm
	Surveys       []components.Option // that the owner may edit
	Outputs       OutputsProps        // of a web service task
	Retry         string              // default, none or own
	Delays        string              // of an own schedule, as people write it: "5 s, 1 min"
	Errors        []models.FieldError
	Web           WebServiceForm // of a web service task, and the call of an outbound webhook
	Hook          WebhookForm    // of an outbound webhook
	Offer         WebhookOffer
	First         bool // nothing stands before it, so that it cannot move up
	Last          bool
	Credentials   []components.Option // that the task may sign in with
	CredentialNew string              // address of the form for a new one
	Receivers     []components.Option // addresses of the owner's receivers, to try things out
	Tokens        []components.PipedToken
	Choices       []components.QuestionChoices // that its condition may name
	Preview       *TaskPreview                 // what it would send; nil for a type that shows none
	Curl          string                       // a pasted command that could not be read, and why
	CurlError     string
}

// WebServiceForm is what is typed into the form of a web service task, as it was typed.
type WebServiceForm struct {
	Method     string
	URL        string
	Headers    []models.HeaderSpec
	Format     models.BodyFormat // empty for no body
	Mode       models.BodyMode
	Pairs      []models.PairSpec
	Text       string
	Timeout    string              // seconds
	Credential string              // id; empty for none
	Outputs    []models.OutputSpec // nil when the form did not show them
	Limits     LimitsForm
}

// LimitsForm is what is typed of the limits that a task sets for calls to its receiver.
type LimitsForm struct {
	Rate        string // calls a second
	Concurrency string // calls at a time
}

// TaskPreview is what a task would send for a response.
type TaskPreview struct {
	Request    *models.ExchangeRequest // nil while the form is incomplete
	Incomplete bool
	Errors     []models.FieldError // named like the fields of the form
	Rows       []string            // of the pairs whose errors stand beside them
}

// Retry schedules that the form of a task offers.
const (
	RetryDefault = "default"
	RetryNone    = "none"
	RetryOwn     = "own"
)

// taskIcon is the icon of a type of task.
func taskIcon(t models.TaskType) components.IconName {
	if t == models.TaskWebService {
		return components.IconGlobe
	}
	if t == models.TaskOutboundWebhook {
		return components.IconWebhook
	}
	if t == models.TaskCode {
		return components.IconCode
	}
	if t == models.TaskAddContact {
		return components.IconUser
	}
	if t == models.TaskEmail {
		return components.IconMail
	}
	if t == models.TaskNotification {
		return components.IconBell
	}
	if t == models.TaskWait {
		return components.IconClock
	}
	if t == models.TaskSendSurvey {
		return components.IconSend
	}
	return components.IconBraces
}

// offReason says why a workflow switched itself off.
func offReason(ctx context.Context, encoded string) string {
	why := models.DecodeRunError(encoded)
	if why == nil {
		return ""
	}
	return i18n.TMap(ctx, why.Key, why.Args)
}
