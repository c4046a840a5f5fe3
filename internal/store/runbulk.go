package store

import (
	"cmp"
	"context"
	"slices"

	"surveyflow/models"
)

// AddRuns adds runs outside of an acceptance, in the transaction that is open: events that are new, runs for them or for
// events that are there, and the attempts that replays take over. In the order of claims they stand in a lane of their own
// beside that of their workflow, so that thousands of them push no run aside that begins with a new event.
func (s *Store) AddRuns(ctx context.Context, events []models.Event, runs []models.Run, carried []models.Attempt) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		b, err := tx.batch()
		if err != nil {
			return err
		}
		slices.SortFunc(events, func(a, b models.Event) int { return cmp.Compare(a.ID, b.ID) })
		if err := b.insertEvents(ctx, events); err != nil {
			return fault("add events", err)
		}
		items := make([]models.QueueItem, len(runs))
		now := s.clock.Now()
		for i := range runs {
			items[i] = models.QueueItem{
				ID: runs[i].ID, Kind: models.KindRun, State: models.QueueReady, StateAt: now.UnixMicro(), Lane: runs[i].WorkflowID,
				Rank: s.lanes.rank("bulk "+runs[i].WorkflowID, now),
			}
			if runs[i].Held != "" {
				off := models.HoldOff
				items[i].State, items[i].Hold, items[i].HoldReason = models.QueueHeld, &off, &runs[i].Held
			}
		}
		if err := b.insertRuns(ctx, runs); err != nil {
			return fault("add runs", err)
		}
		if err := b.insertItems(ctx, items); err != nil {
			return fault("add runs", err)
		}
		if err := b.insertAttempts(ctx, carried); err != nil {
			return fault("add runs", err)
		}
		s.signalWork() // it may come before the commit: the worker looks by itself, too
		return nil
	})
}

// bulkShard is the shard of counts that jobs write.
const bulkShard = -1

// AcceptMany stores acceptances as a part of an open transaction, such as the step of a job: their runs queue up behind one another,
// so that other workflows are not kept waiting. Of each it gives the error that [Store.Accept] would; those with one leave nothing.
// They must be of responses, and neither of invitations nor of collectors with a maximum.
func (s *Store) AcceptMany(ctx context.Context, all []*Acceptance) ([]error, error) {
	units := make([]*unit, len(all))
	for i, a := range all {
		units[i] = &unit{accept: a}
	}
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		b, err := tx.batch()
		if err != nil {
			return err
		}
		for rest := units; len(rest) > 0; {
			var first []*unit
			first, rest = apart(rest)
			if err := b.acceptMany(ctx, tx, first); err != nil {
				return err
			}
		}
		return nil
	})
	errs := make([]error, len(units))
	for i, u := range units {
		errs[i] = u.err
	}
	return errs, err
}

// acceptMany writes what has one response once.
func (b *batch) acceptMany(ctx context.Context, tx *Store, units []*unit) error {
	units, err := b.dropStale(ctx, units)
	if err != nil {
		return fault("store responses", err)
	}
	if units, err = b.writeResponses(ctx, units); err != nil {
		return fault("store responses", err)
	}
	if err := b.countResponses(ctx, bulkShard, units); err != nil {
		return fault("store responses", err)
	}
	if err := b.confirmHeld(ctx, units); err != nil {
		return fault("store responses", err)
	}
	var events []models.Event
	var runs []models.Run
	for _, u := range units {
		if u.accept.Event != nil {
			events = append(events, *u.accept.Event)
		}
		runs = append(runs, u.accept.Runs...)
	}
	return tx.AddRuns(ctx, events, runs, nil)
}

// ChosenRun is a run that a job is about to do something with.
type ChosenRun struct {
	models.Run
	EventType       models.EventType
	ResponseID      *string
	WorkflowDeleted bool
	LiveVersion     int           // of its workflow; 0 when it never was
	Access          models.Access // of the actor
}

