// Package sendsurvey is the task that sends a person their own link to a survey, at once or later, with reminders.
package sendsurvey

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/contact"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// maxDelay is how long an invitation may wait, and the pause before a reminder.
const maxDelay = 2 * 365 * 24 * time.Hour

// collectorName is what a collector is called that is made because a survey has none: an owner may call it otherwise.
const collectorName = "Sent by workflows"

// Type makes tasks that send surveys.
type Type struct{ store *store.Store }

// New makes the type.
func New(s *store.Store) *Type { return &Type{s} }

// Name is sendSurvey.
func (t *Type) Name() models.TaskType { return models.TaskSendSurvey }

// sendSurvey is a compiled config.
type sendSurvey struct {
	*Type
	surveyID, collectorID string
	texts                 []text
	delay                 time.Duration
	reminders             []time.Duration
	refs                  []pipedtext.Ref
}

// text is one thing that is known of the person, by the path of its field.
type text struct {
	name  string
	value pipedtext.Template
}

// Compile checks a config and parses its templates.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.SendSurveyConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	k := &sendSurvey{Type: t, surveyID: c.SurveyID, collectorID: c.CollectorID}
	var wrong []models.FieldError
	if !models.ValidID(models.PrefixSurvey, c.SurveyID) {
		wrong = append(wrong, models.Field("surveyId", "sendsurvey.error.survey"))
	}
	if c.CollectorID != "" && !models.ValidID(models.PrefixCollector, c.CollectorID) {
		wrong = append(wrong, models.Field("collectorId", "sendsurvey.error.collector"))
	}
	if strings.TrimSpace(c.To) == "" {
		wrong = append(wrong, models.Field("to", "sendsurvey.error.to"))
	}
	values := map[string]string{"to": c.To, "firstName": c.FirstName, "lastName": c.LastName, "language": c.Language}
	for name, value := range c.Fields {
		if name != "referrer" && !models.IsCustomField(name) {
			wrong = append(wrong, models.Field("fields."+name, "sendsurvey.error.field"))
		}
		values["fields."+name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		wrong = append(wrong, k.compile(name, values[name])...)
	}
	var ok bool
	if k.delay, ok = duration(c.Delay); !ok {
		wrong = append(wrong, models.Field("delay", "sendsurvey.error.delay"))
	}
	if len(c.Reminders) > models.CollectorMaxReminders {
		wrong = append(wrong, models.Field("reminders", "sendsurvey.error.reminders", "Max", models.CollectorMaxReminders))
	}
	if c.Reminders != nil {
		k.reminders = []time.Duration{}
	}
	for _, r := range c.Reminders {
		d, ok := duration(r)
		if !ok || d < time.Hour {
			wrong = append(wrong, models.Field("reminders", "sendsurvey.error.reminder"))
			break
		}
		k.reminders = append(k.reminders, d)
	}
	return k, models.Invalid(wrong...)
}

func duration(text string) (time.Duration, bool) {
	if text == "" {
		return 0, true
	}
	d, err := models.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= maxDelay
}

func (k *sendSurvey) compile(name, value string) (wrong []models.FieldError) {
	template, err := pipedtext.Parse(value)
	if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
		return []models.FieldError{models.Field(name, e.Key(), "Position", e.Offset+1)}
	}
	for _, e := range pipedtext.Check(value) {
		wrong = append(wrong, models.Field(name, e.Key(), "Position", e.Offset+1))
	}
	k.texts = append(k.texts, text{name, template})
	for _, r := range template.Refs() {
		if !slices.Contains(k.refs, r) {
			k.refs = append(k.refs, r)
		}
	}
	return wrong
}

// Refs lists what the texts pipe.
func (k *sendSurvey) Refs() []pipedtext.Ref { return k.refs }

// Host is empty: the task calls nobody.
func (k *sendSurvey) Host() string { return "" }

// ActsAsOwner tells the engine that the task reaches what the workflow's owner reaches.
func (k *sendSurvey) ActsAsOwner() {}

