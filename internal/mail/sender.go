package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"surveyflow/internal/clock"
	"surveyflow/internal/secret"
	"surveyflow/models"
)

// Ports of mail servers where SMTP_URL names none.
const (
	portSubmission = 587
	portTLS        = 465
	// sendTimeout is how long the mail server may take for one step.
	sendTimeout = 30 * time.Second
)

// SenderOptions say which mail server takes the mail.
type SenderOptions struct {
	URL    *url.URL // SMTP_URL (contract §1)
	From   string   // MAIL_FROM
	Sealer *secret.Sealer
	Clock  clock.Clock
	Roots  *x509.CertPool // who vouches for the mail server; nil means the machine's authorities
}

// Sender hands mails to the mail server. It is safe for concurrent use.
type Sender struct {
	SenderOptions
	host     string
	port     int
	tls      bool // from the start
	user     string
	password string
}

// NewSender makes a sender; without SMTP_URL it is nil.
func NewSender(o SenderOptions) *Sender {
	if o.URL == nil {
		return nil
	}
	s := &Sender{SenderOptions: o, host: o.URL.Hostname(), port: portSubmission, tls: o.URL.Scheme == "smtps"}
	if s.tls {
		s.port = portTLS
	}
	if port, err := strconv.Atoi(o.URL.Port()); err == nil {
		s.port = port
	}
	if o.URL.User != nil {
		s.user = o.URL.User.Username()
		s.password, _ = o.URL.User.Password()
	}
	return s
}

// Described tells what is set, without the password.
type Described struct {
	Address string // host:port
	TLS     bool   // from the start; otherwise STARTTLS when offered
	User    string
	From    string
}

// Describe tells what is set, without the password. A nil sender gives the zero value.
func (s *Sender) Describe() Described {
	if s == nil {
		return Described{}
	}
	return Described{Address: net.JoinHostPort(s.host, strconv.Itoa(s.port)), TLS: s.tls, User: s.user, From: s.From}
}

// Connection is one conversation with the mail server, for any number of mails.
type Connection struct {
	sender *Sender
	client *gomail.Client
	smtp   *smtp.Client
	conn   net.Conn
	talk   *conversation
	stop   func() bool
}

// Dial greets the mail server and signs in. The conversation is told even when it fails, with the password masked. A ctx
// that ends breaks it off.
func (s *Sender) Dial(ctx context.Context) (*Connection, error) {
	c := &Connection{sender: s, talk: newConversation(s.user, s.password)}
	roots := &tls.Config{ServerName: s.host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(sendTimeout), gomail.WithTLSConfig(roots), gomail.WithoutNoop(),
		gomail.WithDebugLog(), gomail.WithLogger(c.talk), gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.dial(ctx, network, address, roots)
			c.conn = conn
			return conn, err
		}),
	}
	if s.tls {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		// No password without TLS, not even on this machine (contract §7, Mail).
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithOpportunisticSMTPAuth(
			gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin),
			gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return c, fmt.Errorf("prepare mail: %w", err)
	}
	c.client = client
	c.stop = context.AfterFunc(ctx, func() { c.breakOff() })
	c.talk.note("connect", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if c.smtp, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		c.talk.fail(err)
		c.breakOff()
		return c, err
	}
	return c, nil
}