// ChosenRuns gives those of the runs that the actor may see, and keeps their events from being purged until the transaction
// that is open has ended: a replay needs them. Runs whose events are gone are not there any more either.
func (s *Store) ChosenRuns(ctx context.Context, a models.Actor, ids []string) ([]ChosenRun, error) {
	var runs []ChosenRun
	query := `SELECT r.*, e.type AS event_type, e.response_id, (w.deleted_at IS NOT NULL) AS workflow_deleted, w.version AS live_version
		FROM runs r JOIN events e ON e.id = r.event_id JOIN workflows w ON w.id = r.workflow_id WHERE r.org_id = ? AND r.id IN ? ORDER BY r.id DESC`
	if s.dialect == postgres {
		query += " FOR KEY SHARE OF e"
	}
	if err := s.write(ctx).Raw(query, a.OrgID, ids).Scan(&runs).Error; err != nil {
		return nil, fault("read chosen runs", err)
	}
	access, err := s.runsAccess(ctx, a, runs)
	if err != nil {
		return nil, err
	}
	seen := runs[:0]
	for _, r := range runs {
		if r.Access = access[r.WorkflowID]; r.Access != models.AccessNone {
			seen = append(seen, r)
		}
	}
	return seen, nil
}

// AttemptsOf gives all attempts of those runs, by run, in the order in which they began.
func (s *Store) AttemptsOf(ctx context.Context, runIDs []string) (map[string][]models.Attempt, error) {
	var all []models.Attempt
	if err := s.read(ctx).Where("run_id IN ?", runIDs).Order("run_id, started_at, number").Find(&all).Error; err != nil {
		return nil, fault("read attempts", err)
	}
	byRun := map[string][]models.Attempt{}
	for _, t := range all {
		byRun[t.RunID] = append(byRun[t.RunID], t)
	}
	return byRun, nil
}

// CancelRuns ends those runs that wait and asks running ones to stop before their next task; the caller has checked access.
// It gives how many have not ended yet, and how many of them ended at once.
func (s *Store) CancelRuns(ctx context.Context, ids []string) (asked int64, ended int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		asked, ended, err = tx.cancelQueue(ctx, "kind = 'run' AND id IN ?", ids)
		return err
	})
	return asked, ended, err
}

// PlayRuns lets those runs go on now that wait; the caller has checked access. It gives the ids of those that go on. They are
// the run's own workflow's, by run, so that each stands behind the others of its workflow and pushes no other aside.
func (s *Store) PlayRuns(ctx context.Context, workflows map[string]string) ([]string, error) {
	var played []string
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		played = nil
		now := s.clock.Now()
		for _, id := range sortedKeys(workflows) {
			if err := tx.markPlayed(ctx, id); err != nil {
				return err
			}
			r := tx.write(ctx).Exec(playRun, now.UnixMicro(), s.lanes.rank("bulk "+workflows[id], now), id)
			if r.Error != nil {
				return fault("play runs", r.Error)
			}
			if r.RowsAffected > 0 {
				played = append(played, id)
			}
		}
		return nil
	})
	if len(played) > 0 {
		s.signalWork()
	}
	return played, err
}

// runsAccess gives what the actor may do with the workflows of those runs, deleted ones too.
func (s *Store) runsAccess(ctx context.Context, a models.Actor, runs []ChosenRun) (map[string]models.Access, error) {
	access := map[string]models.Access{}
	for _, r := range runs {
		access[r.WorkflowID] = models.AccessNone
	}
	var workflows []*models.Workflow
	err := seen(s.read(ctx), "workflows", a, workflowsSeen).Select("id", "owner_id", "survey_id").Where("id IN ?", sortedKeys(access)).Find(&workflows).Error
	if err != nil {
		return nil, fault("check access", err)
	}
	if err := s.workflowAccess(ctx, a, workflows...); err != nil {
		return nil, err
	}
	for _, w := range workflows {
		access[w.ID] = w.Access
	}
	return access, nil
}
