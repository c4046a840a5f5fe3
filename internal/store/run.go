package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// RunRow is one line of a list of runs.
type RunRow struct {
	models.Run
	WorkflowName    string
	WorkflowDeleted bool
	EventType       models.EventType
	SurveyID        *string
	ResponseID      *string
	Queue           *models.QueueState // nil once it ended
	DueAt           *int64             // microseconds since 1970; when a waiting run goes on
	HoldReason      *string
	Hold            *models.HoldCause
	Host            *string // the receiver that a held run waits for
	QueueStartedAt  *int64
	QueueStateAt    *int64
	Retries         int // how many tries of its tasks failed and were made again
}

// Display gives the status that people see: an open run is running while a node works on it, and scheduled otherwise.
func (r *RunRow) Display() models.RunStatus {
	if r.Status != models.RunOpen {
		return r.Status
	}
	if r.Queue != nil && *r.Queue == models.QueueRunning {
		return models.RunRunning
	}
	return models.RunScheduled
}

// Runs lists runs of workflows that the actor may see, the newest first, and the cursor of the next page.
func (s *Store) Runs(ctx context.Context, a models.Actor, f RunFilter) ([]RunRow, string, error) {
	parts, err := s.runParts(ctx, a, f)
	if err != nil || len(parts) == 0 {
		return nil, "", err
	}
	// The page is cut before anything is joined to it: with the newest of many workflows to choose from, PostgreSQL may otherwise
	// go through all runs down to the page.
	ids, args := newestOf(parts, f.limit()+1)
	var rows []RunRow
	err = s.read(ctx).Raw(`SELECT `+runRowColumns+` FROM (SELECT id FROM (`+ids+`) AS found ORDER BY id DESC LIMIT ?) AS ids
		JOIN runs r ON r.id = ids.id JOIN workflows w ON w.id = r.workflow_id JOIN events e ON e.id = r.event_id LEFT JOIN queue q ON q.id = r.id
		ORDER BY r.id DESC`, append(args, f.limit()+1)...).Scan(&rows).Error
	if err != nil {
		return nil, "", fault("list runs", err)
	}
	rows, next := cut(rows, f.limit(), func(r *RunRow) string { return r.ID })
	return rows, next, s.countRetries(ctx, rows)
}

const runRowColumns = `r.id, r.org_id, r.workflow_id, r.workflow_version, r.event_id, r.replay_of, r.test, r.status, r.person_name,
	r.person_last, r.person_email, r.error, r.attempts, r.created_at, r.finished_at, w.name AS workflow_name,
	(w.deleted_at IS NOT NULL) AS workflow_deleted, e.type AS event_type, e.survey_id, e.response_id,
	q.state AS queue, q.due_at, q.hold_reason, q.hold, q.host, q.started_at AS queue_started_at, q.state_at AS queue_state_at`

