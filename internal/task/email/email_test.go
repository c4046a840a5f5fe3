package email_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/email"
	"surveyflow/internal/task/tasktest"
	"surveyflow/models"
)

type values map[string]string

func (v values) Value(r pipedtext.Ref) pipedtext.Value {
	if text, ok := v[r.Name]; ok {
		return pipedtext.Text(text)
	}
	return pipedtext.Value{}
}

func newType(t *testing.T) (*email.Type, *store.Store, models.Actor) {
	t.Helper()
	s := storetest.SQLite(t, storetest.Options{})
	i := storetest.NewInstance(t, s, nil)
	base, err := link.NewBase("https://survey.example.com", "")
	i.Check(err)
	sealer, err := secret.Open(t.Context(), s, [][]byte{bytes.Repeat([]byte("k"), 32)}, clock.System{})
	i.Check(err)
	return email.New(s, mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: clock.System{}})), s, i.Actor
}

func TestEmailIsATask(t *testing.T) {
	t.Parallel()
	kind, _, actor := newType(t)
	tasktest.Exercise(t, tasktest.Subject{
		Type: kind, Works: `{"to":"${e://Field/who}, b@example.com","subject":"Hello","body":"x"}`, Fails: `{"to":"${e://Field/wrong}","subject":"x"}`,
		Broken: map[string]string{
			`{"subject":"x"}`: "to", `{"to":"nobody","subject":"x"}`: "to", `{"to":"a@example.com"}`: "subject", `{"to":"a@example.com","subject":"x","cc":"b"}`: "cc",
			`{"to":"a@example.com","subject":"x","replyTo":"b, c"}`: "replyTo",
		},
		Names: []pipedtext.Ref{{Scheme: "e", Name: "who"}}, Values: values{"who": "ada@example.com", "wrong": "a@example.com, evil@example.com"},
		Input: func(in *task.Input) { in.Actor = actor },
	})
}

func TestAMailIsWrittenOncePerTaskAndAddress(t *testing.T) {
	t.Parallel()
	kind, s, actor := newType(t)
	compiled, err := kind.Compile(json.RawMessage(`{"to":"a@example.com, ${e://Field/who}","cc":"c@example.com","bcc":"d@example.com, A@example.com","replyTo":"r@example.com","subject":"Hi ${e://Field/name}","body":"One\nTwo"}`))
	if err != nil {
		t.Fatal(err)
	}
	in := task.Input{Values: &pipedtext.Env{Source: values{"who": "b@example.com", "name": "Ada\r\nBcc: evil@example.com"}}, Actor: actor, RunID: "RN_1", TaskID: "OCAC_1", Now: time.Now()}
	for range 3 {
		if out := compiled.Run(t.Context(), in); out.Result != task.Done {
			t.Fatalf("%d, %+v", out.Result, out.Error)
		}
	}
	mails, _, err := s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{})
	if err != nil || len(mails) != 4 {
		t.Fatalf("%d mails, %v; want one for each of four addresses", len(mails), err)
	}
	for _, m := range mails {
		if m.Subject != "Hi Ada Bcc: evil@example.com" || len(m.Heading.V.To) != 2 || len(m.Heading.V.CC) != 1 || m.Heading.V.ReplyTo != "r@example.com" {
			t.Errorf("%+v", m)
		}
	}
	in.RunID = "RN_2"
	compiled.Run(t.Context(), in)
	if mails, _, _ = s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{}); len(mails) != 8 {
		t.Errorf("%d mails after another run; want 8", len(mails))
	}
}

