package mail

import (
	"context"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// ClientCertificateEnds tells a brand admin that a client certificate for the API ends soon.
type ClientCertificateEnds struct {
	Subject string
	Ends    time.Time
}

func (ClientCertificateEnds) kind() models.MailKind { return models.MailClientCertificate }

func (l ClientCertificateEnds) content(ctx context.Context, b link.Base) view.Content {
	subject := i18n.T(ctx, "mail.certificate.subject", "Subject", l.Subject)
	return view.Content{
		Subject: subject, Heading: subject,
		Paragraphs: []string{i18n.T(ctx, "mail.certificate.text", "Subject", l.Subject, "At", i18n.Date(ctx, l.Ends))},
		Button:     view.Button{Label: i18n.T(ctx, "mail.certificate.button"), URL: b.App(link.SettingsCertificates())},
	}
}
