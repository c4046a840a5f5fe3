package mail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/secret"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

type fixture struct {
	outbox *mail.Outbox
	sealer *secret.Sealer
	base   link.Base
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	s := storetest.SQLite(t, storetest.Options{})
	sealer, err := secret.Open(t.Context(), s, [][]byte{bytes.Repeat([]byte("k"), 32)}, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	base, err := link.NewBase("https://app.example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	return fixture{sealer: sealer, base: base, outbox: mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: clock.System{}, Sending: true})}
}

func (f fixture) sender(s *mailtest.Server, u *url.URL) *mail.Sender {
	if u == nil {
		u = s.URL()
	}
	return mail.NewSender(mail.SenderOptions{URL: u, From: "Surveys <surveys@example.com>", Sealer: f.sealer, Clock: clock.System{}, Roots: s.Roots})
}

var ada = mail.Recipient{OrgID: "acme", Organisation: "Acme\r\nBcc: evil@example.com", Email: "ada@example.org"}

func (f fixture) write(t *testing.T, l mail.Letter) models.Mail {
	t.Helper()
	m, err := f.outbox.Write(t.Context(), ada, l, "")
	if err != nil {
		t.Fatal(err)
	}
	m.CreatedAt, m.Sending = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), 1
	return m
}

// sent sends one mail over a connection of its own and gives what became of it, in words, and the conversation.
func sent(ctx context.Context, s *mail.Sender, m *models.Mail) (verdict mail.Verdict, why *models.RunError, talk string) {
	c, err := s.Dial(ctx)
	defer c.Close() //nolint:staticcheck // it is there, with what was said, also when dialing failed
	if err == nil {
		err = c.Send(ctx, m)
	}
	var b strings.Builder
	for _, l := range c.Conversation() {
		b.WriteString(string(l.Who) + ": " + l.Text + "\n")
	}
	return mail.Judge(err), s.Explain(err), b.String()
}

// parts gives the headers of a received mail and its two texts.
func parts(t *testing.T, data string) (netmail.Header, string, string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	var texts []string
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = p
		switch p.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(p)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	if len(texts) != 2 {
		t.Fatalf("%d parts", len(texts))
	}
	return m.Header, texts[0], texts[1]
}

func TestAMailArrivesWithItsTwoPartsAndHeaders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, o := range map[string]mailtest.Options{
		"plain":    {},
		"STARTTLS": {Security: mailtest.StartTLS, User: "ada", Password: "p@ss/word"},
		"TLS":      {Security: mailtest.TLS, User: "ada", Password: "p@ss/word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.New(t, o)
			token := models.NewCapability()
			m := f.write(t, mail.Invitation{By: "Bob\r\nBcc: evil@example.com\r\n\r\n<script>", Organisation: "Å & <b>Co</b>", Token: token, Until: time.Now()})
			if strings.Contains(m.HTML+m.Text+m.SecretSealed, token) {
				t.Fatal("the link stands in the row")
			}
			verdict, why, talk := sent(t.Context(), f.sender(server, nil), &m)
			if verdict != mail.Sent {
				t.Fatalf("%v: %+v\n%s", verdict, why, talk)
			}
			got := server.Received()
			if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0] != "ada@example.org" || got[0].From != "surveys@example.com" ||
				got[0].TLS != (o.Security != mailtest.Plain) || got[0].User != o.User {
				t.Fatalf("received %+v", got)
			}
			header, text, html := parts(t, got[0].Data)
			for key, want := range map[string]string{
				"To": "<ada@example.org>", "Auto-Submitted": "auto-generated", "Message-Id": "<" + m.ID + ".1@example.com>",
				"Date": "Thu, 26 Nov 2026 10:00:00 +0000", "Bcc": "", "From": `"Surveys" <surveys@example.com>`,
			} {
				if header.Get(key) != want {
					t.Errorf("%s: %q", key, header.Get(key))
				}
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			if err != nil || !strings.HasPrefix(subject, "Bob Bcc: evil@example.com <script> invites you to Å & <b>Co</b>") {
				t.Errorf("subject %q, %v", subject, err)
			}
			address := "https://app.example.com" + link.Invitation(token)
			if !strings.Contains(text, address) || !strings.Contains(html, `href="`+address+`"`) {
				t.Errorf("the link is missing in\n%s", text)
			}
			if strings.Contains(html, "<script>") || strings.Contains(html, "<b>Co") {
				t.Error("somebody else's HTML is in the mail")
			}
			if strings.Contains(talk, "p@ss/word") || strings.Contains(talk, base64.StdEncoding.EncodeToString([]byte("\x00ada\x00p@ss/word"))) {
				t.Errorf("the password is in the conversation\n%s", talk)
			}
		})
	}
}

