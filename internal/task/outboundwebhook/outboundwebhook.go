// Package outboundwebhook is the task that sends a response to another system: as JSON in a shape that never changes, signed by
// the rules of Standard Webhooks. It also sends the messages of event subscriptions, which are forms.
package outboundwebhook

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/signing"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Poster compiles the call itself: address, headers, credential.
type Poster interface {
	CompilePost(c models.WebServiceConfig) (task.Post, error)
}

// Secrets gives what the webhooks of a task are signed with.
type Secrets interface {
	Of(ctx context.Context, workflowID, taskID string) (signing.Secrets, error)
	// Kept is Of that makes none: a shared key is the subscriber's.
	Kept(ctx context.Context, workflowID, taskID string) (signing.Secrets, error)
}

// Type makes outbound webhook tasks.
type Type struct {
	poster  Poster
	secrets Secrets
	clock   clock.Clock
}

// New makes the type.
func New(poster Poster, secrets Secrets, c clock.Clock) *Type {
	return &Type{poster: poster, secrets: secrets, clock: c}
}

// Name is outboundWebhook.
func (t *Type) Name() models.TaskType { return models.TaskOutboundWebhook }

// webhook is a compiled config.
type webhook struct {
	task.Post
	*Type
	writer
	keyed  bool   // the key is one that was brought
	secret string // of a task that is tried before it is stored
	limits task.Limits
	refs   []pipedtext.Ref
}

// writer writes and signs what is sent, for every try anew. The secret [task.Masked] stands for one in a preview.
type writer interface {
	message(in task.Input, secrets []string) (task.Message, error)
}

// reporter is a webhook that sends the response itself.
type reporter struct{ webhook }

// ReportsResponse marks the task: see [task.Reporter].
func (r *reporter) ReportsResponse() {}

var errNoResponse = errors.New("there is no response")

// Limits gives how the owner limits the calls to the receiver.
func (w *webhook) Limits() task.Limits { return w.limits }

// Refs lists what address and headers name, and the questions that are sent.
func (w *webhook) Refs() []pipedtext.Ref { return w.refs }

// Run sends the response once. Only here the answer 410 means that the receiver wants nothing more.
func (w *webhook) Run(ctx context.Context, in task.Input) task.Outcome {
	secrets, err := w.secretsOf(ctx, in)
	if err != nil {
		return unsigned(ctx, err)
	}
	m, err := w.message(in, secrets)
	if err != nil {
		return task.Outcome{Result: task.Failed, Error: unwritten(err)}
	}
	for _, s := range append(secrets, m.Masked...) { // secrets are not sent; where their owner also typed one, it is masked there
		in.Secrets = append(in.Secrets[:len(in.Secrets):len(in.Secrets)], models.Secret{Value: s})
	}
	out := w.Send(ctx, in, m)
	if out.Result == task.Failed && out.Exchange != nil && out.Exchange.Response != nil && out.Exchange.Response.Status == http.StatusGone {
		out.Result, out.Error = task.Gone, &models.RunError{Key: task.ErrorGone}
	}
	return out
}

func (w *webhook) secretsOf(ctx context.Context, in task.Input) ([]string, error) {
	if w.secret != "" || in.WorkflowID == "" {
		return []string{w.secret}, nil
	}
	of := w.secrets.Of
	if w.keyed {
		of = w.secrets.Kept
	}
	secrets, err := of(ctx, in.WorkflowID, in.TaskID)
	return secrets.All(), err
}

// unwritten says why there is no message.
func unwritten(err error) *models.RunError {
	switch {
	case errors.Is(err, errNoResponse):
		return &models.RunError{Key: "run.error.no_response"}
	case errors.Is(err, errNoEvent):
		return &models.RunError{Key: "run.error.no_event"}
	case errors.Is(err, errNoKey):
		return &models.RunError{Key: "run.error.no_key"}
	}
	return &models.RunError{Key: "run.error.body", Detail: err.Error()}
}

// unsigned is the outcome when the secret cannot be read: nothing is sent without a signature. It is our fault and not the
// receiver's, and worth another try.
func unsigned(ctx context.Context, err error) task.Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		return task.Outcome{Result: task.Interrupted}
	}
	return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "run.error.webhook_secret", Detail: err.Error()}}
}

// message writes and signs a response. Only time stamp and signature differ from one try to the next.
func (f *form) message(in task.Input, secrets []string) (task.Message, error) {
	if in.Subject == nil {
		return task.Message{}, errNoResponse
	}
	body, err := f.body(in.Subject)
	if err != nil {
		return task.Message{}, err
	}
	return task.Message{Body: body, Header: signing.Header(messageID(in), f.clock.Now(), body, secrets...)}, nil
}

// messageID names the message: the same on every retry and another one for a replay, without a dot, which would end it in what is
// signed (Standard Webhooks, "Signature scheme").
func messageID(in task.Input) string { return strings.ReplaceAll(in.Key(), ".", "_") }

// Preview renders the request without sending it. Its signature is masked like every one that is recorded.
func (w *webhook) Preview(in task.Input) (models.ExchangeRequest, []models.FieldError) {
	m, err := w.message(in, []string{task.Masked})
	if err != nil {
		return models.ExchangeRequest{}, []models.FieldError{{Key: unwritten(err).Key}}
	}
	request, problems := w.Post.Preview(in, m)
	kept := request.Headers[:0]
	for _, h := range request.Headers {
		if !strings.HasPrefix(h.Name, "Webhook-") {
			kept = append(kept, h)
		}
	}
	request.Headers = kept
	return request, problems
}
