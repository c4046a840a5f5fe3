package notice_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/notice"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// bench is an instance with an e-mail collector, on which several nodes look for what is to be told.
type bench struct {
	*storetest.Instance
	clock *clock.Fake
	nodes []*notice.Service
	sends *distribution.Service
	email *models.Collector
	me    models.Actor // a member
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC))
		b := &bench{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c), clock: c}
		base, err := link.NewBase("http://app.example.com", "")
		b.Check(err)
		outbox := mail.NewOutbox(mail.Options{Base: base, Clock: c})
		node := func(s *store.Store) *notice.Service {
			return notice.New(notice.Options{Store: s, Outbox: outbox, Reports: report.New(s, survey.New(s, c), c), Clock: c})
		}
		b.nodes = []*notice.Service{node(b.Store), node(b.Store)}
		if d.Shared() {
			b.nodes = append(b.nodes, node(d.Open(t, storetest.Options{Clock: c})))
		}
		b.sends = distribution.New(distribution.Options{Store: b.Store, Outbox: outbox, Base: base, Clock: c})
		b.email = &models.Collector{Type: models.CollectorEmail, Name: "Staff", Open: true}
		b.Check(b.Store.CreateCollector(t.Context(), b.Actor, b.Survey.ID, b.email))
		b.me = b.User("me@example.com", models.RoleMember)
		test(t, b)
	})
}

// invite sends the survey to an address.
func (b *bench) invite(email string) models.Invitation {
	b.Helper()
	out, err := b.Store.Invite(b.Context(), b.Actor, b.email.ID, store.InvitationAsk{Person: &models.Person{Email: email}})
	b.Check(err)
	_, err = b.sends.Dispatch(b.Context())
	b.Check(err)
	return out[0].Invitation
}

// finish lets somebody answer through their invitation.
func (b *bench) finish(i models.Invitation) {
	b.Helper()
	a := b.Completed()
	a.Response.CollectorID = b.email.ID
	a.Invitation = &store.InvitationProgress{ID: i.ID, Status: models.InvitationFinished, At: b.clock.Now(), ResponseID: &a.Response.ID, Over: true}
	b.Check(b.Store.Accept(a))
}

// closes says when the survey closes: so much from now.
func (b *bench) closes(in time.Duration) time.Time {
	b.Helper()
	at := b.clock.Now().Add(in)
	b.Check(survey.SetDates(b.Context(), b.Store, survey.Change{Actor: b.Actor, SurveyID: b.Survey.ID}, nil, &at))
	return at
}

// look has all nodes look at the same moment.
func (b *bench) look() {
	b.Helper()
	var looking sync.WaitGroup
	for _, node := range b.nodes {
		looking.Go(func() {
			if err := node.Look(b.Context()); err != nil {
				b.Error(err)
			}
		})
	}
	looking.Wait()
}

// bell gives the kinds of what a person was told under the bell, in their order by name.
func (b *bench) bell(a models.Actor) string {
	b.Helper()
	all, _, err := b.Store.Notifications(b.Context(), a, store.Page{})
	b.Check(err)
	var kinds []string
	for _, n := range all {
		if n.N != 1 {
			b.Errorf("%s was told %d times", n.Kind, n.N)
		}
		kinds = append(kinds, string(n.Kind))
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " ")
}

// mails gives the mails to an address that are not invitations, the oldest first.
func (b *bench) mails(to string) []models.Mail {
	b.Helper()
	all, _, err := b.Store.Mails(b.Context(), b.Actor, store.MailFilter{}, store.Page{})
	b.Check(err)
	var out []models.Mail
	for _, m := range slices.Backward(all) {
		if m.To == to && m.Kind != models.MailSurveyInvitation {
			whole, _, err := b.Store.Mail(b.Context(), b.Actor, m.ID)
			b.Check(err)
			out = append(out, *whole)
		}
	}
	return out
}

