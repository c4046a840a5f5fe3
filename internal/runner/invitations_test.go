package runner_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// inviting is a bench with an e-mail collector and what writes its mails.
type inviting struct {
	*bench
	email   *models.Collector
	service *distribution.Service
	options runner.Options
	server  *mailtest.Server
}

func newInviting(t *testing.T, d storetest.Database, settings models.CollectorSettings, o *mailtest.Options) *inviting {
	t.Helper()
	in := &inviting{bench: newBenchOn(t, d, post("http://127.0.0.1:1/")), email: &models.Collector{Type: models.CollectorEmail, Name: "Mail", Open: true}}
	if o != nil {
		in.server = mailtest.New(t, *o)
	}
	in.options = in.mails(in.server, o != nil)
	in.email.Settings.V = settings
	in.Check(in.Store.CreateCollector(t.Context(), in.Actor, in.Survey.ID, in.email))
	base, err := link.NewBase("http://app.example.com", "https://surveys.example.com")
	in.Check(err)
	in.service = distribution.New(distribution.Options{Store: in.Store, Outbox: in.options.Outbox, Base: base, Clock: in.clock})
	return in
}

// translates puts the survey live with more languages.
func (in *inviting) translates(languages ...string) {
	in.Helper()
	v, err := in.Store.Survey(in.Context(), in.Actor, in.Survey.ID)
	in.Check(err)
	v.Draft.V.Languages = languages
	rev, err := in.Store.SaveSurveyDraft(in.Context(), in.Actor, v, v.DraftRev)
	in.Check(err)
	_, err = in.Store.PutSurveyLive(in.Context(), in.Actor, v.ID, rev)
	in.Check(err)
}

func (in *inviting) ask(k store.InvitationAsk) *models.Invitation {
	in.Helper()
	out, err := in.Store.Invite(in.Context(), in.Actor, in.email.ID, k)
	in.Check(err)
	return &out[0].Invitation
}

func (in *inviting) dispatch() {
	in.Helper()
	for more := true; more; {
		var err error
		more, err = in.service.Dispatch(in.Context())
		in.Check(err)
	}
}

// becomes waits until an invitation has a status.
func (in *inviting) becomes(id string, want models.InvitationStatus) *models.Invitation {
	in.Helper()
	var inv *models.Invitation
	storetest.Eventually(in, storetest.Patience, "the invitation is "+string(want), func() bool {
		var err error
		inv, err = in.Store.InvitationOf(in.Context(), id)
		in.Check(err)
		return inv.Status == want
	})
	return inv
}

// letter is a mail taken apart.
type letter struct {
	header     mail.Header
	text, html string
}

func (in *inviting) letters() []letter {
	in.Helper()
	var all []letter
	for _, got := range in.server.Received() {
		m, err := mail.ReadMessage(strings.NewReader(got.Data))
		in.Check(err)
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		in.Check(err)
		l := letter{header: m.Header}
		for r := multipart.NewReader(m.Body, params["boundary"]); ; {
			part, err := r.NextPart() // decodes quoted-printable
			if errors.Is(err, io.EOF) {
				break
			}
			in.Check(err)
			text, err := io.ReadAll(part)
			in.Check(err)
			if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
				l.html = string(text)
			} else {
				l.text = strings.ReplaceAll(string(text), "\r\n", "\n")
			}
		}
		all = append(all, l)
	}
	return all
}

