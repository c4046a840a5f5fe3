// Package email is the task that writes a mail: to addresses that its owner named or that the data hold, through the outbox, and
// never twice for one task of a run.
package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Limits of a mail.
const (
	maxRecipients = 30 // addresses to whom it goes; as many again in copy
	maxBody       = 100 << 10
	maxSubject    = 500
)

// Type makes tasks that write mails into one outbox.
type Type struct {
	store  *store.Store
	outbox *mail.Outbox
}

// New makes the type.
func New(s *store.Store, o *mail.Outbox) *Type { return &Type{s, o} }

// Name is email.
func (t *Type) Name() models.TaskType { return models.TaskEmail }

type emailTask struct {
	*Type
	to, cc, bcc []pipedtext.Template
	replyTo     pipedtext.Template
	subject     pipedtext.Template
	body        pipedtext.Template
	rich        string // the body as its author formatted it; empty when they did not
	refs        []pipedtext.Ref
}

// reporting is a mail with the response in it.
type reporting struct {
	*emailTask
	list, attach bool // below the text, as a document
}

// ReportsResponse marks the task.
func (reporting) ReportsResponse() {}

// Compile checks a config.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.EmailConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	k := compiler{task: &emailTask{Type: t}}
	k.task.to = k.addresses("to", c.To)
	k.task.cc = k.addresses("cc", c.CC)
	k.task.bcc = k.addresses("bcc", c.BCC)
	if len(k.task.to) == 0 && len(k.fields) == 0 {
		k.fail("to", "task.error.mail_to")
	}
	k.task.replyTo = k.address("replyTo", c.ReplyTo)
	k.task.subject = k.text("subject", c.Subject)
	k.task.body = k.text("body", c.Body)
	if richtext.IsHTML(c.Body) {
		k.task.rich = c.Body
	}
	switch {
	case strings.TrimSpace(c.Subject) == "":
		k.fail("subject", "task.error.mail_subject")
	case len(c.Subject) > maxSubject:
		k.fail("subject", "task.error.mail_subject_long", "Max", maxSubject)
	}
	if len(c.Body) > maxBody {
		k.fail("body", "task.error.mail_body_long", "Max", maxBody>>10)
	}
	if err := models.Invalid(k.fields...); err != nil {
		return nil, err
	}
	if c.IncludeReport || c.ListAnswers {
		return reporting{k.task, c.ListAnswers, c.IncludeReport}, nil
	}
	return k.task, nil
}

type compiler struct {
	task   *emailTask
	fields []models.FieldError
}

func (k *compiler) fail(field, key string, args ...any) {
	k.fields = append(k.fields, models.Field(field, key, args...))
}

// addresses reads a list of addresses with commas between them. Each is one address, whatever piped text stands for.
func (k *compiler) addresses(field, text string) []pipedtext.Template {
	var all []pipedtext.Template
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if strings.TrimSpace(part) != "" {
			all = append(all, k.address(field, part))
		}
	}
	if len(all) > maxRecipients {
		k.fail(field, "task.error.mail_recipients", "Max", maxRecipients)
		return nil
	}
	return all
}

func (k *compiler) address(field, text string) pipedtext.Template {
	text = strings.TrimSpace(text)
	t := k.text(field, text)
	if text != "" && len(t.Refs()) == 0 && !models.ValidEmail(text) {
		k.fail(field, "task.error.mail_address", "Address", text)
	}
	return t
}

func (k *compiler) text(field, text string) pipedtext.Template {
	t, err := pipedtext.Parse(text)
	if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
		k.fail(field, e.Key(), "Position", e.Offset+1)
	}
	k.task.refs = append(k.task.refs, t.Refs()...)
	return t
}

// Refs lists what the mail names.
func (e *emailTask) Refs() []pipedtext.Ref { return e.refs }

// Host names no receiver: the outbox paces mails by itself.
func (e *emailTask) Host() string { return "outbox:" }

// Run writes the mail for each of its recipients, in one transaction.
func (e *emailTask) Run(ctx context.Context, in task.Input) task.Outcome {
	return e.run(ctx, in, nil, false)
}

// Run writes the mail with the response in it.
func (r reporting) Run(ctx context.Context, in task.Input) task.Outcome {
	var facts []mail.Fact
	if r.list {
		for _, a := range answers(in) {
			if a.Value == "" {
				a.Value = "–"
			}
			facts = append(facts, mail.Fact{Term: a.Term, Value: a.Value})
		}
	}
	return r.run(ctx, in, facts, r.attach)
}

