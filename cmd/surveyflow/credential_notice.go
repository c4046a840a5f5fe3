package main

import (
	"context"

	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/models"
)

// credentialNotices tells the owner of a credential, under the bell and by mail, that it needs them. Of a shared one every
// brand admin is told, since any of them can mend it.
func (a *app) credentialNotices(ctx context.Context, n credential.Notice) (*models.Notices, error) {
	actor := models.SystemActor(n.Credential.OrgID)
	org, err := a.store.Organisation(ctx, actor)
	if err != nil {
		return nil, err
	}
	people := []string{n.Credential.OwnerID}
	if n.Credential.Shared {
		if people, err = a.store.BrandAdmins(ctx, actor); err != nil {
			return nil, err
		}
	}
	kind, at := models.NotifyCredentialReconnect, ""
	letter := mail.CredentialNotice{Name: n.Credential.Name, ID: n.Credential.ID, Problem: n.Problem}
	if n.Kind == credential.NoticeCertificate {
		kind = models.NotifyCredentialCertificate
		letter.CertificateEnds = *n.Credential.CertExpiresAt
		at = letter.CertificateEnds.Format("2006-01-02")
	}
	now := a.clock.Now()
	var out models.Notices
	for _, id := range people {
		u, err := a.store.User(ctx, actor, id)
		if err != nil || u.DisabledAt != nil {
			continue
		}
		out.Notifications = append(out.Notifications, models.Notification{
			ID: models.NewOrderedID(models.PrefixNotice, now), OrgID: org.ID, UserID: u.ID, Kind: kind, Href: link.Credential(n.Credential.ID),
			Args: models.JSON[map[string]any]{V: map[string]any{"Name": n.Credential.Name, "At": at}}, N: 1,
			Dedupe: models.NewOrderedID(models.PrefixNotice, now),
		})
		m, err := a.outbox.Write(ctx, mail.To(u, org), letter, "")
		if err != nil {
			return nil, err
		}
		if m.Dedupe == "" {
			m.Dedupe = m.ID
		}
		out.Mails = append(out.Mails, m)
	}
	return &out, nil
}
