package clientcert

import (
	"context"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// WarnOfEnds tells brand admins of certificates that end within models.ClientCertificateNotice, of each once. Of several nodes one
// tells.
func (s *Service) WarnOfEnds(ctx context.Context) error {
	ending, err := s.Store.EndingClientCertificates(ctx, s.Clock.Now().Add(models.ClientCertificateNotice))
	if err != nil {
		return err
	}
	for i := range ending {
		c := &ending[i]
		err := s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
			first, err := tx.TakeClientCertificateNotice(ctx, c.ID)
			if err != nil || !first {
				return err
			}
			notices, err := s.notices(ctx, tx, c)
			if err != nil {
				return err
			}
			return tx.Tell(ctx, notices)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// notices tells every brand admin, under the bell and by mail.
func (s *Service) notices(ctx context.Context, tx *store.Store, c *models.ClientCertificate) (*models.Notices, error) {
	system, now := models.SystemActor(c.OrgID), s.Clock.Now()
	org, err := tx.Organisation(ctx, system)
	if err != nil {
		return nil, err
	}
	admins, err := tx.BrandAdmins(ctx, system)
	if err != nil {
		return nil, err
	}
	var out models.Notices
	for _, id := range admins {
		u, err := tx.User(ctx, system, id)
		if err != nil {
			return nil, err
		}
		dedupe := "clientCertificate/" + c.ID
		out.Notifications = append(out.Notifications, models.Notification{
			ID: models.NewOrderedID(models.PrefixNotice, now), OrgID: c.OrgID, UserID: u.ID, Kind: models.NotifyClientCertificate, Href: link.SettingsCertificates(),
			Args: models.JSON[map[string]any]{V: map[string]any{"Subject": c.Subject, "Until": c.ExpiresAt.Format(time.RFC3339)}}, N: 1, Dedupe: dedupe,
		})
		if s.Outbox == nil {
			continue
		}
		m, err := s.Outbox.Write(ctx, mail.To(u, org), mail.ClientCertificateEnds{Subject: c.Subject, Ends: c.ExpiresAt}, dedupe+"/"+u.ID)
		switch {
		case models.ErrorCode(err) == models.CodeInvalid: // their address cannot have mail
		case err != nil:
			return nil, err
		default:
			out.Mails = append(out.Mails, m)
		}
	}
	return &out, nil
}