func (b *bench) wants(when, bell string, mails ...models.MailKind) {
	b.Helper()
	if got := b.bell(b.me); got != bell {
		b.Errorf("%s the bell tells %q, want %q", when, got, bell)
	}
	var kinds []models.MailKind
	for _, m := range b.mails("me@example.com") {
		kinds = append(kinds, m.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, mails) {
		b.Errorf("%s there are the mails %v, want %v", when, kinds, mails)
	}
}

func TestTheEndOfASurveyIsToldOnceADayBefore(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.closes(30 * time.Hour)
		mine := b.invite("Me@Example.com")
		other := b.User("done@example.com", models.RoleMember)
		done := b.invite("done@example.com")
		b.invite("nobody@example.com") // who has no account
		b.look()
		b.wants("sent", "newSurvey")
		b.finish(done)
		b.clock.Advance(6*time.Hour - time.Second)
		b.look()
		b.wants("a second too early", "newSurvey")
		b.clock.Advance(time.Second)
		for range 3 {
			b.look()
		}
		b.wants("24 hours before", "newSurvey surveyExpires", models.MailSurveyExpires)
		if got := b.bell(other); got != "newSurvey" {
			t.Errorf("who has finished is told %q", got)
		}
		m := b.mails("me@example.com")[0]
		for _, part := range []string{"Feedback", "in 24 hours", "27 Nov 2026", "/my-surveys/" + mine.ID} {
			if !strings.Contains(m.Subject+m.Text, part) && !strings.Contains(m.Subject+m.Text, strings.Replace(part, "24 hours", "1 day", 1)) {
				t.Errorf("the mail does not say %q:\n%s\n%s", part, m.Subject, m.Text)
			}
		}

		was := b.clock.Now().Add(24 * time.Hour)
		b.closes(3 * time.Hour) // less than a day is left: told at once
		b.look()
		b.look()
		b.wants("with another end", "newSurvey surveyExpires surveyExpires", models.MailSurveyExpires, models.MailSurveyExpires)
		b.closes(was.Sub(b.clock.Now()))
		b.look()
		b.wants("with the first end again", "newSurvey surveyExpires surveyExpires", models.MailSurveyExpires, models.MailSurveyExpires)
		sooner := b.clock.Now().Add(2 * time.Hour)
		b.email.ClosesAt = &sooner // the collector is what ends first for the person
		b.Check(b.Store.SaveCollector(t.Context(), b.Actor, b.email))
		b.look()
		b.wants("with the collector's end", "newSurvey surveyExpires surveyExpires surveyExpires", models.MailSurveyExpires, models.MailSurveyExpires, models.MailSurveyExpires)
		b.clock.Advance(100 * 24 * time.Hour)
		b.look()
		b.wants("long after", "newSurvey surveyExpires surveyExpires surveyExpires", models.MailSurveyExpires, models.MailSurveyExpires, models.MailSurveyExpires)
	})
}

func TestWhatWasNotedIsNotToldWhenItDoesNotHoldAnyMore(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		end := b.closes(20 * time.Hour)
		mine := b.invite("me@example.com")
		b.Check(b.Store.NoteEnding(t.Context(), b.Actor.OrgID)) // the node dies before it tells
		b.finish(mine)
		b.look()
		b.wants("finished meanwhile", "")
		again := b.invite("me@example.com")
		b.Check(b.Store.NoteEnding(t.Context(), b.Actor.OrgID))
		b.closes(10 * 24 * time.Hour)
		b.look()
		b.wants("with an end that is far off", "newSurvey")
		b.closes(end.Sub(b.clock.Now())) // as it was: it was never told
		b.look()
		b.wants("with the end that was noted", "newSurvey surveyExpires", models.MailSurveyExpires)
		b.finish(again)
	})
}

func TestSubscribersGetTheFiguresADayBefore(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.closes(25 * time.Hour)
		b.finish(b.invite("one@example.com"))
		b.invite("two@example.com")
		b.Check(b.Store.ShareSurvey(t.Context(), b.Actor, b.Survey.ID, b.me.UserID, models.AccessView))
		stranger := b.User("stranger@example.com", models.RoleMember)
		if err := b.Store.SetSubscribed(t.Context(), stranger, b.Survey.ID, true); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("who does not see the survey subscribes: %v", err)
		}
		b.Check(b.Store.SetSubscribed(t.Context(), b.me, b.Survey.ID, true))
		b.Check(b.Store.SetSubscribed(t.Context(), b.me, b.Survey.ID, true))
		b.Check(b.Store.SetSubscribed(t.Context(), b.Actor, b.Survey.ID, true))
		b.Check(b.Store.SetSubscribed(t.Context(), b.Actor, b.Survey.ID, false))
		b.look()
		b.wants("too early", "")
		b.clock.Advance(time.Hour)
		b.look()
		b.look()
		b.wants("24 hours before", "surveyStatistics", models.MailSurveyStatistics)
		if got := b.bell(b.Actor); got != "" {
			t.Errorf("who has ended the subscription is told %q", got)
		}
		text := b.mails("me@example.com")[0].Text
		for _, part := range []string{"Complete: 1", "Partial: 0", "Completion rate: 100", "/statistics/" + b.Survey.ID} {
			if !strings.Contains(text, part) {
				t.Errorf("the mail does not say %q:\n%s", part, text)
			}
		}
		b.closes(10 * time.Hour)
		b.Check(b.Store.ShareSurvey(t.Context(), b.Actor, b.Survey.ID, b.me.UserID, models.AccessNone))
		b.look()
		b.wants("without a share", "surveyStatistics", models.MailSurveyStatistics)
	})
}

