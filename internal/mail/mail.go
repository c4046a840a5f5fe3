// Package mail writes and sends mail. An [Outbox] writes a [Letter] for somebody, as a row that the store keeps in the
// transaction of the fact that the mail tells; a [Sender] hands rows to the mail server that SMTP_URL names.
package mail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/secret"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// Options are what the outbox needs.
type Options struct {
	Base    link.Base
	Sealer  *secret.Sealer
	Clock   clock.Clock
	Sending bool // there is a mail server; without one mails are kept and never leave by themselves
}

// Outbox writes mails. It is safe for concurrent use.
type Outbox struct{ Options }

// NewOutbox makes an outbox.
func NewOutbox(o Options) *Outbox { return &Outbox{o} }

// Recipient is whom a mail goes to.
type Recipient struct {
	OrgID        string
	Organisation string // its name
	Email        string
	Language     string         // BCP 47; empty means English
	Zone         *time.Location // nil means UTC
}

// To makes the recipient that a person is.
func To(u *models.User, o *models.Organisation) Recipient {
	r := Recipient{OrgID: o.ID, Organisation: o.Name, Email: u.Email, Language: u.Language}
	for _, name := range []string{u.TimeZone, o.TimeZone} {
		if zone, err := time.LoadLocation(name); name != "" && err == nil {
			r.Zone = zone
			break
		}
	}
	return r
}

// Write writes a letter: the row for [store.Store.Tell]. dedupe names the fact: of several mails with the same one the first
// alone is kept; empty where every letter is another. models.CodeInvalid when the address cannot be one.
func (o *Outbox) Write(ctx context.Context, to Recipient, l Letter, dedupe string) (models.Mail, error) {
	address := strings.TrimSpace(to.Email)
	if !models.ValidEmail(address) {
		return models.Mail{}, models.Invalid(models.Field("email", "people.error.email"))
	}
	now := o.Clock.Now()
	m := models.Mail{
		ID: models.NewOrderedID(models.PrefixMail, now), OrgID: to.OrgID, Kind: l.kind(), Dedupe: dedupe, To: address, Status: models.MailKept,
	}
	if o.Sending {
		m.Status = models.MailQueued
	}
	language := to.Language
	if language == "" {
		language = i18n.Base
	}
	ctx = i18n.WithZone(i18n.WithLocale(i18n.WithNow(ctx, now), language), to.Zone)
	c := l.content(ctx, o.Base)
	c.Lang, c.Dir = i18n.Lang(ctx), i18n.Dir(ctx)
	if c.Product == "" { // others say themselves whom they come from
		c.Product = i18n.T(ctx, "layout.product")
		c.Footer = append(c.Footer, i18n.T(ctx, "mail.footer", "Product", c.Product, "Organisation", to.Organisation, "Address", o.Base.App("")))
	}
	m.Subject, m.Text = line(c.Subject), view.Text(c)
	var err error
	if m.HTML, err = view.HTML(ctx, c); err != nil {
		return models.Mail{}, fmt.Errorf("render mail: %w", err)
	}
	if s, ok := l.(secretive); ok {
		m.SecretSealed, err = o.Sealer.Seal(ctx, secretPlace(m.ID), []byte(s.secret()))
	}
	return m, err
}

func secretPlace(id string) string { return secret.Assoc("mails", id, "secret_sealed") }

// maxSubject is how many characters a subject may have.
const maxSubject = 200

// line makes one line of a text that others wrote, for a header: a line break in it would begin a header of theirs.
func line(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxSubject {
		text = string(r[:maxSubject-1]) + "…"
	}
	return text
}
