package account

import (
	"context"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/models"
)

// UseOutbox lets people be told of what happens to their accounts, by mail. Without an outbox they find it under the bell
// alone, and no links are mailed. It is called once, before the first request.
func (p *People) UseOutbox(o *mail.Outbox) { p.outbox = o }

// Mails reports whether mail leaves this instance.
func (p *People) Mails() bool { return p.outbox != nil && p.outbox.Sending }

// accountNotices tells a person of a change of their account: under the bell and by mail.
func (p *People) accountNotices(ctx context.Context, u *models.User, kind models.NotificationKind, args map[string]any, l mail.Letter) (*models.Notices, error) {
	now := p.clock.Now()
	n := &models.Notices{Notifications: []models.Notification{{
		ID: models.NewOrderedID(models.PrefixNotice, now), OrgID: u.OrgID, UserID: u.ID, Kind: kind,
		Args: models.JSON[map[string]any]{V: args}, Href: link.Account(),
	}}}
	m, err := p.letter(ctx, u, l)
	if err != nil {
		return nil, err
	}
	n.Mails = m
	return n, nil
}

// letter writes a letter to a person; none without an outbox, or when their address cannot have mail.
func (p *People) letter(ctx context.Context, u *models.User, l mail.Letter) ([]models.Mail, error) {
	if p.outbox == nil {
		return nil, nil
	}
	org, err := p.store.Organisation(ctx, models.SystemActor(u.OrgID))
	if err != nil {
		return nil, err
	}
	m, err := p.outbox.Write(ctx, mail.To(u, org), l, "")
	if models.ErrorCode(err) == models.CodeInvalid {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []models.Mail{m}, nil
}