func (e *emailTask) run(ctx context.Context, in task.Input, facts []mail.Fact, attach bool) task.Outcome {
	values := in.ForPeople()
	head, bcc, wrong := e.recipients(values)
	if wrong != nil {
		return task.Outcome{Result: task.Failed, Error: wrong}
	}
	spared, err := e.spare(ctx, in.Actor.OrgID, &head, &bcc)
	if err != nil {
		return e.failed(ctx, err)
	}
	if len(head.To) == 0 {
		return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: "run.error.mail_complained", Args: map[string]any{"Address": cut(spared[0])}}}
	}
	org, err := e.store.Organisation(ctx, models.Actor{OrgID: in.Actor.OrgID, Via: models.ViaSystem})
	if err != nil {
		return e.failed(ctx, err)
	}
	if attach {
		head.Report = report(ctx, in, org)
	}
	letter := mail.FromWorkflow{Subject: e.subject.Text(values), Facts: facts}
	if e.rich == "" {
		letter.Body = e.body.Text(values)
	} else {
		letter.Rich = richtext.Pipe(e.rich, values)
		letter.Body = richtext.Plain(letter.Rich)
	}
	outcome := task.Outcome{Result: task.Done, Exchange: record(head, bcc, spared, letter)}
	var notices models.Notices
	seen := map[string]bool{}
	for _, address := range append(append(append([]string{}, head.To...), head.CC...), bcc...) {
		key := models.EmailKey(address)
		if seen[key] {
			continue
		}
		seen[key] = true
		m, err := e.outbox.Write(ctx, mail.Recipient{OrgID: org.ID, Organisation: org.Name, Email: address, Language: org.Language}, letter, in.Key()+"/"+key)
		if err != nil {
			return e.failed(ctx, err)
		}
		m.Heading.V = head
		notices.Mails = append(notices.Mails, m)
	}
	if err := e.store.Tell(ctx, &notices); err != nil {
		return e.failed(ctx, err)
	}
	return outcome
}

// spare takes out the addresses that complained to their mail provider, and gives them. Those that opted out of surveys stay: a mail
// of a workflow may be one that they asked for.
func (e *emailTask) spare(ctx context.Context, orgID string, head *models.MailHeading, bcc *[]string) ([]string, error) {
	out, err := e.store.Complained(ctx, orgID, slices.Concat(head.To, head.CC, *bcc))
	if len(out) == 0 || err != nil {
		return nil, err
	}
	complained := func(address string) bool {
		return slices.ContainsFunc(out, func(o string) bool { return models.EmailKey(o) == models.EmailKey(address) })
	}
	head.To, head.CC, *bcc = slices.DeleteFunc(head.To, complained), slices.DeleteFunc(head.CC, complained), slices.DeleteFunc(*bcc, complained)
	return out, nil
}

func (e *emailTask) failed(ctx context.Context, err error) task.Outcome {
	if ctx.Err() != nil {
		return task.Outcome{Result: task.Interrupted}
	}
	return task.Outcome{Result: task.Retry, Error: &models.RunError{Key: "run.error.mail_unwritten", Detail: fmt.Sprint(models.ErrorCode(err))}}
}

// recipients gives whom the mail goes to. An address that piped text leaves empty is left out; one that is none fails.
func (e *emailTask) recipients(values pipedtext.Source) (head models.MailHeading, bcc []string, wrong *models.RunError) {
	read := func(templates []pipedtext.Template) []string {
		var all []string
		for _, t := range templates {
			address := strings.TrimSpace(t.Text(values))
			switch {
			case address == "":
			case !models.ValidEmail(address):
				if wrong == nil {
					wrong = &models.RunError{Key: "run.error.mail_address", Args: map[string]any{"Address": cut(address)}}
				}
			default:
				all = append(all, address)
			}
		}
		return all
	}
	head.To, head.CC, bcc = read(e.to), read(e.cc), read(e.bcc)
	if reply := read([]pipedtext.Template{e.replyTo}); len(reply) == 1 {
		head.ReplyTo = reply[0]
	}
	if wrong == nil && len(head.To) == 0 {
		wrong = &models.RunError{Key: "run.error.mail_nobody"}
	}
	return head, bcc, wrong
}

func cut(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

// record is what people see of the mail in the run.
func record(head models.MailHeading, bcc, spared []string, l mail.FromWorkflow) *models.Exchange {
	x := &models.Exchange{Request: models.ExchangeRequest{Method: "MAIL", URL: "mailto:" + strings.Join(head.To, ","), Body: l.Body}}
	add := func(name, value string) {
		if value != "" {
			x.Request.Headers = append(x.Request.Headers, models.Header{Name: name, Value: value})
		}
	}
	add("Cc", strings.Join(head.CC, ", "))
	add("Bcc", strings.Join(bcc, ", "))
	add("Reply-To", head.ReplyTo)
	add("Left out after a complaint", strings.Join(spared, ", "))
	add("Subject", l.Subject)
	if head.Report != nil {
		add("Attachment", head.Report.Title)
	}
	return x
}