func TestTheContactIsToldThatASurveyOpens(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		me := b.me.UserID
		if err := b.Store.SetSurveyContact(t.Context(), b.Actor, b.Survey.ID, &me); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("who does not see the survey becomes its contact: %v", err)
		}
		b.Check(b.Store.ShareSurvey(t.Context(), b.Actor, b.Survey.ID, me, models.AccessView))
		b.Check(b.Store.SetSurveyContact(t.Context(), b.Actor, b.Survey.ID, &me))
		set := func(state models.SurveyState) {
			t.Helper()
			b.Check(survey.SetState(t.Context(), b.Store, survey.Change{Actor: b.Actor, SurveyID: b.Survey.ID}, state))
			b.look()
		}
		set(models.SurveyClosed)
		b.wants("closed", "")
		set(models.SurveyOpen)
		b.wants("opened", "surveyOpened", models.MailSurveyOpened)
		set(models.SurveyClosed)
		set(models.SurveyOpen)
		b.wants("opened again", "surveyOpened", models.MailSurveyOpened)
		opens, closes := b.clock.Now().Add(time.Hour), b.clock.Now().Add(90*24*time.Hour)
		b.Check(survey.SetDates(t.Context(), b.Store, survey.Change{Actor: b.Actor, SurveyID: b.Survey.ID}, &opens, &closes))
		b.clock.Advance(time.Hour)
		b.Check(survey.New(b.Store, b.clock).TellDates(t.Context()))
		b.look()
		b.wants("opened by its date", "surveyOpened surveyOpened", models.MailSurveyOpened, models.MailSurveyOpened)
	})
}

func TestPeopleChooseHowTheyAreTold(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		choose := func(surveyID string, way models.NoticeWay) {
			t.Helper()
			c := models.NoticeChoice{Kind: models.NoticeSurveyExpires}
			if way == "" {
				b.Check(b.Store.SetNoticeChoices(t.Context(), b.me, surveyID, nil))
				return
			}
			c.Choose(way)
			b.Check(b.Store.SetNoticeChoices(t.Context(), b.me, surveyID, []models.NoticeChoice{c}))
		}
		b.closes(12 * time.Hour)
		b.invite("me@example.com")
		choose("", models.NoticeNone)
		b.look()
		b.wants("with nothing", "newSurvey")
		choose(b.Survey.ID, models.NoticeMail)
		b.closes(11 * time.Hour)
		b.look()
		b.wants("with mail for this survey", "newSurvey", models.MailSurveyExpires)
		choose(b.Survey.ID, "")
		choose("", models.NoticeBell)
		b.closes(10 * time.Hour)
		b.look()
		b.wants("with the bell for all", "newSurvey surveyExpires", models.MailSurveyExpires)
	})
}

func TestADigestComesOnceADayAndWithWhatStillHolds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		hour := 18 // it is 10 o'clock
		b.Check(b.Store.SetDigestHour(t.Context(), b.me, &hour))
		b.Check(b.Store.ShareSurvey(t.Context(), b.Actor, b.Survey.ID, b.me.UserID, models.AccessView))
		b.Check(b.Store.SetSubscribed(t.Context(), b.me, b.Survey.ID, true))
		b.closes(12 * time.Hour)
		mine := b.invite("me@example.com")
		b.look()
		b.wants("before the hour", "newSurvey surveyExpires surveyStatistics")
		b.clock.Advance(8*time.Hour - time.Second)
		b.look()
		b.wants("a second before the hour", "newSurvey surveyExpires surveyStatistics")
		b.clock.Advance(time.Second)
		b.look()
		b.look()
		b.wants("at the hour", "newSurvey surveyExpires surveyStatistics", models.MailNoticeDigest)
		text := b.mails("me@example.com")[0].Text
		for _, part := range []string{"/my-surveys/" + mine.ID, "/statistics/" + b.Survey.ID} {
			if !strings.Contains(text, part) {
				t.Errorf("the digest does not say %q:\n%s", part, text)
			}
		}

		b.closes(20 * time.Hour) // the next digest comes after it
		b.look()
		b.wants("too late for a digest", "newSurvey surveyExpires surveyExpires surveyStatistics surveyStatistics",
			models.MailNoticeDigest, models.MailSurveyExpires, models.MailSurveyStatistics)

		b.Check(b.Store.SetSubscribed(t.Context(), b.me, b.Survey.ID, false))
		b.clock.Advance(10 * time.Hour)
		b.closes(15 * time.Hour)
		b.look()
		b.finish(mine)
		b.clock.Advance(14 * time.Hour)
		b.look()
		if got := fmt.Sprint(len(b.mails("me@example.com"))); got != "3" {
			t.Errorf("there are %s mails; what was finished meanwhile is in no digest", got)
		}
	})
}
