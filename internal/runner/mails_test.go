package runner_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// post office: what a bench needs to write and send mail.
func (b *bench) mails(server *mailtest.Server, sending bool) runner.Options {
	b.Helper()
	sealer, err := secret.Open(b.Context(), b.Store, [][]byte{bytes.Repeat([]byte("k"), 32)}, b.clock)
	b.Check(err)
	base, err := link.NewBase("http://app.example.com", "")
	b.Check(err)
	o := runner.Options{Outbox: mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: b.clock, Sending: sending})}
	if server != nil {
		o.Mail = mail.NewSender(mail.SenderOptions{URL: server.URL(), From: "surveys@example.com", Sealer: sealer, Clock: b.clock, Roots: server.Roots})
	}
	return o
}

// write puts a mail into the outbox and gives its id.
func (b *bench) write(o runner.Options, to, dedupe string) string {
	b.Helper()
	m, err := o.Outbox.Write(b.Context(), mail.Recipient{OrgID: b.Actor.OrgID, Organisation: "Acme", Email: to}, mail.Test{By: "Ada"}, dedupe)
	b.Check(err)
	b.Check(b.Store.Tell(b.Context(), &models.Notices{Mails: []models.Mail{m}}))
	return m.ID
}

// mail waits until a mail has a status and at least so many tries.
func (b *bench) mail(id string, status models.MailStatus, tries int) *models.Mail {
	b.Helper()
	var m *models.Mail
	storetest.Eventually(b, storetest.Patience, "the mail is "+string(status), func() bool {
		var err error
		m, _, err = b.Store.Mail(b.Context(), b.Actor, id)
		b.Check(err)
		return m.Status == status && m.Tries >= tries
	})
	return m
}

// answers is a mail server's behaviour at one stage, one answer after the other, and then none.
func answers(stage mailtest.Stage, all ...error) func(mailtest.Stage) error {
	var n atomic.Int32
	return func(s mailtest.Stage) error {
		if s != stage {
			return nil
		}
		if i := int(n.Add(1)) - 1; i < len(all) {
			return all[i]
		}
		return nil
	}
}

func TestAMailLeavesOnceForOneFact(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		server := mailtest.New(t, mailtest.Options{})
		o := b.mails(server, true)
		id := b.write(o, "ada@example.com", "fact")
		again := b.write(o, "ada@example.com", "fact")
		other := b.write(o, "bob@example.com", "")
		b.work(o)
		b.mail(id, models.MailSent, 1)
		b.mail(other, models.MailSent, 1)
		if _, _, err := b.Store.Mail(t.Context(), b.Actor, again); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("the same fact made a second mail: %v", err)
		}
		if got := server.Received(); len(got) != 2 {
			t.Errorf("%d mails arrived", len(got))
		}
	})
}

func TestAMailIsUndoneWithItsFact(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		o := b.mails(nil, true)
		undo := errors.New("undo")
		err := b.Store.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
			m, err := o.Outbox.Write(ctx, mail.Recipient{OrgID: b.Actor.OrgID, Email: "ada@example.com"}, mail.Test{}, "")
			b.Check(err)
			b.Check(tx.Tell(ctx, &models.Notices{Mails: []models.Mail{m}, Notifications: []models.Notification{{
				ID: models.NewOrderedID(models.PrefixNotice, b.clock.Now()), OrgID: b.Actor.OrgID, UserID: b.Actor.UserID, Kind: models.NotifyRunFailed,
			}}}))
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		counts, err := b.Store.MailCounts(t.Context(), b.Actor)
		unread, err2 := b.Store.UnreadNotifications(t.Context(), b.Actor)
		if len(counts) != 0 || unread != 0 || err != nil || err2 != nil {
			t.Errorf("%v mails, %d notifications, %v, %v", counts, unread, err, err2)
		}
	})
}

