package main

import (
	"context"
	"time"

	"surveyflow/models"
)

// distribute puts a message into the library, and has it sent to the subscribers next week; the same people have links for letters.
func (s *story) distribute(ctx context.Context) error {
	a, now := s.scene.admin, time.Now().UTC()
	m := &models.LibraryMessage{OwnerID: a.UserID, Name: "Yearly invitation", Category: "invite"}
	m.Texts.V = map[string]string{"en": "<p>Hello ${m://FirstName},</p><p>once a year we ask what you think of us.</p><p>${l://SurveyLink?d=Tell%20us}</p>"}
	if err := s.store.CreateLibraryMessage(ctx, a, m); err != nil {
		return err
	}
	mails := &models.Distribution{Type: models.DistributionInvite, SendAt: now.AddDate(0, 0, 7)}
	mails.Message.V = &models.DistributionMessage{FromName: "The team", Subject: "Once a year, ${m://FirstName}", LibraryID: a.UserID, MessageID: m.ID, Texts: m.Texts.V}
	links := &models.Distribution{Type: models.DistributionLinks, Description: "Letters to subscribers", SendAt: now}
	links.Message.V = &models.DistributionMessage{}
	for _, d := range []*models.Distribution{mails, links} {
		d.SurveyID, d.ListID, d.LinkType = s.scene.customers.ID, &s.scene.subscribers.ID, models.LinkIndividual
		if err := s.store.CreateDistribution(ctx, a, d, "Sent by the API"); err != nil {
			return err
		}
	}
	_, err := s.store.StepLinks(ctx, links.ID)
	return err
}