func (s *Sender) dial(ctx context.Context, network, address string, roots *tls.Config) (net.Conn, error) {
	if s.tls {
		return (&tls.Dialer{Config: roots}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// breakOff ends the connection without a word.
func (c *Connection) breakOff() {
	if c.conn != nil {
		c.conn.Close() //nolint:errcheck // nothing can be done about it
	}
}

// Close says goodbye.
func (c *Connection) Close() {
	if c.smtp != nil {
		c.client.CloseWithSMTPClient(c.smtp) //nolint:errcheck // what was sent is sent
	}
	c.breakOff()
	if c.stop != nil {
		c.stop()
	}
}

// Conversation gives what was said so far, a line each, with the password masked.
func (c *Connection) Conversation() []models.MailLine { return c.talk.told() }

// Send hands one mail over. After an error other than a refusal the connection is of no more use.
func (c *Connection) Send(ctx context.Context, m *models.Mail) error {
	message, err := c.sender.message(ctx, m)
	if err != nil {
		return err
	}
	err = c.client.SendWithSMTPClient(c.smtp, message)
	if message.IsDelivered() { // what went wrong afterwards does not undo it
		return nil
	}
	if err != nil {
		c.talk.fail(err)
	}
	return err
}

// address says whom a mail goes to. A copy goes to one of several, whom its headers name.
func address(msg *gomail.Msg, m *models.Mail) error {
	head := m.Heading.V
	if head.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+head.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	if len(head.To) == 0 {
		if head.ReplyTo != "" {
			if err := msg.ReplyTo(head.ReplyTo); err != nil {
				return err
			}
		}
		return msg.To(m.To)
	}
	if err := msg.Bcc(m.To); err != nil { // the one that it is handed over for; no header says so
		return err
	}
	msg.SetGenHeader("To", strings.Join(head.To, ", "))
	if len(head.CC) > 0 {
		msg.SetGenHeader("Cc", strings.Join(head.CC, ", "))
	}
	if head.ReplyTo == "" {
		return nil
	}
	return msg.ReplyTo(head.ReplyTo)
}

// message makes the mail as it is sent. All that others wrote is in the two parts and the subject, which go-mail encodes.
func (s *Sender) message(ctx context.Context, m *models.Mail) (*gomail.Msg, error) {
	html, text := m.HTML, m.Text
	if m.SecretSealed != "" {
		plain, err := s.Sealer.Open(ctx, secretPlace(m.ID), m.SecretSealed)
		if err != nil {
			return nil, err
		}
		html, text = strings.ReplaceAll(html, models.SecretMark, string(plain)), strings.ReplaceAll(text, models.SecretMark, string(plain))
	}
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("read MAIL_FROM: %w", err)
	}
	if name := line(m.Heading.V.FromName); name != "" {
		from.Name = name
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := address(msg, m); err != nil {
		return nil, fmt.Errorf("address mail: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(fmt.Sprintf("%s.%d@%s", m.ID, m.Sending, domain))
	msg.SetDateWithValue(m.CreatedAt)
	msg.Subject(line(m.Subject))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	if r := m.Heading.V.Report; r != nil {
		file, err := Report(ctx, r, m.CreatedAt)
		if err != nil {
			return nil, err
		}
		err = msg.AttachReader(file.Name, bytes.NewReader(file.Bytes), gomail.WithFileContentType(gomail.ContentType(file.ContentType)))
		if err != nil {
			return nil, fmt.Errorf("attach report: %w", err)
		}
	}
	return msg, nil
}

// Raw gives the mail as it would be sent, for tests and people who want to see its source. What is secret stays masked.
func (s *Sender) Raw(ctx context.Context, m models.Mail) (string, error) {
	m.SecretSealed = ""
	msg, err := s.message(ctx, &m)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	_, err = msg.WriteTo(&b)
	return b.String(), err
}

// Verdict is what follows from the end of a try.
type Verdict int

// What follows.
const (
	Sent    Verdict = iota // the mail server took it
	Again                  // it may take it later
	Refused                // it never will
	Unsure                 // it broke off after the last byte: it may have taken it
)

// Judge says what follows from what [Connection.Send] or [Sender.Dial] gave.
func Judge(err error) Verdict {
	if err == nil {
		return Sent
	}
	var send *gomail.SendError
	if !errors.As(err, &send) {
		return Again // nobody was told of the mail
	}
	code := send.ErrorCode()
	switch {
	case send.Reason == gomail.ErrGetRcpts, send.Reason == gomail.ErrGetSender, send.Reason == gomail.ErrNoUnencoded:
		return Refused
	case code >= 500 && code <= 599:
		return Refused
	case send.Reason == gomail.ErrSMTPDataClose && code == 0:
		return Unsure
	}
	return Again
}
