package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// inviter is an instance with an e-mail collector.
type inviter struct {
	*storetest.Instance
	clock *clock.Fake
	email *models.Collector
}

func newInviter(t *testing.T, d storetest.Database, open bool) *inviter {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC))
	in := &inviter{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c), clock: c}
	in.email = &models.Collector{Type: models.CollectorEmail, Name: "Customers", Open: open}
	in.Check(in.Store.CreateCollector(t.Context(), in.Actor, in.Survey.ID, in.email))
	return in
}

// person asks for an invitation of an address.
func person(email, crk string, fields ...string) store.InvitationAsk {
	k := store.InvitationAsk{Person: &models.Person{Email: email, FirstName: "Ada"}, Crk: crk, Fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		k.Fields[fields[i]] = fields[i+1]
	}
	return k
}

func (in *inviter) ask(k store.InvitationAsk) store.InvitationOutcome {
	in.Helper()
	out, err := in.Store.Invite(in.Context(), in.Actor, in.email.ID, k)
	in.Check(err)
	return out[0]
}

// work takes all steps of all jobs that wait.
func (in *inviter) work() {
	in.Helper()
	for {
		c, err := in.Store.ClaimJob(in.Context(), "ND_1")
		in.Check(err)
		if c == nil {
			return
		}
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			state, err = in.Store.StepJob(in.Context(), c, store.InviteJob)
			in.Check(err)
		}
	}
}

// all gives the invitations of the collector as "address status reason".
func (in *inviter) all() []string {
	in.Helper()
	rows, _, err := in.Store.Invitations(in.Context(), in.Actor, in.Survey.ID, in.email.ID, store.InvitationFilter{})
	in.Check(err)
	said := make([]string, len(rows))
	for i, r := range rows {
		said[i] = fmt.Sprintf("%s %s %s", r.Email, r.Status, r.Reason)
	}
	slices.Sort(said) // ids of one moment have no order
	return said
}

func TestAResponseKeyIsOneInvitation(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		first := in.ask(person("ada@example.com", "k1", "custom1", "a", "referrer", "shop"))
		if first.Existed || first.Invitation.Status != models.InvitationQueued || first.Invitation.DueAt == nil || first.Invitation.AskedAt == nil {
			t.Errorf("%+v", first)
		}
		in.clock.Advance(time.Hour)
		again := in.ask(person("ADA@example.com", "k1", "referrer", "shop", "custom1", "a", "custom2", ""))
		if !again.Existed || again.Invitation.ID != first.Invitation.ID || again.Invitation.Token != first.Invitation.Token {
			t.Errorf("the same call again: %+v", again)
		}
		for _, other := range []store.InvitationAsk{person("ada@example.com", "k1", "custom1", "b"), person("bob@example.com", "k1", "custom1", "a", "referrer", "shop")} {
			_, err := in.Store.Invite(t.Context(), in.Actor, in.email.ID, person("eve@example.com", "k9"), other)
			if models.ErrorCode(err) != models.CodeConflict {
				t.Errorf("other values: %v", err)
			}
		}
		if got := in.all(); fmt.Sprint(got) != "[ada@example.com queued ]" {
			t.Errorf("there are %v", got)
		}
		member := in.User("member@example.com", models.RoleMember)
		if _, err := in.Store.Invite(t.Context(), member, in.email.ID, person("m@example.com", "")); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("somebody else: %v", err)
		}
		if _, err := in.Store.Invite(t.Context(), in.Actor, in.Collector.ID, person("m@example.com", "")); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("a link: %v", err)
		}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := in.Store.Invite(t.Context(), in.Actor, in.email.ID, person("c@example.com", "k2")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(in.all()); got != 2 {
			t.Errorf("%d invitations; want 2", got)
		}
	})
}

func TestWhatWaitsForACollectorLeavesWhenItOpens(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, false)
		write := named("listed@example.com", "L", "")
		listed := put(t, in.Store, in.Actor, *in.email.ListID, write)[0].Contact
		if err := in.Store.InviteListed(t.Context(), in.Actor.OrgID, *in.email.ListID, []*models.Contact{&listed}, ""); err != nil {
			t.Fatal(err)
		}
		called := put(t, in.Store, in.Actor, *in.email.ListID, named("called@example.com", "C", ""))[0].Contact
		ask := person("", "k1")
		ask.Contact = &called
		in.ask(ask)
		if got := fmt.Sprint(in.all()); got != "[called@example.com held collectorClosed]" {
			t.Errorf("closed: %s", got)
		}
		in.Check(in.Store.SetCollectorOpen(t.Context(), in.Actor, in.Survey.ID, in.email.ID, true))
		in.work()
		if got := fmt.Sprint(in.all()); got != "[called@example.com queued  listed@example.com queued ]" {
			t.Errorf("open: %s", got)
		}
		in.Check(in.Store.SetSurveyState(t.Context(), in.Actor, in.Survey.ID, models.SurveyClosed))
		if got := fmt.Sprint(in.all()); got != "[called@example.com held surveyClosed listed@example.com held surveyClosed]" {
			t.Errorf("survey closed: %s", got)
		}
		in.Check(in.Store.SetSurveyState(t.Context(), in.Actor, in.Survey.ID, models.SurveyOpen))
		in.work()
		fresh := put(t, in.Store, in.Actor, *in.email.ListID, named("fresh@example.com", "F", ""))[0].Contact
		in.Check(in.Store.InviteListed(t.Context(), in.Actor.OrgID, *in.email.ListID, []*models.Contact{&fresh}, ""))
		in.Check(in.Store.InviteListed(t.Context(), in.Actor.OrgID, *in.email.ListID, []*models.Contact{&fresh}, ""))
		if got := fmt.Sprint(in.all()); got != "[called@example.com queued  fresh@example.com queued  listed@example.com queued ]" {
			t.Errorf("open again: %s", got)
		}
	})
}

