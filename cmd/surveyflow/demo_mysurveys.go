package main

import (
	"context"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/survey"
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
	if _, err := s.store.Invite(ctx, s.scene.admin, team.ID, asks...); err != nil {
		return err
	}
	return s.closeTasting(ctx, asks)
}

// closeTasting has the survey about the tasting close tomorrow, so that people are told: who was invited, and who subscribed.
func (s *story) closeTasting(ctx context.Context, asks []store.InvitationAsk) error {
	a, v := s.scene.admin, s.scene.tasting
	closes := s.clk.Now().Add(22*time.Hour + 30*time.Minute).Truncate(time.Minute)
	if err := survey.SetDates(ctx, s.store, survey.Change{Actor: a, SurveyID: v.ID}, nil, &closes); err != nil {
		return err
	}
	if err := s.store.SetSurveyContact(ctx, a, v.ID, &a.UserID); err != nil {
		return err
	}
	if err := s.store.SetSubscribed(ctx, a, v.ID, true); err != nil {
		return err
	}
	team := &models.Collector{Type: models.CollectorEmail, Name: "Our own team", Open: true}
	if err := s.store.CreateCollector(ctx, a, v.ID, team); err != nil {
		return err
	}
	_, err := s.store.Invite(ctx, a, team.ID, asks...)
	return err
}
