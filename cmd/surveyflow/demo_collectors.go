package main

import (
	"context"
	"time"

	"surveyflow/internal/distribution"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// makeCollectors adds a link for a poster and an e-mail collector whose invitations have come as far as one can: with those that
// the list's other people get now, there is one of every status.
func (s *story) makeCollectors(ctx context.Context) error {
	a, v := s.scene.admin, s.scene.customers
	poster := &models.Collector{Type: models.CollectorLink, Name: "Poster in the shop", Open: true, MaxResponses: 500}
	poster.Settings.V.OnePerBrowser = true
	if err := distribution.Create(ctx, s.store, a, v.ID, poster); err != nil {
		return err
	}
	mail := &models.Collector{Type: models.CollectorEmail, Name: "Subscribers", ListID: &s.scene.subscribers.ID}
	mail.Settings.V = models.CollectorSettings{FromName: "Harbour Coffee", ReplyTo: "maya@harbour.example", Reminders: []int{3, 7}, ExpiryDays: 60, TrackOpens: true}
	if err := distribution.Create(ctx, s.store, a, v.ID, mail); err != nil {
		return err
	}
	contacts, _, err := s.store.Contacts(ctx, a, s.scene.subscribers.ID, store.ContactFilter{Page: store.Page{Limit: 50}})
	if err != nil {
		return err
	}
	byEmail := map[string]*models.Contact{}
	for i := range contacts {
		byEmail[contacts[i].Email] = &contacts[i]
	}
	now := s.clk.Now()
	var all []models.Invitation
	for i, p := range invitedSubscribers {
		c := byEmail[p.email]
		if c == nil {
			continue
		}
		at := now.Add(-time.Duration(len(invitedSubscribers)-i) * time.Hour)
		inv := models.Invitation{
			ID: models.NewOrderedID(models.PrefixInvitation, at), OrgID: v.OrgID, SurveyID: v.ID, CollectorID: mail.ID, ContactID: &c.ID, Crk: models.NewCapability(), Token: models.NewCapability(),
			Listed: true, Status: p.status, AskedAt: &at, Mails: 1, MailedAt: &at, StatusAt: at, CreatedAt: at,
		}
		inv.Fields.V = c.Fields.V
		inv.SetPerson(c.Person())
		p.come(&inv, at)
		all = append(all, inv)
	}
	if err := s.store.AddInvitations(ctx, all); err != nil {
		return err
	}
	return s.store.SetCollectorOpen(ctx, a, v.ID, mail.ID, true)
}

// invitedSubscribers are those who were invited, and how far each has come since.
var invitedSubscribers = []struct {
	email  string
	status models.InvitationStatus
	come   func(*models.Invitation, time.Time)
}{
	{"ingrid@example.com", models.InvitationFinished, func(i *models.Invitation, at time.Time) {
		i.SentAt, i.OpenedAt, i.StartedAt, i.FinishedAt = &at, &at, &at, &at
	}},
	{"marcus@example.com", models.InvitationStarted, func(i *models.Invitation, at time.Time) { i.SentAt, i.OpenedAt, i.StartedAt = &at, &at, &at }},
	{"priya@example.com", models.InvitationOpened, func(i *models.Invitation, at time.Time) { i.SentAt, i.OpenedAt = &at, &at }},
	{"agnieszka@example.com", models.InvitationSent, func(i *models.Invitation, at time.Time) { i.SentAt = &at }},
	{"lars@example.com", models.InvitationOptedOut, func(i *models.Invitation, at time.Time) { i.SentAt, i.OptedOutAt = &at, &at }},
	{"sofia@example.com", models.InvitationBounced, func(i *models.Invitation, at time.Time) {
		i.BouncedAt, i.Error = &at, (&models.RunError{Key: "mail.error.recipient", Args: map[string]any{"Code": 550}}).Encode()
	}},
	{"elena@example.com", models.InvitationFailed, func(i *models.Invitation, _ time.Time) {
		i.Error = (&models.RunError{Key: "mail.error.refused", Args: map[string]any{"Code": 554}}).Encode()
	}},
	{"mateusz@example.com", models.InvitationQueued, func(i *models.Invitation, at time.Time) {
		later := at.AddDate(0, 0, 30)
		i.DueAt, i.Mails, i.MailedAt = &later, 0, nil
	}},
}