// Outputs are what later tasks can name of the invitation.
func (k *sendSurvey) Outputs() []models.OutputSpec {
	return []models.OutputSpec{{Name: "invitationId", Path: "invitationId"}, {Name: "crk", Path: "crk"}, {Name: "status", Path: "status"}}
}

// Run invites the person. The run and the task are the response key, so that a second try invites nobody twice.
func (k *sendSurvey) Run(ctx context.Context, in task.Input) task.Outcome {
	if in.Actor.OrgID == "" {
		return failed("sendsurvey.error.owner", nil)
	}
	p, fields := k.person(in.ForPeople())
	c := models.Contact{Email: p.Email, FirstName: p.FirstName, LastName: p.LastName, Language: p.Language}
	if p.Email == "" {
		return failed("sendsurvey.error.no_address", nil)
	}
	if err := contact.Check(&c); err != nil {
		return invalid(err)
	}
	p.Email, p.Language = c.Email, c.Language
	ask := store.InvitationAsk{Person: p, Crk: in.Key(), Fields: fields, Reminders: k.reminders}
	if k.delay > 0 {
		ask.DueAt = k.store.Now().Add(k.delay)
	}
	out, err := k.invite(ctx, in.Actor, ask)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return task.Outcome{Result: task.Interrupted}
	case models.ErrorCode(err) == models.CodeNotFound, models.ErrorCode(err) == models.CodeForbidden:
		return failed("sendsurvey.error.gone", nil)
	case models.ErrorCode(err) == models.CodeInvalid:
		return invalid(err)
	case models.ErrorCode(err) == models.CodeConflict: // too many collectors, for one that is missing
		return invalid(err)
	default: // the database's fault and not the task's
		return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "sendsurvey.error.store"}}
	}
	status := string(out.Status)
	if out.Reason != "" {
		status += ": " + string(out.Reason)
	}
	return task.Outcome{Result: task.Done, Outputs: map[string]json.RawMessage{
		"invitationId": quoted(out.ID), "crk": quoted(out.Crk), "status": quoted(status),
	}}
}

// invite invites through the collector of the config, which must be one of its survey.
func (k *sendSurvey) invite(ctx context.Context, a models.Actor, ask store.InvitationAsk) (*models.Invitation, error) {
	var invitation models.Invitation
	err := k.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		id := k.collectorID
		if id == "" {
			var err error
			if id, err = tx.SendingCollector(ctx, a, k.surveyID, collectorName); err != nil {
				return err
			}
		} else if _, err := tx.Collector(ctx, a, k.surveyID, id); err != nil {
			return err
		}
		out, err := tx.Invite(ctx, a, id, ask)
		if err == nil {
			invitation = out[0].Invitation
		}
		return err
	})
	return &invitation, err
}

// person gives what the texts say.
func (k *sendSurvey) person(values pipedtext.Source) (*models.Person, map[string]string) {
	p, fields := &models.Person{}, map[string]string{}
	for _, t := range k.texts {
		value := strings.TrimSpace(models.CleanText(t.value.Text(values)))
		switch t.name {
		case "to":
			p.Email = value
		case "firstName":
			p.FirstName = value
		case "lastName":
			p.LastName = value
		case "language":
			p.Language = value
		default:
			if value != "" {
				fields[strings.TrimPrefix(t.name, "fields.")] = value
			}
		}
	}
	return p, fields
}

func failed(key string, args map[string]any) task.Outcome {
	return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: key, Args: args}}
}

// invalid tells the first thing that is wrong.
func invalid(err error) task.Outcome {
	e, ok := errors.AsType[*models.Error](err)
	switch {
	case ok && len(e.Fields) > 0:
		return failed(e.Fields[0].Key, e.Fields[0].Args)
	case ok:
		return failed(e.Key, e.Args)
	}
	return failed("sendsurvey.error.store", nil)
}

func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) //nolint:errchkjson // a text
	return raw
}