// countRetries fills in Retries. Few runs of a list have any: those with a single attempt are not asked for.
func (s *Store) countRetries(ctx context.Context, rows []RunRow) error {
	byID := make(map[string]*RunRow, len(rows))
	var ids []string
	for i := range rows {
		if rows[i].Attempts > 1 {
			byID[rows[i].ID] = &rows[i]
			ids = append(ids, rows[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var counts []struct {
		RunID string
		N     int
	}
	err := s.read(ctx).Raw("SELECT run_id, COUNT(*) AS n FROM attempts WHERE run_id IN ? AND result = ? GROUP BY run_id", ids, models.AttemptRetried).Scan(&counts).Error
	for _, c := range counts {
		byID[c.RunID].Retries = c.N
	}
	return fault("count retries", err)
}

// RunDetail is a run with everything that its page shows.
type RunDetail struct {
	RunRow
	Definition models.WorkflowDefinition // of the version that the run uses
	Event      models.Event
	Attempts   []models.Attempt // in the order in which they began
	Replays    []string         // ids of runs that replay this one
	Access     models.Access    // what who asked may do with it
}

// Run gives a run of a workflow that the actor may see, with its attempts.
func (s *Store) Run(ctx context.Context, a models.Actor, id string) (*RunDetail, error) {
	access, err := s.runAccess(ctx, a, id)
	if err != nil {
		return nil, err
	}
	d := RunDetail{Access: access}
	// One moment: an attempt and the state that it led to are written together and must be seen together.
	err = s.snapshot(ctx, func(ctx context.Context, tx *gorm.DB) error {
		var rows []RunRow
		err := tx.Raw(`SELECT `+runRowColumns+` FROM runs r JOIN workflows w ON w.id = r.workflow_id JOIN events e ON e.id = r.event_id
			LEFT JOIN queue q ON q.id = r.id WHERE r.id = ?`, id).Scan(&rows).Error
		if err != nil {
			return fault("read run", err)
		}
		if len(rows) == 0 {
			return models.NotFound("error.not_found")
		}
		d.RunRow = rows[0]
		if err := tx.Where("id = ?", d.EventID).Take(&d.Event).Error; err != nil {
			return fault("read event", err)
		}
		byRun, err := s.attempts(ctx, tx.Statement.ConnPool, []string{id})
		if err != nil {
			return err
		}
		d.Attempts = byRun[id]
		err = tx.Model(&models.Run{}).Where("event_id = ? AND replay_of = ?", d.EventID, id).Order("id").Pluck("id", &d.Replays).Error
		return fault("read replays", err)
	})
	if err != nil {
		return nil, err
	}
	v, err := s.WorkflowVersion(ctx, d.WorkflowID, d.WorkflowVersion)
	if err != nil {
		return nil, err
	}
	d.Definition = v.Definition.V
	return &d, nil
}

// CancelRun ends a run that waits, or asks a running one to stop before its next task.
// It fails with models.CodeConflict when the run has ended.
func (s *Store) CancelRun(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.CheckAccess(ctx, a, id, models.AccessEdit); err != nil {
			return err
		}
		asked, _, err := tx.cancelQueue(ctx, "id = ?", id)
		if err == nil && asked == 0 {
			return models.Conflict("run.error.ended", nil)
		}
		return err
	})
}

const playRun = `UPDATE queue SET state = 'ready', state_at = ?, rank = ?, due_at = NULL, hold = NULL, hold_reason = NULL, host = NULL
	WHERE id = ? AND kind = 'run' AND (state = 'waiting' OR state = 'held' AND hold = 'host')`

// PlayRun lets a run that waits go on now. It fails with models.CodeConflict when the run has ended, is running,
// or is held because its workflow is off.
func (s *Store) PlayRun(ctx context.Context, a models.Actor, id string) error {
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.CheckAccess(ctx, a, id, models.AccessEdit); err != nil {
			return err
		}
		now := s.clock.Now().UnixMicro()
		// Where a failing receiver holds it, it is the next probe.
		err := tx.write(ctx).Exec(`UPDATE hosts SET retry_at = ? WHERE breaker = 'open' AND org_id = ?
			AND host = (SELECT host FROM queue WHERE id = ? AND state = 'held' AND hold = 'host')`, now, a.OrgID, id).Error
		if err != nil {
			return fault("play run", err)
		}
		if err := tx.markPlayed(ctx, id); err != nil {
			return err
		}
		r := tx.write(ctx).Exec(playRun, now, now, id)
		return tx.changed(r, "play run", "run.error.not_waiting")
	})
	if err == nil {
		s.signalWork()
	}
	return err
}

