// Package schedule starts the workflows that wait for a time.
package schedule

import (
	"context"
	"log/slog"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/cron"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	// lookEvery is how often a node looks for workflows whose time has come.
	lookEvery = time.Second
	// atOnce is how many it takes in one look.
	atOnce = 100
	// Late is how long after its time a workflow is still started. What passed longer ago, while nobody worked, is reported and
	// not made up for: nobody wants the mail of last Monday, nor all of a night's at once.
	Late = 5 * time.Minute
	// mostMissed is how many missed times are counted one by one; of more it is said that there are at least so many.
	mostMissed = 1000
)

// Service starts workflows at their times. Make it with [New].
type Service struct {
	store *store.Store
	clock clock.Clock
	log   *slog.Logger
}

// New makes a service.
func New(s *store.Store, c clock.Clock, log *slog.Logger) *Service {
	return &Service{store: s, clock: c, log: log}
}

// Run looks again and again until ctx ends. All nodes may: every time of a workflow starts one run.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if _, err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("looking for workflows whose time has come failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look starts the workflows whose time has come, and gives how many it started. One that cannot be started does not keep the
// others from it.
func (s *Service) Look(ctx context.Context) (started int, err error) {
	for range 2 { // what is worked out in the first round may be due in the second
		ids, err := s.store.DueSchedules(ctx, atOnce)
		if err != nil || len(ids) == 0 {
			return started, err
		}
		for _, id := range ids {
			var n int
			err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
				var err error
				n, err = s.see(ctx, tx, id)
				return err
			})
			if err == nil {
				started += n
			} else if ctx.Err() == nil {
				s.log.Warn("a workflow whose time has come was not started; trying again", "workflow", id, "error", err)
			}
		}
	}
	return started, nil
}

// see works out when a workflow is due, or starts it when it is, in one transaction with the next time.
func (s *Service) see(ctx context.Context, tx *store.Store, id string) (started int, err error) {
	due, err := tx.TakeSchedule(ctx, id)
	if err != nil || due == nil {
		return 0, err
	}
	spec := due.Definition.Event
	times, err := cron.Parse(spec.Cron, spec.TimeZone)
	if err != nil { // it was checked before it went live
		s.log.Error("a live schedule cannot be read; it is not due any more", "workflow", id, "error", err)
		return 0, tx.SetSchedule(ctx, id, time.Time{})
	}
	if *due.NextAt == 0 {
		return 0, tx.SetSchedule(ctx, id, times.After(time.UnixMicro(due.Since)))
	}
	now := s.clock.Now()
	at, missed := time.UnixMicro(*due.NextAt), int64(0)
	last := at
	next := times.After(at)
	for !next.IsZero() && !next.After(now) {
		missed, last, at = missed+1, at, next
		if missed == mostMissed { // whatever lies between
			at = times.After(now.Add(-Late))
			if at.After(now) {
				at = last
			}
		}
		next = times.After(at)
	}
	if now.Sub(at) > Late {
		missed, last = missed+1, at
	} else if started, err = s.start(ctx, tx, due, workflow.NewTick(spec, times, at)); err != nil {
		return 0, err
	}
	if missed > 0 {
		if err := s.report(ctx, tx, due, workflow.NewTick(spec, times, last), missed); err != nil {
			return 0, err
		}
	}
	return started, tx.SetSchedule(ctx, id, next)
}

// start adds the event of a time and its run.
func (s *Service) start(ctx context.Context, tx *store.Store, due *store.DueSchedule, tick workflow.Tick) (int, error) {
	there, err := tx.EventThere(ctx, workflow.TickKey(due.ID, tick.ScheduledAt)) // after the clock of the machine was put back
	if err != nil || there {
		return 0, err
	}
	w, err := workflow.Compile(due.ID, due.Version, due.Definition)
	if err != nil {
		return 0, err
	}
	w.Off = due.Off
	event, runs, err := workflow.PlanTick(w, due.OrgID, due.SurveyID, tick, s.clock.Now())
	if err != nil || event == nil {
		return 0, err
	}
	return len(runs), tx.AddRuns(ctx, []models.Event{*event}, runs, nil)
}

// report tells the owner of times that passed while nobody worked. tick is the last of them.
func (s *Service) report(ctx context.Context, tx *store.Store, due *store.DueSchedule, tick workflow.Tick, n int64) error {
	body, err := models.MarshalJSON(tick)
	if err != nil {
		return err
	}
	s.log.Warn("times of a workflow passed while nobody worked", "workflow", due.ID, "times", n, "last", tick.ScheduledAt)
	return tx.RecordMissed(ctx, models.Refusal{
		OrgID: due.OrgID, WorkflowID: due.ID, Reason: models.RefusedMissed, Sample: models.RefusalSample{Body: string(body)},
	}, n)
}
