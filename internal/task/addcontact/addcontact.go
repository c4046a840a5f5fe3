// Package addcontact is the task that brings a person into a contact list, with what the event says of them.
package addcontact

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"surveyflow/internal/contact"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// maxFields is how many fields one task may fill in.
const maxFields = 100

// Type makes tasks that add contacts.
type Type struct{ contacts *contact.Service }

// New makes the type.
func New(contacts *contact.Service) *Type { return &Type{contacts} }

// Name is addContact.
func (t *Type) Name() models.TaskType { return models.TaskAddContact }

// addContact is a compiled config.
type addContact struct {
	contacts *contact.Service
	listID   string
	invite   string // the collector that invites them; empty for none
	merge    models.MergeRule
	fields   []field
	refs     []pipedtext.Ref
}

type field struct {
	name  string
	value pipedtext.Template
}

// Compile checks a config and parses its templates.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.AddContactConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	a := &addContact{contacts: t.contacts, listID: c.MailingListID, merge: c.Merge}
	var wrong []models.FieldError
	if a.merge == "" {
		a.merge = models.MergeEmail
	}
	if !slices.Contains(models.MergeRules, a.merge) {
		wrong = append(wrong, models.Field("merge", "contact.error.merge"))
	}
	if !models.ValidID(models.PrefixList, a.listID) {
		wrong = append(wrong, models.Field("mailingListId", "addcontact.error.list"))
	}
	if c.CollectorID != nil && *c.CollectorID != "" {
		if a.invite = *c.CollectorID; !models.ValidID(models.PrefixCollector, a.invite) {
			wrong = append(wrong, models.Field("collectorId", "addcontact.error.collector"))
		}
	}
	wrong = append(wrong, a.compileFields(c.Fields)...)
	return a, models.Invalid(wrong...)
}

func (a *addContact) compileFields(fields map[string]string) (wrong []models.FieldError) {
	if len(fields) > maxFields {
		return []models.FieldError{models.Field("fields", "addcontact.error.fields", "Max", maxFields)}
	}
	names := make([]string, 0, len(fields))
	for name, text := range fields {
		if strings.TrimSpace(text) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return []models.FieldError{models.Field("fields", "addcontact.error.nothing")}
	}
	for _, name := range names {
		template, err := pipedtext.Parse(fields[name])
		if e, ok := err.(*pipedtext.SyntaxError); ok { //nolint:errorlint // the parser promises this type
			wrong = append(wrong, models.Field("fields."+name, e.Key(), "Position", e.Offset+1))
			continue
		}
		for _, e := range pipedtext.Check(fields[name]) {
			wrong = append(wrong, models.Field("fields."+name, e.Key(), "Position", e.Offset+1))
		}
		if name == "tags" {
			wrong = append(wrong, checkTags(template)...)
		}
		a.fields = append(a.fields, field{name, template})
		for _, r := range template.Refs() {
			if !slices.Contains(a.refs, r) {
				a.refs = append(a.refs, r)
			}
		}
	}
	return wrong
}

// checkTags tells of tags that are refused whatever is piped into them: what is written out is too long or too much already.
func checkTags(template pipedtext.Template) []models.FieldError {
	c := models.Contact{FirstName: "x"}
	c.Set("tags", template.Text(pipedtext.SourceFunc(func(pipedtext.Ref) pipedtext.Value { return pipedtext.Text(",") })))
	wrong := models.CheckContact(&c)
	for i := range wrong {
		wrong[i].Field = "fields.tags"
	}
	return wrong
}

// Refs lists what the fields pipe.
func (a *addContact) Refs() []pipedtext.Ref { return a.refs }

// Host is empty: the task calls nobody.
func (a *addContact) Host() string { return "" }

// ActsAsOwner tells the engine that the task reaches what the workflow's owner reaches.
func (a *addContact) ActsAsOwner() {}

// Outputs are what later tasks can name of the contact.
func (a *addContact) Outputs() []models.OutputSpec {
	return []models.OutputSpec{{Name: "contactId", Path: "contactId"}, {Name: "result", Path: "result"}}
}

// Run adds or merges the contact. A second try of the same task adds nobody twice: the run and the task are the contact's
// key.
func (a *addContact) Run(ctx context.Context, in task.Input) task.Outcome {
	if in.Actor.OrgID == "" {
		return failed("addcontact.error.owner", nil)
	}
	c := a.contact(in.ForPeople())
	key := in.Key()
	c.Dedupe = &key
	out, err := a.put(ctx, in, store.ContactWrite{Contact: c, Merge: a.merge})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return task.Outcome{Result: task.Interrupted}
	case models.ErrorCode(err) == models.CodeNotFound && a.invite == "":
		return failed("addcontact.error.list_gone", nil)
	case models.ErrorCode(err) == models.CodeNotFound, models.ErrorCode(err) == models.CodeForbidden:
		return failed("addcontact.error.collector_gone", nil)
	case models.ErrorCode(err) == models.CodeInvalid:
		return invalid(err)
	default: // the database's fault and not the task's
		return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "addcontact.error.store"}}
	}
	return task.Outcome{Result: task.Done, Outputs: map[string]json.RawMessage{
		"contactId": quoted(out.Contact.ID), "result": quoted(string(out.Result)),
	}}
}

// put brings the contact into the list and, where the config says so, invites them. The run and the task are the response key.
func (a *addContact) put(ctx context.Context, in task.Input, w store.ContactWrite) (*store.ContactOutcome, error) {
	cause := contact.Cause{Run: &in.RunID, Depth: in.Depth + 1}
	if a.invite == "" {
		all, err := a.contacts.Put(ctx, in.Actor, a.listID, cause, w)
		if err != nil {
			return nil, err
		}
		return &all[0], nil
	}
	ask := store.InvitationAsk{Crk: in.Key(), Person: &models.Person{Email: w.Contact.Email}}
	out, _, err := a.contacts.PutInvited(ctx, in.Actor, a.listID, cause, w, contact.Invitation{CollectorID: a.invite, Ask: ask})
	return out, err
}

// contact gives what the fields say.
func (a *addContact) contact(values pipedtext.Source) models.Contact {
	var c models.Contact
	c.Fields.V = map[string]string{}
	for _, f := range a.fields {
		c.Set(f.name, strings.TrimSpace(models.CleanText(f.value.Text(values))))
	}
	return c
}

func failed(key string, args map[string]any) task.Outcome {
	return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: key, Args: args}}
}

// invalid tells the first thing that is wrong with the contact.
func invalid(err error) task.Outcome {
	if e, ok := errors.AsType[*models.Error](err); ok && len(e.Fields) > 0 {
		return failed(e.Fields[0].Key, e.Fields[0].Args)
	}
	return failed("addcontact.error.store", nil)
}

func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) //nolint:errchkjson // a text
	return raw
}
