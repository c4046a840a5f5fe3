package main

import (
	"context"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// planTeam tells of the people beside the two who can sign in: a colleague with whom surveys are shared, one who has left, and
// one who is invited. The mails about shares are in the outbox, since a demo sends none.
func (s *story) planTeam() {
	const day = 24 * time.Hour
	sharing := survey.Sharing{Store: s.store, Outbox: s.outbox, Clock: s.clock}
	var sanna, per *models.User
	s.then(8*day, func(ctx context.Context) (err error) {
		if sanna, err = s.app.people.AddUser(ctx, account.Person{Email: "sanna@harbour.example", FirstName: "Sanna", LastName: "Virtanen", Password: models.NewCapability()}); err != nil {
			return err
		}
		per, err = s.app.people.AddUser(ctx, account.Person{Email: "per@harbour.example", FirstName: "Per", LastName: "Aas", Password: models.NewCapability()})
		return err
	})
	s.then(7*day, func(ctx context.Context) error {
		if err := sharing.Share(ctx, s.scene.admin, s.scene.customers.ID, sanna.ID, models.AccessEdit); err != nil {
			return err
		}
		return sharing.Share(ctx, s.scene.member, s.scene.newsletter.ID, s.scene.admin.UserID, models.AccessView)
	})
	s.then(4*day, func(ctx context.Context) error {
		_, _, err := s.app.people.CreateClient(ctx, s.scene.admin, account.TokenSettings{Name: "Data warehouse"}, []string{"read:surveys", "manage:survey_responses"})
		if err != nil {
			return err
		}
		return s.issueCertificate(ctx, "Data warehouse")
	})
	s.then(3*day, func(ctx context.Context) error { return s.store.SetUserDisabled(ctx, s.scene.admin, per.ID, true) })
	s.then(26*time.Hour, func(ctx context.Context) error {
		maya, err := s.store.User(ctx, s.scene.admin, s.scene.admin.UserID)
		if err != nil {
			return err
		}
		_, _, err = s.app.people.Invite(ctx, maya, s.scene.admin, account.NewInvite{Email: "noor@harbour.example", Role: models.RoleMember})
		return err
	})
	s.then(5*time.Hour, func(ctx context.Context) error {
		return sharing.Share(ctx, s.scene.admin, s.scene.tasting.ID, s.scene.member.UserID, models.AccessView)
	})
}
