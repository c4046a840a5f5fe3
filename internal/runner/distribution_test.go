package runner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// answered stores a completed response of an invitation.
func (in *inviting) answered(inv *models.Invitation) {
	in.Helper()
	a := in.Completed()
	a.Response.CollectorID, a.Response.InvitationID, a.Response.Crk = inv.CollectorID, &inv.ID, &inv.Crk
	a.Invitation = &store.InvitationProgress{ID: inv.ID, Status: models.InvitationFinished, At: in.clock.Now(), ResponseID: &a.Response.ID, Over: true}
	in.Check(in.Store.Accept(a))
}

// figures gives the statistics of the survey's distributions by their types.
func (in *inviting) figures() map[models.DistributionType]models.DistributionStats {
	in.Helper()
	all, next, err := in.Store.DistributionStats(in.Context(), in.Actor, in.Survey.ID, store.DistributionFilter{})
	in.Check(err)
	if next != "" {
		in.Errorf("there is a page at %s", next)
	}
	of := map[models.DistributionType]models.DistributionStats{}
	for _, d := range all {
		of[d.Type] = d.Stats
	}
	return of
}

func TestTheStatisticsOfACollectorAreWhatHappened(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviting(t, d, models.CollectorSettings{Reminders: []int{2, 3}, TrackOpens: true}, &mailtest.Options{At: answers(mailtest.StageRcpt, mailtest.Refuse(550, "no such user"))})
		ask := func(email string) *models.Invitation {
			return in.ask(store.InvitationAsk{Person: &models.Person{Email: email}})
		}
		gone := ask("gone@example.com")
		in.dispatch()
		in.work(in.options)
		in.becomes(gone.ID, models.InvitationBounced)
		ada, bob, cy := ask("ada@example.com"), ask("bob@example.com"), ask("cy@example.com")
		in.dispatch()
		for _, inv := range []*models.Invitation{ada, bob, cy} {
			in.becomes(inv.ID, models.InvitationSent)
		}
		in.Check(in.Store.MarkOpened(t.Context(), ada.ID))
		in.answered(ada)
		reminder := in.clock.Now().Add(48 * time.Hour)
		want := map[models.DistributionType]models.DistributionStats{
			models.DistributionInvite: {Recipients: 4, Sent: 3, Delivered: 3, Bounced: 1, Opened: 1, Started: 1, Finished: 1, NextReminder: &reminder},
		}
		if diff := cmp.Diff(want, in.figures()); diff != "" {
			t.Errorf("after the invitation (-want +got):\n%s", diff)
		}

		in.clock.Advance(48 * time.Hour)
		in.dispatch()
		storetest.Eventually(t, 2*time.Minute, "two are reminded", func() bool { return in.figures()[models.DistributionReminder].Sent == 2 })
		in.Check(in.Store.MarkOpened(t.Context(), bob.ID))
		in.answered(bob)
		_, err := in.Store.Unsubscribe(t.Context(), cy.ID, cy.Token, true)
		in.Check(err)
		back := ask("back@example.com")
		in.dispatch()
		in.becomes(back.ID, models.InvitationSent)
		if _, err := in.Store.MarkBounced(t.Context(), in.Actor.OrgID, "back@example.com", "{}"); err != nil {
			t.Error(err)
		}
		want = map[models.DistributionType]models.DistributionStats{
			models.DistributionInvite:   {Recipients: 5, Sent: 4, Delivered: 3, Bounced: 2, Opened: 1, Started: 1, Finished: 1},
			models.DistributionReminder: {Recipients: 2, Sent: 2, Delivered: 2, Opened: 1, Started: 1, Finished: 1, OptedOut: 1},
		}
		if diff := cmp.Diff(want, in.figures()); diff != "" {
			t.Errorf("after the reminder (-want +got):\n%s", diff)
		}
		member := in.User("member@example.com", models.RoleMember)
		if _, _, err := in.Store.DistributionStats(t.Context(), member, in.Survey.ID, store.DistributionFilter{}); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("somebody else: %v", err)
		}
	})
}