func TestWhatTheMailServerSaysDecidesWhatFollows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at     func(mailtest.Stage) error
		status models.MailStatus // in the end
		tries  int
		waits  []time.Duration // before each further try
		got    int
	}{
		"put off twice":         {answers(mailtest.StageRcpt, mailtest.Refuse(451, "later"), mailtest.Refuse(421, "later")), models.MailSent, 3, []time.Duration{time.Minute, 5 * time.Minute}, 1},
		"refused for good":      {answers(mailtest.StageRcpt, mailtest.Refuse(550, "nobody")), models.MailFailed, 1, nil, 0},
		"dropped before":        {answers(mailtest.StageMail, mailtest.ErrDrop), models.MailSent, 2, []time.Duration{time.Minute}, 1},
		"unwelcome":             {answers(mailtest.StageConnect, mailtest.ErrDrop), models.MailSent, 2, []time.Duration{time.Minute}, 1},
		"dropped when all said": {answers(mailtest.StageData, mailtest.ErrDrop), models.MailUnsure, 1, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, post("http://127.0.0.1:1/"))
			server := mailtest.New(t, mailtest.Options{At: c.at})
			o := b.mails(server, true)
			id := b.write(o, "ada@example.com", "")
			b.work(o)
			for i, wait := range c.waits {
				var m *models.Mail
				var due time.Time
				storetest.Eventually(t, storetest.Patience, "the mail waits", func() bool {
					var err error
					m, due, err = b.Store.Mail(t.Context(), b.Actor, id)
					b.Check(err)
					return m.Tries == i+1 && !due.IsZero()
				})
				if got := due.Sub(b.clock.Now()); got != wait {
					t.Errorf("the next try is in %s; want %s; %s", got, wait, m.Error)
				}
				b.clock.Advance(wait)
			}
			m := b.mail(id, c.status, c.tries)
			if m.Tries != c.tries || (m.Error != "") != (c.status != models.MailSent) || m.HandedAt != nil {
				t.Errorf("%+v", m)
			}
			if got := len(server.Received()); got != c.got {
				t.Errorf("%d mails arrived; want %d", got, c.got)
			}
		})
	}
}

func TestAMailFailsAfterItsLastTry(t *testing.T) {
	t.Parallel()
	d := storetest.NewSQLite(t)
	b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
	server := mailtest.New(t, mailtest.Options{At: func(mailtest.Stage) error { return mailtest.Refuse(421, "later") }})
	o := b.mails(server, true)
	id := b.write(o, "ada@example.com", "")
	_, err := d.SQL(t).ExecContext(t.Context(), "UPDATE mails SET tries = 6") // each takes a moment, and the first ones are looked at above
	b.Check(err)
	b.work(o)
	storetest.Eventually(t, storetest.Patience, "the mail waits for its last try", func() bool {
		m, due, err := b.Store.Mail(t.Context(), b.Actor, id)
		b.Check(err)
		return m.Status == models.MailQueued && m.Tries == 7 && due.Sub(b.clock.Now()) == 24*time.Hour
	})
	b.clock.Advance(24 * time.Hour)
	b.mail(id, models.MailFailed, 8)
}

// Whoever had the mail dies: before it was handed over it is sent by the next one, in that moment it is not sent twice.
func TestAMailWhoseNodeDiedIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		server := mailtest.New(t, mailtest.Options{})
		o := b.mails(server, true)
		before, during := b.write(o, "before@example.com", ""), b.write(o, "during@example.com", "")
		claimed, err := b.Store.ClaimMails(t.Context(), "ND_dead00000000000", 10)
		b.Check(err)
		if len(claimed) != 2 {
			t.Fatalf("%d claimed", len(claimed))
		}
		for i := range claimed {
			if claimed[i].ID == during {
				ok, err := b.Store.HandMail(t.Context(), &claimed[i])
				if !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
		}
		b.work(o)
		b.mail(before, models.MailSent, 1)
		b.mail(during, models.MailUnsure, 1)
		if got := server.Received(); len(got) != 1 || got[0].To[0] != "before@example.com" {
			t.Errorf("received %+v", got)
		}
		// The dead one comes back and says that it has sent it: nobody believes it any more.
		b.Check(b.Store.FinishMail(t.Context(), &claimed[0], store.MailFinish{Status: models.MailFailed, Error: "{}"}))
		b.mail(before, models.MailSent, 1)
		b.mail(during, models.MailUnsure, 1)
		// Only a person has it sent once more, and it is another mail to the mail server.
		b.Check(b.Store.ResendMail(t.Context(), b.Actor, during))
		b.mail(during, models.MailSent, 1)
		if got := server.Received(); len(got) != 2 || !strings.Contains(got[1].Data, "<"+during+".2@example.com>") {
			t.Errorf("received %d", len(got))
		}
	})
}

func TestMailsWrittenWithoutAMailServerNeverLeaveByThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t, post("http://127.0.0.1:1/"))
	kept := b.write(b.mails(nil, false), "ada@example.com", "")
	server := mailtest.New(t, mailtest.Options{})
	o := b.mails(server, true)
	b.work(o)
	b.mail(b.write(o, "bob@example.com", ""), models.MailSent, 1)
	b.mail(kept, models.MailKept, 0)
	if got := len(server.Received()); got != 1 {
		t.Errorf("%d mails arrived", got)
	}
	b.Check(b.Store.ResendMail(t.Context(), b.Actor, kept))
	b.mail(kept, models.MailSent, 1)
}

