// Package notification is the task that tells people of the organisation something: under the bell and by mail, once for each
// task of a run.
package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Limits of a notification.
const (
	maxPeople  = 50
	maxText    = 10 << 10 // bytes of the text as it is written
	maxBell    = 500      // characters that stand under the bell; the mail has all of it
	maxMail    = 20_000   // characters of the mail, whatever piped text stands for
	maxSubject = 120      // characters
)

// Type makes tasks that tell people.
type Type struct {
	store  *store.Store
	outbox *mail.Outbox
}

// New makes the type.
func New(s *store.Store, o *mail.Outbox) *Type { return &Type{s, o} }

// Name is notification.
func (t *Type) Name() models.TaskType { return models.TaskNotification }

type notification struct {
	*Type
	userIDs []string
	text    pipedtext.Template
}

// Compile checks a config.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.NotificationConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	var wrong []models.FieldError
	n := &notification{Type: t, userIDs: c.UserIDs}
	switch {
	case len(c.UserIDs) == 0:
		wrong = append(wrong, models.Field("userIds", "task.error.notify_nobody"))
	case len(c.UserIDs) > maxPeople:
		wrong = append(wrong, models.Field("userIds", "task.error.notify_many", "Max", maxPeople))
	}
	for i, id := range c.UserIDs {
		if !models.ValidID(models.PrefixUser, id) {
			wrong = append(wrong, models.Field(fmt.Sprintf("userIds[%d]", i), "task.error.notify_user"))
		}
	}
	text, err := pipedtext.Parse(c.Text)
	if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
		wrong = append(wrong, models.Field("text", e.Key(), "Position", e.Offset+1))
	}
	n.text = text
	switch {
	case strings.TrimSpace(c.Text) == "":
		wrong = append(wrong, models.Field("text", "task.error.notify_text"))
	case len(c.Text) > maxText:
		wrong = append(wrong, models.Field("text", "task.error.notify_text_long", "Max", maxText>>10))
	}
	if err := models.Invalid(wrong...); err != nil {
		return nil, err
	}
	return n, nil
}

// Refs lists what the text names.
func (n *notification) Refs() []pipedtext.Ref { return n.text.Refs() }

// Host names no receiver: the outbox paces mails by itself.
func (n *notification) Host() string { return "outbox:" }

// Run tells everybody in one transaction. Who has left is left out; when nobody is left it fails.
func (n *notification) Run(ctx context.Context, in task.Input) task.Outcome {
	text := cut(strings.TrimSpace(n.text.Text(in.ForPeople())), maxMail)
	if text == "" {
		return failed("run.error.notify_empty")
	}
	var told []string
	err := n.store.InTx(ctx, func(ctx context.Context, tx *store.Store) (err error) {
		told, err = n.tell(ctx, tx, in, text)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return task.Outcome{Result: task.Interrupted}
	case err != nil:
		return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "run.error.notify_unwritten", Detail: string(models.ErrorCode(err))}}
	case len(told) == 0:
		return failed("run.error.notify_gone")
	}
	return task.Outcome{Result: task.Done, Exchange: &models.Exchange{
		Request: models.ExchangeRequest{Method: "NOTIFY", URL: "mailto:" + strings.Join(told, ","), Body: text},
	}}
}

func failed(key string) task.Outcome {
	return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: key}}
}

// tell writes what people are told of, and gives the addresses of those that are there. Who was told by an earlier try is not
// told again.
func (n *notification) tell(ctx context.Context, tx *store.Store, in task.Input, text string) (told []string, err error) {
	system := models.Actor{OrgID: in.Actor.OrgID, Via: models.ViaSystem}
	org, err := tx.Organisation(ctx, system)
	if err != nil {
		return nil, err
	}
	people, err := tx.People(ctx, system, n.userIDs...)
	if err != nil {
		return nil, err
	}
	before, err := tx.Notified(ctx, in.Key())
	if err != nil {
		return nil, err
	}
	subject, _, _ := strings.Cut(text, "\n")
	letter := mail.FromWorkflow{Subject: cut(strings.TrimSpace(subject), maxSubject), Body: text}
	var notices models.Notices
	for _, id := range n.userIDs {
		u, ok := people[id]
		if !ok || u.DisabledAt != nil {
			continue
		}
		delete(people, id) // named twice, told once
		told = append(told, u.Email)
		if before[id] {
			continue
		}
		m, err := n.outbox.Write(ctx, mail.To(&u, org), letter, in.Key()+"/"+id)
		if err != nil {
			return nil, err
		}
		notices.Mails = append(notices.Mails, m)
		notices.Notifications = append(notices.Notifications, models.Notification{
			ID: models.NewOrderedID(models.PrefixNotice, in.Now), OrgID: org.ID, UserID: id, Kind: models.NotifyWorkflow, Dedupe: in.Key(),
			Args: models.JSON[map[string]any]{V: map[string]any{"Text": cut(text, maxBell)}}, Href: n.place(ctx, tx, &u, in),
		})
	}
	return told, tx.Tell(ctx, &notices)
}

// place is where a person finds more: the run, for who may see it.
func (n *notification) place(ctx context.Context, tx *store.Store, u *models.User, in task.Input) string {
	if in.WorkflowID == "" || tx.CheckAccess(ctx, u.Actor(models.ViaWeb), in.WorkflowID, models.AccessView) != nil {
		return link.Notifications()
	}
	return link.Run(in.RunID)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