func TestAnInvitationIsAMailWithAPersonalLink(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviting(t, d, models.CollectorSettings{
			FromName: "Grüße von Acme", ReplyTo: "team@example.com", ExpiryDays: 10, Reminders: []int{2, 3},
			Messages: map[string]models.CollectorMails{
				"en": {Invitation: models.Message{Subject: "${m://FirstName}, how was order ${m://custom1}?", Body: "Dear ${m://FirstName},\n\nplease tell <us>.\n${l://SurveyLink}"}},
				"de": {Invitation: models.Message{Subject: "Wie war es?"}},
			},
		}, &mailtest.Options{})
		in.translates("de", "sv")
		ada := in.ask(store.InvitationAsk{Crk: "order 1&2", Fields: map[string]string{"custom1": "17\r\nBcc: eve@example.com"}, Person: &models.Person{Email: "ada@example.com", FirstName: "Ada"}})
		bob := in.ask(store.InvitationAsk{Person: &models.Person{Email: "bob@example.com", Language: "de"}, Reminders: []time.Duration{}})
		cis := in.ask(store.InvitationAsk{Person: &models.Person{Email: "cis@example.com", FirstName: "Cis", Language: "sv"}, Reminders: []time.Duration{}})
		in.dispatch()
		in.dispatch()
		stop := in.work(in.options)
		sent := in.becomes(ada.ID, models.InvitationSent)
		in.becomes(bob.ID, models.InvitationSent)
		in.becomes(cis.ID, models.InvitationSent)
		all := in.letters()
		if len(all) != 3 {
			t.Fatalf("%d mails", len(all))
		}
		slices.SortFunc(all, func(a, b letter) int { return strings.Compare(a.header.Get("To"), b.header.Get("To")) })
		personal := "https://surveys.example.com/s/" + in.email.Slug + "?crk=order+1%262&t=" + ada.Token
		out := "https://surveys.example.com/unsubscribe/" + ada.ID + "/" + ada.Token
		decoded := func(l letter, name string) string {
			text, err := new(mime.WordDecoder).DecodeHeader(l.header.Get(name))
			in.Check(err)
			return text
		}
		for name, want := range map[string]string{
			"To": "<ada@example.com>", "From": `"Grüße von Acme" <surveys@example.com>`, "Reply-To": "<team@example.com>", "Subject": "Ada, how was order 17 Bcc: eve@example.com?",
			"Bcc": "", "List-Unsubscribe": "<" + out + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "auto-generated",
		} {
			if got := decoded(all[0], name); strings.ReplaceAll(got, `"`, "") != strings.ReplaceAll(want, `"`, "") {
				t.Errorf("%s: %q; want %q", name, got, want)
			}
		}
		for _, want := range []string{"Dear Ada,", "please tell <us>.", "Start the survey:\n" + personal, "It holds until", out, "because Acme asks"} {
			if !strings.Contains(all[0].text, want) {
				t.Errorf("the text lacks %q:\n%s", want, all[0].text)
			}
		}
		for _, want := range []string{`lang="en"`, "please tell &lt;us&gt;.", strings.ReplaceAll(personal, "&", "&amp;"), out} {
			if !strings.Contains(all[0].html, want) {
				t.Errorf("the HTML lacks %q", want)
			}
		}
		if !strings.Contains(all[1].text, "Guten Tag,\n") || !strings.Contains(all[1].html, `lang="de"`) || decoded(all[1], "Subject") != "Wie war es?" {
			t.Errorf("in German: %s\n%s", decoded(all[1], "Subject"), all[1].text)
		}
		if !strings.Contains(all[2].text, "Dear Cis,\n") || !strings.Contains(all[2].html, `lang="en"`) {
			t.Errorf("nobody wrote it in Swedish: %s", all[2].text)
		}
		if sent.ExpiresAt == nil || !sent.ExpiresAt.Equal(in.clock.Now().AddDate(0, 0, 10)) || sent.DueAt == nil || !sent.DueAt.Equal(in.clock.Now().Add(48*time.Hour)) || sent.SentAt == nil {
			t.Errorf("after sending: %+v", sent)
		}

		in.clock.Advance(48 * time.Hour)
		in.dispatch()
		storetest.Eventually(t, storetest.Patience, "the reminder arrives", func() bool { return len(in.server.Received()) == 4 })
		if got := in.letters()[3]; !strings.Contains(got.text, personal) || decoded(got, "Subject") != "A reminder: Feedback" || decoded(got, "To") != "<ada@example.com>" {
			t.Errorf("the reminder: %s\n%s", decoded(got, "Subject"), got.text)
		}
		storetest.Eventually(t, storetest.Patience, "the next is due", func() bool {
			inv, err := in.Store.InvitationOf(t.Context(), ada.ID)
			return err == nil && inv.DueAt != nil && inv.DueAt.Equal(in.clock.Now().Add(72*time.Hour)) && inv.Reminders == 1
		})
		// Closing holds the next reminder, opening lets it leave; who has answered is left alone.
		in.Check(in.Store.SetCollectorOpen(t.Context(), in.Actor, in.Survey.ID, in.email.ID, false))
		in.clock.Advance(100 * time.Hour)
		in.dispatch()
		if inv, err := in.Store.InvitationOf(t.Context(), ada.ID); err != nil || !inv.Paused || inv.Status != models.InvitationSent || inv.Mails != 2 {
			t.Errorf("while closed: %+v, %v", inv, err)
		}
		stop()
	})
}

