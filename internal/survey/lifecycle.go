package survey

import (
	"context"
	"slices"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Change is a change of a survey's own life by somebody.
type Change struct {
	Actor       models.Actor
	SurveyID    string
	Depth       int     // how many runs of ours have led to it
	CauseRun    *string // the run whose call it was
	Description string  // of the version that is put live

	at time.Time // when it happened by itself; zero for now
}

// PutLive makes the draft of a survey the version that respondents meet, and starts the workflows that wait for that in the same
// transaction. Errors are those of [store.Store.PutSurveyLive]; so is rev.
func PutLive(ctx context.Context, s *store.Store, c Change, rev int64) (live *models.Survey, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		before, err := tx.SurveyToEdit(ctx, c.Actor, c.SurveyID)
		if err != nil {
			return err
		}
		if err := tellDates(ctx, tx, c.SurveyID); err != nil {
			return err
		}
		if live, err = tx.PutSurveyLiveAs(ctx, c.Actor, c.SurveyID, rev, c.Description); err != nil {
			return err
		}
		now := tx.Now()
		return c.announce(ctx, tx, live, append([]string{models.OnPublished}, turned(takes(before, now), takes(live, now))...)...)
	})
	return live, err
}

// SetState opens or closes a survey, and starts the workflows that wait for that in the same transaction. To open one that is
// open is no change, nor is it while its dates keep respondents out. Errors are those of [store.Store.SetSurveyState].
func SetState(ctx context.Context, s *store.Store, c Change, state models.SurveyState) error {
	return s.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		before, err := tx.SurveyToEdit(ctx, c.Actor, c.SurveyID)
		if err != nil {
			return err
		}
		if err := tellDates(ctx, tx, c.SurveyID); err != nil {
			return err
		}
		if err := tx.SetSurveyState(ctx, c.Actor, c.SurveyID, state); err != nil || before.State == state {
			return err
		}
		now, after := tx.Now(), *before
		after.State = state
		return c.announce(ctx, tx, &after, turned(takes(before, now), takes(&after, now))...)
	})
}

// announce stores the events and runs that follow from what happened, each with what is known of it, and notes that the survey's contact is
// to be told.
func (c Change) announce(ctx context.Context, tx *store.Store, v *models.Survey, happened ...string) error {
	if len(happened) == 0 {
		return nil
	}
	if slices.Contains(happened, models.OnActivated) {
		if err := tx.NoteOpened(ctx, v); err != nil {
			return err
		}
	}
	rows, err := tx.SurveyListeners(ctx, v.ID)
	if err != nil || len(rows) == 0 {
		return err
	}
	waiting := make([]*workflow.Compiled, len(rows))
	for i, r := range rows {
		if waiting[i], err = workflow.Compile(r.ID, r.Version, r.Definition); err != nil {
			return err
		}
		waiting[i].Off = r.Off
	}
	told := workflow.SurveyChange{SurveyID: v.ID, SurveyName: v.Name, Version: v.Version, ChangedAt: tx.Now()}
	if !c.at.IsZero() {
		told.ChangedAt = c.at
	}
	var by *models.User
	if c.Actor.UserID != "" { // nobody, when it was a date
		by, err = tx.User(ctx, c.Actor, c.Actor.UserID)
	}
	switch {
	case by == nil && err == nil:
	case err == nil:
		told.ChangedBy, told.ChangedByEmail = by.Name(), by.Email
	case models.ErrorCode(err) != models.CodeNotFound:
		return err
	}
	for _, told.Change = range happened {
		events, runs, err := workflow.PlanSurveyChange(waiting, v.OrgID, told, c.Depth, c.CauseRun, tx.Now())
		if err != nil {
			return err
		}
		if len(runs) == 0 {
			continue
		}
		if err := tx.AddRuns(ctx, events, runs, nil); err != nil {
			return err
		}
	}
	return nil
}
