package survey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	// expireEvery is how often is looked for responses whose time is over.
	expireEvery = time.Minute
	// expireBatch is how many of them are read at once, expireSide how many of those are recorded side by side: they share
	// commits, and leave room in them for respondents.
	expireBatch, expireSide = 200, 16
)

// Expire records what respondents began and did not come back to in time, until ctx ends. Any number of nodes may do so.
func (s *Service) Expire(ctx context.Context, log *slog.Logger) {
	timer := time.NewTicker(expireEvery)
	defer timer.Stop()
	for {
		n, err := s.ExpireDue(ctx)
		if n > 0 {
			log.Info("recorded unfinished responses as partial", "responses", n)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("recording unfinished responses failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// ExpireDue records every unfinished response whose time is over as partial, and gives how many (contract §7, Incomplete).
// Workflows that include incomplete responses get their event. What nobody has answered anything in is removed.
//
// Each is recorded once, however many nodes look: the write names the revision that was read. One that its respondent goes on
// with at the same moment stays open. What fails is told and passed over until the next time.
func (s *Service) ExpireDue(ctx context.Context) (int, error) {
	var recorded atomic.Int64
	var failed []error
	now, after := s.clock.Now(), store.Place{}
	for {
		batch, err := s.store.ExpiredResponses(ctx, now, after, expireBatch)
		if err != nil {
			return int(recorded.Load()), errors.Join(append(failed, err)...)
		}
		var side errgroup.Group
		side.SetLimit(expireSide)
		for i := range batch {
			side.Go(func() error {
				done, err := s.expire(ctx, &batch[i])
				if done {
					recorded.Add(1)
				}
				return err
			})
		}
		if err := side.Wait(); err != nil {
			failed = append(failed, err)
		}
		if len(batch) < expireBatch || ctx.Err() != nil {
			return int(recorded.Load()), errors.Join(failed...)
		}
		last := &batch[len(batch)-1]
		after = store.Place{At: *last.ExpiresAt, ID: last.ID}
	}
}

// expire ends one response; false when somebody was quicker, or nothing was left to record.
func (s *Service) expire(ctx context.Context, r *models.Response) (bool, error) {
	live, err := s.Live(ctx, r.SurveyID)
	if err != nil {
		return false, fmt.Errorf("record partial response: %w", err)
	}
	for range maxRetries {
		err = s.expireBy(ctx, live, r)
		switch {
		case errors.Is(err, errUnanswered), models.ErrorCode(err) == models.CodeConflict, models.ErrorCode(err) == models.CodeNotFound:
			return false, nil
		case !errors.Is(err, store.ErrStale):
			return err == nil, err
		}
		if live, err = s.load(ctx, r.SurveyID, live.Survey.LiveRev); err != nil {
			return false, fmt.Errorf("record partial response: %w", err)
		}
	}
	return false, store.ErrStale
}

// errUnanswered says that a response was removed because nothing was answered in it.
var errUnanswered = errors.New("survey: nothing was answered")

// expireBy records the response by one live state of its survey.
func (s *Service) expireBy(ctx context.Context, live *Live, read *models.Response) error {
	p, err := s.published(ctx, read.SurveyID, read.SurveyVersion)
	if err != nil {
		return err
	}
	now, r := s.clock.Now(), *read
	v := &Visit{Live: live, spoken: p.spoken, logic: p.logic, now: now, Response: &r}
	v.speak()
	v.arrange(r.Answers.V)
	if len(v.shown) == 0 {
		if err := s.store.DropExpired(ctx, read); err != nil {
			return err
		}
		return errUnanswered
	}
	recorded := moment(p.spoken.base, now)
	r.State, r.RecordedAt, r.UpdatedAt, r.ExpiresAt = models.ResponsePartial, &recorded, recorded, nil
	r.Answers.V = v.shown
	r.Rev++
	a := &store.Acceptance{Response: &r, Was: models.ResponseInProgress, SurveyRev: live.Survey.LiveRev}
	if r.InvitationID != nil { // what is recorded cannot be gone on with: no reminder asks for it
		a.Invitation = &store.InvitationProgress{ID: *r.InvitationID, Status: models.InvitationStarted, At: now, ResponseID: &r.ID, Over: true}
	}
	person, err := s.store.InvitedPerson(ctx, &r)
	if err != nil {
		return err
	}
	return s.start(live, workflow.Fact{ //nolint:contextcheck // what is noted of a stored fact outlives the round
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: r.OrgID, SurveyID: r.SurveyID, SurveyName: live.Survey.Name, LabelsRev: live.Survey.LabelsRev,
		Response: &r, Definition: p.spoken.base, Contact: person, Now: now,
	}, a)
}