func TestAMailThatWaitsCanBeTakenBack(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		o := b.mails(nil, true)
		waits, running := b.write(o, "a@example.com", ""), b.write(o, "b@example.com", "")
		member := b.User("member@example.com", models.RoleMember)
		for _, err := range []error{b.Store.CancelMail(t.Context(), member, waits), b.Store.ResendMail(t.Context(), member, waits)} {
			if models.ErrorCode(err) != models.CodeForbidden {
				t.Errorf("a member may change the outbox: %v", err)
			}
		}
		b.Check(b.Store.CancelMail(t.Context(), b.Actor, waits))
		if err := b.Store.CancelMail(t.Context(), b.Actor, waits); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("taken back twice: %v", err)
		}
		claimed, err := b.Store.ClaimMails(t.Context(), "ND_1", 10)
		b.Check(err)
		if len(claimed) != 1 || claimed[0].ID != running {
			t.Fatalf("claimed %v", claimed)
		}
		b.Check(b.Store.CancelMail(t.Context(), b.Actor, running))
		if ok, err := b.Store.HandMail(t.Context(), &claimed[0]); ok || err != nil {
			t.Errorf("it may be sent all the same: %v", err)
		}
		b.Check(b.Store.FinishMail(t.Context(), &claimed[0], store.MailFinish{Status: models.MailQueued}))
		b.mail(running, models.MailCanceled, 0)
	})
}

func TestFailedRunsAreToldOnceUntilTheWorkflowIsWellAgain(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		fails := does(t, func(context.Context, task.Input) task.Outcome {
			return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: "run.error.unknown", Detail: "secret detail"}}
		})
		b := newBenchOn(t, d, fails)
		colleague := b.User("colleague@example.com", models.RoleMember)
		w, err := b.Store.Workflow(t.Context(), b.Actor, b.workflow.ID)
		b.Check(err)
		w.Draft.V.Notifications = models.Notifications{Enabled: true, Recipients: []string{"Colleague@example.com", "outside@example.com"}}
		rev, err := b.Store.SaveWorkflowDraft(t.Context(), b.Actor, w, w.DraftRev)
		b.Check(err)
		w, err = b.Store.PutWorkflowLive(t.Context(), b.Actor, w.ID, rev)
		b.Check(err)
		b.workflow, b.live = w, b.compiled(w)
		server := mailtest.New(t, mailtest.Options{})
		o := b.mails(server, true)
		stop := b.work(o)
		for range 3 {
			b.run(b.complete("x"), models.RunFailed)
		}
		storetest.Eventually(t, storetest.Patience, "two mails arrive", func() bool { return len(server.Received()) == 2 })
		for _, a := range []models.Actor{b.Actor, colleague} {
			storetest.Eventually(t, storetest.Patience, "all three are counted", func() bool {
				all, _, err := b.Store.Notifications(t.Context(), a, store.Page{})
				b.Check(err)
				return len(all) == 1 && all[0].N == 3 && all[0].Args.V["Workflow"] == w.Name
			})
		}
		stop()
		for _, m := range server.Received() {
			if strings.Contains(m.Data, "secret detail") || !strings.Contains(m.Data, "http://app.example.com/runs/RN_") {
				t.Errorf("the mail says\n%s", m.Data)
			}
		}
		b.clock.Advance(3 * time.Hour)
		b.work(o)
		b.run(b.complete("x"), models.RunFailed)
		storetest.Eventually(t, storetest.Patience, "the fourth is counted", func() bool {
			all, _, err := b.Store.Notifications(t.Context(), colleague, store.Page{})
			return err == nil && len(all) == 1 && all[0].N == 4
		})
		if n := len(server.Received()); n != 2 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestNobodyIsToldOfFailuresThatNobodyWantsToHearOf(t *testing.T) {
	t.Parallel()
	fails := does(t, func(context.Context, task.Input) task.Outcome {
		return task.Outcome{Result: task.Failed, Error: &models.RunError{Key: "run.error.unknown"}}
	})
	b := newBench(t, fails)
	o := b.mails(nil, true)
	b.work(o)
	b.run(b.complete("x"), models.RunFailed)
	storetest.Eventually(t, storetest.Patience, "there is nothing left to tell", func() bool {
		h, err := b.Store.Health(t.Context(), b.workflow.ID)
		b.Check(err)
		return h != nil && h.TellAt == nil && h.FailedN == 0
	})
	counts, err := b.Store.MailCounts(t.Context(), b.Actor)
	unread, err2 := b.Store.UnreadNotifications(t.Context(), b.Actor)
	if len(counts) != 0 || unread != 0 || err != nil || err2 != nil {
		t.Errorf("%v mails, %d notifications, %v, %v", counts, unread, err, err2)
	}
}