func TestASecretThatAnEarlierAnswerRepeatedIsInNoMail(t *testing.T) {
	t.Parallel()
	kind, s, actor := newType(t)
	compiled, err := kind.Compile(json.RawMessage(`{"to":"a@example.com","subject":"Got ${e://Field/echo}","body":"It said ${e://Field/echo}."}`))
	if err != nil {
		t.Fatal(err)
	}
	in := task.Input{
		Values: &pipedtext.Env{Source: values{"echo": "Bearer s3cr3t-t0ken"}}, Actor: actor, RunID: "RN_1", TaskID: "OCAC_1", Now: time.Now(),
		Secrets: []models.Secret{{Value: "s3cr3t-t0ken"}},
	}
	if out := compiled.Run(t.Context(), in); out.Result != task.Done {
		t.Fatalf("%d, %+v", out.Result, out.Error)
	}
	mails, _, err := s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{})
	if err != nil || len(mails) != 1 || mails[0].Subject != "Got Bearer "+task.Masked {
		t.Fatalf("%+v, %v", mails, err)
	}
	m, _, err := s.Mail(t.Context(), actor, mails[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{m.Text, m.HTML} {
		if strings.Contains(text, "s3cr3t") || !strings.Contains(text, task.Masked) {
			t.Errorf("the mail says %s", text)
		}
	}
}

func TestAFormattedMailKeepsItsFormatAndValuesFormatNothing(t *testing.T) {
	t.Parallel()
	kind, s, actor := newType(t)
	compiled, err := kind.Compile(json.RawMessage(`{"to":"a@example.com","subject":"x","body":"<p>Dear <b>${e://Field/name}</b>,<script>x</script></p><ul><li>one</li></ul><p><a href=\"https://example.com/?n=${e://Field/name}\">more</a></p>"}`))
	if err != nil {
		t.Fatal(err)
	}
	in := task.Input{Values: &pipedtext.Env{Source: values{"name": "<a href='https://evil.example'>Ada</a>"}}, Actor: actor, RunID: "RN_1", TaskID: "OCAC_1", Now: time.Now()}
	if out := compiled.Run(t.Context(), in); out.Result != task.Done {
		t.Fatalf("%d, %+v", out.Result, out.Error)
	}
	mails, _, err := s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{})
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	m, _, err := s.Mail(t.Context(), actor, mails[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.HTML, "<strong>&lt;a href=") || !strings.Contains(m.HTML, "<li>one</li>") || strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, `href="https://evil`) {
		t.Errorf("the page is %s", m.HTML)
	}
	if !strings.Contains(m.Text, "Dear <a href='https://evil.example'>Ada</a>,") || strings.Contains(m.Text, "<b>") || !strings.Contains(m.Text, "one") {
		t.Errorf("the text is %s", m.Text)
	}
}

func TestNoMailIsWrittenToWhoComplainedOfMail(t *testing.T) {
	t.Parallel()
	kind, s, actor := newType(t)
	for _, source := range []string{models.OptOutLink, models.OptOutComplaint} { // a complaint counts also after they had opted out
		if err := s.SetOptOutOrg(t.Context(), actor, "Ada@example.com", source, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetOptOutOrg(t.Context(), actor, "out@example.com", models.OptOutLink, true); err != nil { // of surveys alone
		t.Fatal(err)
	}
	run := func(id, config string) task.Outcome {
		compiled, err := kind.Compile(json.RawMessage(config))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Run(t.Context(), task.Input{Values: &pipedtext.Env{Source: values{}}, Actor: actor, RunID: id, TaskID: "OCAC_1", Now: time.Now()})
	}
	if out := run("RN_1", `{"to":"ada@example.com","cc":"c@example.com","subject":"x"}`); out.Result != task.Failed || out.Error.Key != "run.error.mail_complained" {
		t.Errorf("%d, %+v; want a failure that says why", out.Result, out.Error)
	}
	if out := run("RN_2", `{"to":"ada@example.com, out@example.com","bcc":"ADA@example.com","subject":"x"}`); out.Result != task.Done {
		t.Fatalf("%d, %+v", out.Result, out.Error)
	}
	mails, _, err := s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{})
	if err != nil || len(mails) != 1 || mails[0].To != "out@example.com" || len(mails[0].Heading.V.To) != 1 {
		t.Errorf("mails %+v, %v; want the one to who did not complain", mails, err)
	}
}