// LastRuns gives the newest run of each of those workflows, where there is one.
func (s *Store) LastRuns(ctx context.Context, workflowIDs ...string) (map[string]RunRow, error) {
	last := make(map[string]RunRow, len(workflowIDs))
	if len(workflowIDs) == 0 {
		return last, nil
	}
	var rows []RunRow
	err := s.read(ctx).Raw(`SELECT `+runRowColumns+` FROM (
			SELECT (SELECT MAX(i.id) FROM (
				SELECT MAX(id) AS id FROM runs WHERE workflow_id = v.id AND status = 'open' UNION ALL
				SELECT MAX(id) FROM runs WHERE workflow_id = v.id AND status = 'succeeded' UNION ALL
				SELECT MAX(id) FROM runs WHERE workflow_id = v.id AND status = 'failed' UNION ALL
				SELECT MAX(id) FROM runs WHERE workflow_id = v.id AND status = 'canceled') AS i) AS id
			FROM workflows v WHERE v.id IN ?) AS ids
		JOIN runs r ON r.id = ids.id JOIN workflows w ON w.id = r.workflow_id JOIN events e ON e.id = r.event_id LEFT JOIN queue q ON q.id = r.id`,
		workflowIDs).Scan(&rows).Error
	for _, r := range rows {
		last[r.WorkflowID] = r
	}
	return last, fault("read last runs", err)
}

// Purge removes runs that ended before the cutoff, their attempts, and events that no run needs any more, a small batch at
// a time: it gives how many runs it removed, and 0 when nothing is left to remove.
func (s *Store) Purge(ctx context.Context, orgID string, cutoff time.Time) (int, error) {
	var ids []string
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var events []string
		err := tx.read(ctx).Raw(`SELECT id FROM runs WHERE org_id = ? AND status IN ('succeeded', 'failed', 'canceled') AND id < ? AND finished_at < ?
			ORDER BY id LIMIT ?`, orgID, models.IDAt(models.PrefixRun, cutoff), cutoff, moveLimit).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return fault("purge runs", err)
		}
		if tx.dialect == postgres { // a replay that is being made keeps its event: wait for it, so that what follows sees it
			err := tx.write(ctx).Exec("SELECT 1 FROM events WHERE id IN (SELECT event_id FROM runs WHERE id IN ?) ORDER BY id FOR UPDATE", ids).Error
			if err != nil {
				return fault("purge runs", err)
			}
		}
		var secrets []string
		if err := tx.write(ctx).Raw("SELECT secret_id FROM attempts WHERE run_id IN ? AND secret_id IS NOT NULL", ids).Scan(&secrets).Error; err != nil {
			return fault("purge attempts", err)
		}
		if err := tx.write(ctx).Exec("DELETE FROM attempts WHERE run_id IN ?", ids).Error; err != nil {
			return fault("purge attempts", err)
		}
		if err := tx.purgeSecrets(ctx, secrets); err != nil {
			return err
		}
		if err := tx.write(ctx).Raw("DELETE FROM runs WHERE id IN ? RETURNING event_id", ids).Scan(&events).Error; err != nil {
			return fault("purge runs", err)
		}
		return fault("purge events", tx.write(ctx).Exec("DELETE FROM events WHERE id IN ? AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.event_id = events.id)", events).Error)
	})
	return len(ids), err
}

// purgeSecrets removes sealed outputs that no attempt names any more: a replay shares those of the run that it repeats.
func (s *Store) purgeSecrets(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return fault("purge sealed outputs", s.write(ctx).Exec(
		"DELETE FROM attempt_secrets WHERE id IN ? AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.secret_id = attempt_secrets.id)", ids).Error)
}

// PurgeCounts removes counts, of runs and of refused events, of hours before the cutoff.
func (s *Store) PurgeCounts(ctx context.Context, cutoff time.Time) error {
	if err := s.keepCalls(ctx, cutoff.Unix()/3600); err != nil {
		return err
	}
	for _, table := range []string{"run_counts", "refusal_counts"} {
		if err := s.write(ctx).Exec("DELETE FROM "+table+" WHERE hour < ?", cutoff.Unix()/3600).Error; err != nil {
			return fault("purge counts", err)
		}
	}
	return nil
}