func TestWhatTheMailServerSaysShowsAtTheInvitation(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviting(t, d, models.CollectorSettings{}, &mailtest.Options{At: answers(mailtest.StageRcpt, mailtest.Refuse(550, "no such user"))})
		c := put(t, in, "gone@example.com")
		gone := in.ask(store.InvitationAsk{Contact: c})
		in.dispatch()
		in.work(in.options)
		inv := in.becomes(gone.ID, models.InvitationBounced)
		if why := models.DecodeRunError(inv.Error); why == nil || why.Key != "mail.error.recipient" || inv.BouncedAt == nil {
			t.Errorf("%+v", inv)
		}
		if again := in.ask(store.InvitationAsk{Contact: c}); again.Reason != models.HeldBounced {
			t.Errorf("the next is %s %s", again.Status, again.Reason)
		}
		if err := in.Store.ResendInvitation(t.Context(), in.Actor, in.Survey.ID, in.email.ID, gone.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("sent once more at once: %v", err)
		}
		ok := in.ask(store.InvitationAsk{Person: &models.Person{Email: "ok@example.com"}})
		in.dispatch()
		in.becomes(ok.ID, models.InvitationSent)
		if err := in.Store.ResendInvitation(t.Context(), in.Actor, in.Survey.ID, in.email.ID, ok.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("within a day: %v", err)
		}
		if n, err := in.Store.RemindInvited(t.Context(), in.Actor, in.Survey.ID, in.email.ID); n != 0 || err != nil {
			t.Errorf("%d reminded within a day, %v", n, err)
		}
		in.clock.Advance(24 * time.Hour)
		if n, err := in.Store.RemindInvited(t.Context(), in.Actor, in.Survey.ID, in.email.ID); n != 1 || err != nil {
			t.Errorf("%d reminded, %v", n, err)
		}
		in.dispatch()
		storetest.Eventually(t, storetest.Patience, "the reminder arrives", func() bool { return len(in.server.Received()) == 2 })
		if all, err := in.Store.Unsubscribe(t.Context(), ok.ID, "x"+ok.Token, true); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("with another token: %v, %v", all, err)
		}
		if all, err := in.Store.Unsubscribe(t.Context(), ok.ID, ok.Token, false); !all || err != nil {
			t.Errorf("without a list: %v, %v", all, err)
		}
		if next := in.ask(store.InvitationAsk{Person: &models.Person{Email: "OK@example.com"}}); next.Reason != models.HeldOptedOutOrg {
			t.Errorf("after unsubscribing: %s %s", next.Status, next.Reason)
		}
	})
}

func TestWithoutAMailServerInvitationsStayInTheOutbox(t *testing.T) {
	t.Parallel()
	in := newInviting(t, storetest.NewSQLite(t), models.CollectorSettings{Reminders: []int{1}}, nil)
	inv := in.ask(store.InvitationAsk{Person: &models.Person{Email: "ada@example.com"}})
	in.dispatch()
	kept := in.becomes(inv.ID, models.InvitationHeld)
	all, _, err := in.Store.Mails(t.Context(), in.Actor, store.MailFilter{Status: models.MailKept}, store.Page{})
	if err != nil || len(all) != 1 || all[0].Kind != models.MailSurveyInvitation || kept.Reason != models.HeldNoServer {
		t.Fatalf("%+v, %v; held because of %s", all, err, kept.Reason)
	}
	m, _, err := in.Store.Mail(t.Context(), in.Actor, all[0].ID)
	if err != nil || !strings.Contains(m.Text, inv.Token) {
		t.Errorf("%v: the outbox does not show the link:\n%s", err, m.Text)
	}
	in.server = mailtest.New(t, mailtest.Options{})
	in.work(in.mails(in.server, true))
	in.Check(in.Store.ResendMail(t.Context(), in.Actor, m.ID))
	if sent := in.becomes(inv.ID, models.InvitationSent); sent.DueAt == nil {
		t.Error("it has no reminder")
	}
}

// put adds a contact to the list of the collector.
func put(t *testing.T, in *inviting, email string) *models.Contact {
	t.Helper()
	out, err := in.Store.PutContacts(t.Context(), in.Actor, *in.email.ListID, []store.ContactWrite{{Contact: models.Contact{Email: email}, Merge: models.MergeEmail}})
	in.Check(err)
	return &out[0].Contact
}

func TestTheOutboxStaysShallowAndNoMailIsWrittenTwice(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviting(t, d, models.CollectorSettings{}, &mailtest.Options{})
		var asks []store.InvitationAsk
		for i := range 450 {
			asks = append(asks, store.InvitationAsk{Person: &models.Person{Email: fmt.Sprintf("p%d@example.com", i)}})
		}
		_, err := in.Store.Invite(t.Context(), in.Actor, in.email.ID, asks...)
		in.Check(err)
		nodes := make(chan error, 2)
		for range 2 { // two nodes at once
			go func() {
				for more := true; more; {
					var err error
					if more, err = in.service.Dispatch(t.Context()); err != nil {
						nodes <- err
						return
					}
				}
				nodes <- nil
			}()
		}
		in.Check(errors.Join(<-nodes, <-nodes))
		counts, err := in.Store.MailCounts(t.Context(), in.Actor)
		if n := counts[models.MailQueued]; err != nil || n < 200 || n > 400 {
			t.Errorf("%v, %v: want some 200 mails in the outbox", counts, err)
		}
		rows, _, err := in.Store.Invitations(t.Context(), in.Actor, in.Survey.ID, in.email.ID, store.InvitationFilter{Page: store.Page{Limit: 500}})
		in.Check(err)
		waiting := 0
		for _, r := range rows {
			if r.DueAt != nil {
				waiting++
			}
			if r.Mails > 1 {
				t.Errorf("%s has %d mails", r.Email, r.Mails)
			}
		}
		if len(rows) != 450 || waiting+int(counts[models.MailQueued]) != 450 {
			t.Errorf("%d invitations, %d wait, %v", len(rows), waiting, counts)
		}
	})
}