func TestWhoMustNotBeWrittenToIsHeldWithTheReason(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		contact := func(email string) *models.Contact {
			return &put(t, in.Store, in.Actor, *in.email.ListID, named(email, "", ""))[0].Contact
		}
		reason := func(k store.InvitationAsk, want models.HoldReason) {
			t.Helper()
			if got := in.ask(k).Invitation; got.Reason != want || (want == "") != (got.Status == models.InvitationQueued) {
				t.Errorf("%s: %s %q; want %q", got.Email, got.Status, got.Reason, want)
			}
		}
		out := contact("out@example.com")
		in.Check(in.Store.SetOptOut(t.Context(), in.Actor, out.ID, true))
		in.Check(in.Store.SetOptOutOrg(t.Context(), in.Actor, "gone@example.com", models.OptOutLink, true))
		reason(store.InvitationAsk{Contact: out}, models.HeldOptedOut)
		reason(person("GONE@example.com", ""), models.HeldOptedOutOrg)
		reason(store.InvitationAsk{Person: &models.Person{FirstName: "Nobody"}}, models.HeldNoAddress)

		in.Check(in.Store.SetSurveyFrequency(t.Context(), in.Actor, in.Survey.ID, 7))
		reason(person("ada@example.com", ""), "")
		reason(person("Ada@Example.com", ""), models.HeldSurveyRule)
		in.clock.Advance(8 * 24 * time.Hour)
		reason(person("ada@example.com", ""), "")

		in.Check(in.Store.SetSurveyFrequency(t.Context(), in.Actor, in.Survey.ID, 0))
		in.Check(in.Store.SetInviteLimit(t.Context(), in.Actor, 2, 30))
		reason(person("ada@example.com", ""), models.HeldOrgRule)
		reason(person("bob@example.com", ""), "")
		reason(person("bob@example.com", ""), "")
		reason(person("bob@example.com", ""), models.HeldOrgRule)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := in.Store.Invite(t.Context(), in.Actor, in.email.ID, person("c@example.com", "")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		rows, _, err := in.Store.Invitations(t.Context(), in.Actor, in.Survey.ID, in.email.ID, store.InvitationFilter{Search: "c@", Status: models.InvitationQueued})
		if err != nil || len(rows) != 2 {
			t.Errorf("%d of six at the same time are let through, %v; want 2", len(rows), err)
		}
	})
}

func TestAnErasedPersonsInvitationsAreGone(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		in.ask(person("ada@example.com", "k1"))
		in.ask(person("bob@example.com", "k2"))
		if _, err := in.Store.ErasePerson(t.Context(), in.Actor, "ADA@example.com"); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(in.all()); got != "[bob@example.com queued ]" {
			t.Errorf("left are %s", got)
		}
	})
}

func TestWhoIsDeletedIsNotWrittenToAnyMore(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		ctx, s := t.Context(), in.Store
		for _, crk := range []string{"waits", "reminded", "stays"} {
			c := put(t, s, in.Actor, *in.email.ListID, named(crk+"@example.com", crk, ""))[0].Contact
			k := person("", crk)
			k.Contact = &c
			if crk == "reminded" { // its mail has left, and it is to remind tomorrow
				now, due := in.clock.Now(), in.clock.Now().Add(24*time.Hour)
				inv := models.Invitation{
					ID: models.NewOrderedID(models.PrefixInvitation, now), OrgID: in.Actor.OrgID, SurveyID: in.Survey.ID, CollectorID: in.email.ID, ContactID: &c.ID, Crk: crk,
					Token: models.NewCapability(), Status: models.InvitationSent, SentAt: &now, MailedAt: &now, DueAt: &due, StatusAt: now, CreatedAt: now,
				}
				inv.SetPerson(c.Person())
				in.Check(s.AddInvitations(ctx, []models.Invitation{inv}))
			} else {
				in.ask(k)
			}
			if crk != "stays" {
				_, err := s.DeleteContacts(ctx, in.Actor, *in.email.ListID, c.ID)
				in.Check(err)
			}
		}
		want := "[reminded@example.com sent contactDeleted stays@example.com queued  waits@example.com held contactDeleted]"
		if got := fmt.Sprint(in.all()); got != want {
			t.Errorf("deleted: %s", got)
		}
		in.clock.Advance(48 * time.Hour)
		in.Check(s.SetCollectorOpen(ctx, in.Actor, in.Survey.ID, in.email.ID, false))
		in.Check(s.SetCollectorOpen(ctx, in.Actor, in.Survey.ID, in.email.ID, true))
		in.work()
		if n, err := s.RemindInvited(ctx, in.Actor, in.Survey.ID, in.email.ID); n != 0 || err != nil {
			t.Errorf("reminded by hand: %d, %v", n, err)
		}
		var due []string
		in.Check(s.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
			all, _, err := tx.DueInvitations(ctx, 10)
			for _, d := range all {
				due = append(due, d.Email)
			}
			return err
		}))
		if got := fmt.Sprint(due); got != "[stays@example.com]" {
			t.Errorf("due are %s", got)
		}
		if got := fmt.Sprint(in.all()); got != want {
			t.Errorf("opened again: %s", got)
		}
	})
}
