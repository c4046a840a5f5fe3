package main

import (
	"context"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// askTheTeam sends the customer survey to who works here, so that My surveys has something in it.
func (s *story) askTheTeam(ctx context.Context, emails ...string) error {
	team := &models.Collector{Type: models.CollectorEmail, Name: "Our own team", Open: true}
	if err := s.store.CreateCollector(ctx, s.scene.admin, s.scene.customers.ID, team); err != nil {
		return err
	}
	asks := make([]store.InvitationAsk, len(emails))
	for i, email := range emails {
		asks[i].Person = &models.Person{Email: email}
	}
	_, err := s.store.Invite(ctx, s.scene.admin, team.ID, asks...)
	return err
}
