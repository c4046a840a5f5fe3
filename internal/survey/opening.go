package survey

import (
	"context"
	"log/slog"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	datesEvery = time.Second // how often a node looks for surveys that open or close by themselves
	datesBatch = 100
)

// takes reports whether a survey takes answers at that time: it is open, and its dates allow.
func takes(v *models.Survey, now time.Time) bool {
	return v.State == models.SurveyOpen && v.Version > 0 && (v.OpensAt == nil || !now.Before(*v.OpensAt)) && (v.ClosesAt == nil || now.Before(*v.ClosesAt))
}

// turned gives what happened to a survey that did or did not take answers before, and now does or does not.
func turned(before, after bool) []string {
	switch {
	case !before && after:
		return []string{models.OnActivated}
	case before && !after:
		return []string{models.OnClosed}
	}
	return nil
}

// SetDates sets from when until when respondents get in, and starts the workflows that wait for the survey to be opened or
// closed in the same transaction, when that opens or closes it at once. When a date comes later, [Service.TellDates] does.
func SetDates(ctx context.Context, s *store.Store, c Change, opens, closes *time.Time) error {
	return s.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		before, err := tx.SurveyToEdit(ctx, c.Actor, c.SurveyID)
		if err != nil {
			return err
		}
		if err := tellDates(ctx, tx, c.SurveyID); err != nil {
			return err
		}
		if err := tx.SetSurveyDates(ctx, c.Actor, c.SurveyID, opens, closes); err != nil {
			return err
		}
		now, after := tx.Now(), *before
		after.OpensAt, after.ClosesAt = opens, closes
		return c.announce(ctx, tx, &after, turned(takes(before, now), takes(&after, now))...)
	})
}

// Dates looks again and again until ctx ends for surveys that were opened or closed by their dates.
func (s *Service) Dates(ctx context.Context, log *slog.Logger) {
	timer := time.NewTicker(datesEvery)
	defer timer.Stop()
	for {
		if err := s.TellDates(ctx); err != nil && ctx.Err() == nil {
			log.Warn("telling of surveys that open or close by themselves failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// TellDates starts the workflows that wait for a survey to be opened or closed which its dates have opened or closed. Each date
// is told once, however many nodes look and whatever dies; one that came while nobody worked is told later, with its own time.
func (s *Service) TellDates(ctx context.Context) error {
	ids, err := s.store.SurveysDue(ctx, datesBatch)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error { return tellDates(ctx, tx, id) })
		if err != nil {
			failed = err // the others are not to wait for it
		}
	}
	return failed
}

// tellDates tells of the dates of a survey that have come and that nobody has told of. Whoever changes a survey does it first, so
// that what follows one another is told in its order.
func tellDates(ctx context.Context, tx *store.Store, id string) error {
	v, err := tx.TakeSurveyDates(ctx, id)
	if err != nil || v == nil || v.DeletedAt != nil {
		return err
	}
	for _, at := range datesBetween(v, *v.DatesDueAt, tx.Now()) {
		c := Change{SurveyID: id, at: at}
		if err := c.announce(ctx, tx, v, turned(takes(v, at.Add(-time.Microsecond)), takes(v, at))...); err != nil {
			return err
		}
	}
	return nil
}

// datesBetween gives the dates of a survey from one time to another, in their order.
func datesBetween(v *models.Survey, from, to time.Time) []time.Time {
	var all []time.Time
	for _, at := range []*time.Time{v.OpensAt, v.ClosesAt} { // it never closes before it opens
		if at != nil && !at.Before(from) && !at.After(to) {
			all = append(all, *at)
		}
	}
	return all
}
