// Package notice tells people of surveys: that one was sent to them, that one ends which they have not finished, and how one is doing that
// ends. What is to be told is noted in rows; see store.NoteEnding.
package notice

import (
	"context"
	"log/slog"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/mail"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	// lookEvery is how often a node looks for what is to be told. A look that took long is followed by a longer pause.
	lookEvery = 3 * time.Second
	// restFactor is how many times as long as a look the pause after it is at least.
	restFactor = 10
	// atOnce is how many things are told, or how many people's digests written, in one go.
	atOnce = 100
	// keptFor is how long after the end of a survey it is known who was told of it.
	keptFor = 30 * 24 * time.Hour
	// digestMargin is how long before the end of a survey a digest must come; what it would tell later is sent at once.
	digestMargin = time.Hour
)

// Options are what the service needs.
type Options struct {
	Store   *store.Store
	Outbox  *mail.Outbox
	Reports *report.Service
	Clock   clock.Clock
	Log     *slog.Logger // nil: nothing is logged
}

// Service tells people of surveys. Make it with [New].
type Service struct{ Options }

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o}
}

// Run looks again and again until ctx ends. Any number of nodes may: everything is told once.
func (s *Service) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		if err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("telling people of surveys failed; trying again", "error", err)
		}
		timer.Reset(max(lookEvery, restFactor*time.Since(began)))
	}
}

// Look tells what is to be told now. What cannot be told keeps nothing else from it, and is tried again.
func (s *Service) Look(ctx context.Context) error {
	org, err := s.Store.TheOrganisation(ctx)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound: // nobody has set the instance up yet
		return nil
	case err != nil:
		return err
	}
	if err := s.Store.NoteEnding(ctx, org.ID); err != nil {
		return err
	}
	for {
		untold, err := s.Store.UntoldNotices(ctx, atOnce)
		if err != nil {
			return err
		}
		failed := s.tellAll(ctx, org, untold)
		if failed != nil {
			return failed
		}
		if len(untold) < atOnce {
			break
		}
	}
	if err := s.digests(ctx, org); err != nil {
		return err
	}
	return s.Store.PurgeNotices(ctx, s.Clock.Now().Add(-keptFor))
}

// tellAll tells everything of a list, also when some of it cannot be told: the last error is given.
func (s *Service) tellAll(ctx context.Context, org *models.Organisation, all []models.SurveyNotice) (failed error) {
	known := figures{}
	for i := range all {
		n := &all[i]
		f, err := s.figuresFor(ctx, known, n)
		if err == nil {
			err = s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error { return s.tell(ctx, tx, org, n, f) })
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// tell tells one thing to one person, in the ways they chose, in the transaction that takes it.
func (s *Service) tell(ctx context.Context, tx *store.Store, org *models.Organisation, n *models.SurveyNotice, f facts) error {
	taken, err := tx.TakeNotice(ctx, n)
	if err != nil || !taken {
		return err
	}
	t, err := s.telling(ctx, tx, n, f)
	if err != nil {
		return err
	}
	if t == nil {
		return tx.DropNotice(ctx, n)
	}
	choice, err := tx.NoticeChoice(ctx, n.UserID, n.SurveyID, n.Kind)
	if err != nil {
		return err
	}
	var out models.Notices
	if choice.Bell {
		out.Notifications = append(out.Notifications, models.Notification{
			ID: models.NewOrderedID(models.PrefixNotice, s.Clock.Now()), OrgID: org.ID, UserID: n.UserID, Kind: t.kind, Href: t.href, Dedupe: key(n), N: 1,
			Args: models.JSON[map[string]any]{V: t.args},
		})
	}
	if choice.Mail && t.letter != nil {
		if at := digestAt(t.person, org, s.Clock.Now()); !at.IsZero() && (n.ExpiresUS == 0 || !at.After(n.Expires().Add(-digestMargin))) {
			if err := tx.PutIntoDigest(ctx, n, at); err != nil {
				return err
			}
		} else if out.Mails, err = s.write(ctx, t.person, org, t.letter, key(n)+"/"+n.UserID); err != nil {
			return err
		}
	}
	return tx.Tell(ctx, &out)
}

// write writes a letter to a person; none when their address cannot have mail.
func (s *Service) write(ctx context.Context, u *models.User, org *models.Organisation, l mail.Letter, dedupe string) ([]models.Mail, error) {
	m, err := s.Outbox.Write(ctx, mail.To(u, org), l, dedupe)
	if models.ErrorCode(err) == models.CodeInvalid {
		return nil, nil
	}
	return []models.Mail{m}, err
}

// digestAt gives when the next digest of a person is due; the zero time when they want none.
func digestAt(u *models.User, org *models.Organisation, now time.Time) time.Time {
	if u.DigestHour == nil {
		return time.Time{}
	}
	zone := mail.To(u, org).Zone
	if zone == nil {
		zone = time.UTC
	}
	local := now.In(zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), *u.DigestHour, 0, 0, 0, zone)
	if !at.After(now) {
		at = time.Date(local.Year(), local.Month(), local.Day()+1, *u.DigestHour, 0, 0, 0, zone)
	}
	return at.UTC()
}

// digests writes the digests that are due.
func (s *Service) digests(ctx context.Context, org *models.Organisation) error {
	due, err := s.Store.DueDigests(ctx, atOnce)
	if err != nil {
		return err
	}
	known := figures{}
	var failed error
	for user, all := range due {
		if err := s.tellDigest(ctx, org, known, user, all); err != nil {
			failed = err
		}
	}
	return failed
}

// tellDigest writes the digest of one person; none for now when a figure in it cannot be told.
func (s *Service) tellDigest(ctx context.Context, org *models.Organisation, known figures, userID string, all []models.SurveyNotice) error {
	f := make([]facts, len(all))
	for i := range all {
		var err error
		if f[i], err = s.figuresFor(ctx, known, &all[i]); err != nil {
			return err
		}
	}
	return s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error { return s.digest(ctx, tx, org, userID, all, f) })
}

// digest writes the digest of one person: what still holds of what was put into it.
func (s *Service) digest(ctx context.Context, tx *store.Store, org *models.Organisation, userID string, all []models.SurveyNotice, f []facts) error {
	var letter mail.NoticeDigest
	var person *models.User
	dedupe := "digest/" + userID
	for i := range all {
		n := &all[i]
		taken, err := tx.TakeFromDigest(ctx, n)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		t, err := s.telling(ctx, tx, n, f[i])
		if err != nil {
			return err
		}
		if t != nil && t.letter != nil {
			person = t.person
			letter.Letters = append(letter.Letters, t.letter)
			dedupe += "/" + key(n)
		}
	}
	if len(letter.Letters) == 0 {
		return nil
	}
	mails, err := s.write(ctx, person, org, letter, dedupe)
	if err != nil {
		return err
	}
	return tx.Tell(ctx, &models.Notices{Mails: mails})
}
