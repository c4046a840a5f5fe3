// Package distribution writes the mails of invitations: what they say to whom, when they are due, and how fast they leave. Who is
// invited is the store's to decide; see store.Invite.
package distribution

import (
	"context"
	"log/slog"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	// dispatchEvery is how often a node looks for invitations that are due.
	dispatchEvery = 500 * time.Millisecond
	// dispatchLimit is how many mails one transaction writes.
	dispatchLimit = 100
)

// Options are what the service needs.
type Options struct {
	Store  *store.Store
	Outbox *mail.Outbox
	Base   link.Base
	Clock  clock.Clock
	Log    *slog.Logger
}

// Service writes the mails of invitations. It is safe for concurrent use; make it with [New].
type Service struct{ Options }

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o}
}

// Run writes the mails of invitations as they are due, until ctx ends. Any number of nodes may do so.
func (s *Service) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		more, err := s.Dispatch(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("writing invitations failed; trying again", "error", err)
		}
		pause := dispatchEvery
		if more && err == nil {
			pause = 0
		}
		timer.Reset(pause)
	}
}

// Dispatch writes the mails of some invitations that are due, in one transaction: whatever dies, each is written once. It reports
// whether more may be due and have room in the outbox, which is kept shallow: a hundred thousand invitations wait as rows of their
// own, and everything else that has to leave passes them.
func (s *Service) Dispatch(ctx context.Context) (more bool, err error) {
	room := dispatchLimit
	if s.Outbox.Sending {
		left, err := s.Store.OutboxRoom(ctx)
		if err != nil {
			return false, err
		}
		if left <= 0 {
			return s.Distribute(ctx, 0)
		}
		room = min(room, left)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		due, again, err := tx.DueInvitations(ctx, room)
		more = again
		if err != nil || len(due) == 0 {
			return err
		}
		return s.write(ctx, tx, due)
	})
	if more || err != nil {
		return more, err
	}
	return s.Distribute(ctx, room)
}

// Distribute goes on with a distribution whose time has come: it makes some of its invitations or links, or writes some of the
// mails of a reminder or thank-you, up to room of them, in one transaction. It reports whether there was one.
func (s *Service) Distribute(ctx context.Context, room int) (more bool, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		d, err := tx.DueDistribution(ctx, room > 0)
		if err != nil || d == nil {
			return err
		}
		more = true
		if d.ParentID == nil {
			return tx.InviteDistributed(ctx, d)
		}
		due, err := tx.DueFollowUps(ctx, d, room)
		if err != nil || len(due) == 0 {
			return err
		}
		return s.write(ctx, tx, due)
	})
	return more, err
}

// write composes the mails of due invitations and stores them.
func (s *Service) write(ctx context.Context, tx *store.Store, due []store.DueInvitation) error {
	orgs := map[string]*models.Organisation{}
	definitions := map[string]*models.SurveyDefinition{}
	rooms := map[string]int{} // of organisations whose mails are kept, as there is no server
	aside := map[models.HoldReason][]string{}
	mails, expires := make([]models.Mail, 0, len(due)), make([]*time.Time, 0, len(due))
	now := s.Clock.Now()
	written := due[:0]
	for i := range due {
		d := &due[i]
		org := orgs[d.OrgID]
		if org == nil {
			var err error
			if org, err = tx.Organisation(ctx, models.SystemActor(d.OrgID)); err != nil {
				return err
			}
			orgs[d.OrgID] = org
		}
		def := definitions[d.SurveyID]
		if def == nil {
			v, err := tx.SurveyVersion(ctx, d.SurveyID, d.Survey.Version)
			if err != nil {
				return err
			}
			def = &v.Definition.V
			definitions[d.SurveyID] = def
		}
		if !s.Outbox.Sending {
			room, known := rooms[d.OrgID]
			if !known {
				var err error
				if room, err = tx.KeptRoom(ctx, d.OrgID); err != nil {
					return err
				}
				rooms[d.OrgID] = room
			}
			if room <= 0 {
				if !d.Follows() {
					aside[models.HeldNoServer] = append(aside[models.HeldNoServer], d.ID)
				}
				continue
			}
		}
		until := d.ExpiresAt
		if days := d.Collector.Settings.V.ExpiryDays; until == nil && days > 0 {
			end := now.AddDate(0, 0, days)
			until = &end
		}
		public := ""
		if d.Distribution != nil && d.Distribution.LinkType == models.LinkAnonymous {
			public = s.Base.JFE(d.SurveyID)
		}
		l := s.Letter(ctx, Invited{Invitation: &d.Invitation, Collector: d.Collector, Survey: d.Survey, Definition: def, Organisation: org, Reminder: d.Reminds(), Until: until, Distribution: d.Distribution, Public: public})
		m, err := s.Outbox.Write(ctx, l.To, l.Letter, "")
		if err != nil && d.Follows() {
			continue
		}
		if err != nil {
			aside[models.HeldNoAddress] = append(aside[models.HeldNoAddress], d.ID)
			continue
		}
		m.Heading.V = l.Heading
		rooms[d.OrgID]--
		written = append(written, *d)
		mails, expires = append(mails, m), append(expires, until)
	}
	for why, ids := range aside {
		if err := tx.HoldInvitations(ctx, ids, why); err != nil {
			return err
		}
	}
	return tx.WriteInvitations(ctx, written, mails, expires)
}