func TestWhatTheMailServerSaysDecides(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	at := func(stage mailtest.Stage, err error) func(mailtest.Stage) error {
		return func(s mailtest.Stage) error {
			if s == stage {
				return err
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		options mailtest.Options
		change  func(*url.URL)
		want    mail.Verdict
		key     string
	}{
		"the sender is refused":       {mailtest.Options{At: at(mailtest.StageMail, mailtest.Refuse(550, "no"))}, nil, mail.Refused, "mail.error.sender"},
		"the recipient is refused":    {mailtest.Options{At: at(mailtest.StageRcpt, mailtest.Refuse(550, "no such user"))}, nil, mail.Refused, "mail.error.recipient"},
		"the mail is refused":         {mailtest.Options{At: at(mailtest.StageData, mailtest.Refuse(554, "spam"))}, nil, mail.Refused, "mail.error.refused"},
		"the recipient is put off":    {mailtest.Options{At: at(mailtest.StageRcpt, mailtest.Refuse(451, "greylisted"))}, nil, mail.Again, "mail.error.later"},
		"the mail is put off":         {mailtest.Options{At: at(mailtest.StageData, mailtest.Refuse(452, "full"))}, nil, mail.Again, "mail.error.later"},
		"dropped at once":             {mailtest.Options{At: at(mailtest.StageConnect, mailtest.ErrDrop)}, nil, mail.Again, "mail.error.broken_off"},
		"dropped before the mail":     {mailtest.Options{At: at(mailtest.StageRcpt, mailtest.ErrDrop)}, nil, mail.Again, "mail.error.broken_off"},
		"dropped after the last byte": {mailtest.Options{At: at(mailtest.StageData, mailtest.ErrDrop)}, nil, mail.Unsure, "mail.error.unsure"},
		"unwelcome":                   {mailtest.Options{At: at(mailtest.StageConnect, mailtest.Refuse(554, "go away"))}, nil, mail.Again, "mail.error.greeting"},
		"wrong password":              {mailtest.Options{Security: mailtest.StartTLS, User: "ada", Password: "right"}, func(u *url.URL) { u.User = url.UserPassword("ada", "wrong") }, mail.Again, "mail.error.auth"},
		"a password without TLS":      {mailtest.Options{User: "ada", Password: "right", InsecureAuth: true}, nil, mail.Again, "mail.error.no_starttls"},
		"no way to sign in":           {mailtest.Options{Security: mailtest.StartTLS}, func(u *url.URL) { u.User = url.UserPassword("ada", "x") }, mail.Again, "mail.error.no_auth"},
		"TLS where there is none":     {mailtest.Options{}, func(u *url.URL) { u.Scheme = "smtps" }, mail.Again, "mail.error.no_tls"},
		"another name":                {mailtest.Options{Security: mailtest.StartTLS}, func(u *url.URL) { u.Host = "127.0.0.2:" + u.Port() }, mail.Again, ""},
		"nobody listens":              {mailtest.Options{}, func(u *url.URL) { u.Host = "127.0.0.1:1" }, mail.Again, "mail.error.unreachable"},
		"no such machine":             {mailtest.Options{}, func(u *url.URL) { u.Host = "mail.invalid:25" }, mail.Again, "mail.error.host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.New(t, c.options)
			u := server.URL()
			if c.change != nil {
				c.change(u)
			}
			m := f.write(t, mail.Test{By: "Ada"})
			verdict, why, talk := sent(t.Context(), f.sender(server, u), &m)
			if verdict != c.want || c.key != "" && why.Key != c.key {
				t.Errorf("verdict %d, %+v\n%s", verdict, why, talk)
			}
			if len(server.Received()) > 0 {
				t.Error("it arrived")
			}
			if strings.Contains(talk+why.Detail, "right") || strings.Contains(talk, base64.StdEncoding.EncodeToString([]byte("\x00ada\x00right"))) {
				t.Errorf("the password is told\n%s", talk)
			}
			if !i18n.Has(why.Key) {
				t.Errorf("no words for %s", why.Key)
			}
			for _, stage := range server.Stages() {
				if name == "a password without TLS" && stage == mailtest.StageAuth {
					t.Error("the password was sent")
				}
			}
		})
	}
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := mailtest.New(t, mailtest.Options{Security: mailtest.StartTLS, User: "ada", Password: "right"})
	server.Roots = nil
	m := f.write(t, mail.Test{})
	verdict, why, talk := sent(t.Context(), f.sender(server, nil), &m)
	if verdict != mail.Again || why.Key != "mail.error.certificate" || len(server.Received()) > 0 {
		t.Errorf("verdict %d, %+v\n%s", verdict, why, talk)
	}
}

func TestEveryKindOfMailCanBeWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	kinds := map[models.MailKind]bool{}
	for _, l := range mail.Letters {
		m := f.write(t, l)
		kinds[m.Kind] = true
		if m.Subject == "" || !strings.Contains(m.HTML, "<h1") || !strings.Contains(m.Text, "-- \n") || strings.Contains(m.HTML+m.Text+m.Subject, "mail.") {
			t.Errorf("%s: %q\n%s", m.Kind, m.Subject, m.Text)
		}
		if m.HadSecret() != (m.SecretSealed != "") || m.HadSecret() != strings.Contains(m.Text, models.SecretMark) {
			t.Errorf("%s: what is secret is not as the kind says", m.Kind)
		}
		for _, address := range strings.Fields(m.Text) {
			if strings.Contains(address, "://") && !strings.HasPrefix(address, "https://app.example.com") {
				t.Errorf("%s leads to %s", m.Kind, address)
			}
		}
		if _, err := netmail.ReadMessage(strings.NewReader("Subject: " + m.Subject + "\r\n\r\n")); err != nil || strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("%s: subject %q", m.Kind, m.Subject)
		}
	}
	for _, kind := range models.MailKinds {
		if !kinds[kind] {
			t.Errorf("there is no letter of the kind %s", kind)
		}
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, bad := range []string{"", "nobody", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "Ada <a@b.example>"} {
		to := ada
		to.Email = bad
		if _, err := f.outbox.Write(t.Context(), to, mail.Test{}, ""); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
