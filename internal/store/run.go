package store

import (
	"context"
	"strings"
	"time"

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
	QueueStartedAt  *int64
	QueueStateAt    *int64
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

// MinSearch is the least number of characters of a search by name or e-mail.
const MinSearch = 3

// RunFilter chooses runs of a list; all parts may be combined.
type RunFilter struct {
	WorkflowID string
	SurveyID   string
	ResponseID string
	Status     models.RunStatus // one that people see; empty means any
	Search     string           // beginning of first name, last name or e-mail, MinSearch characters or more
	From, To   time.Time        // when the run was made: from inclusive, to exclusive; zero means open
	Page
}

const runRowColumns = `r.id, r.org_id, r.workflow_id, r.workflow_version, r.event_id, r.replay_of, r.test, r.status, r.person_name,
	r.person_email, r.error, r.attempts, r.created_at, r.finished_at, w.name AS workflow_name,
	(w.deleted_at IS NOT NULL) AS workflow_deleted, e.type AS event_type, e.survey_id, e.response_id,
	q.state AS queue, q.due_at, q.hold_reason, q.hold, q.started_at AS queue_started_at, q.state_at AS queue_state_at`

// Runs lists runs of workflows that the actor may see, the newest first, and the cursor of the next page.
// A list of any status is put together from one index range per status, so that deep pages cost what the first costs.
func (s *Store) Runs(ctx context.Context, a models.Actor, f RunFilter) ([]RunRow, string, error) {
	statuses := []models.RunStatus{models.RunOpen, models.RunSucceeded, models.RunFailed, models.RunCanceled}
	if f.Status != "" {
		statuses = []models.RunStatus{f.Status}
		if f.Status == models.RunScheduled || f.Status == models.RunRunning {
			statuses = []models.RunStatus{models.RunOpen}
		}
	}
	if f.Search != "" && len([]rune(f.Search)) < MinSearch {
		return nil, "", models.Invalid(models.Field("q", "run.error.search_short", "Min", MinSearch))
	}
	var parts []string
	var args []any
	for _, status := range statuses {
		sql, more := runRange(a, f, status)
		parts = append(parts, "SELECT * FROM ("+sql+") AS p"+string(rune('0'+len(parts))))
		args = append(args, more...)
	}
	args = append(args, f.limit()+1)
	var rows []RunRow
	err := s.read(ctx).Raw(`SELECT `+runRowColumns+` FROM (`+strings.Join(parts, " UNION ALL ")+`) AS ids
		JOIN runs r ON r.id = ids.id JOIN workflows w ON w.id = r.workflow_id JOIN events e ON e.id = r.event_id LEFT JOIN queue q ON q.id = r.id
		ORDER BY r.id DESC LIMIT ?`, args...).Scan(&rows).Error
	if err != nil {
		return nil, "", fault("list runs", err)
	}
	rows, next := cut(rows, f.limit(), func(r *RunRow) string { return r.ID })
	return rows, next, nil
}

// runRange spells the query for the ids of one status.
func runRange(a models.Actor, f RunFilter, status models.RunStatus) (string, []any) {
	sql := "SELECT r.id FROM runs r"
	where, args := []string{"r.org_id = ?", "r.status = ?"}, []any{a.OrgID, status}
	if f.WorkflowID != "" {
		where, args = append(where, "r.workflow_id = ?"), append(args, f.WorkflowID)
	}
	if f.SurveyID != "" {
		where, args = append(where, "r.workflow_id IN (SELECT id FROM workflows WHERE survey_id = ?)"), append(args, f.SurveyID)
	}
	if f.ResponseID != "" {
		where, args = append(where, "r.event_id IN (SELECT id FROM events WHERE response_id = ?)"), append(args, f.ResponseID)
	}
	if !a.SeesAll() {
		where, args = append(where, "r.workflow_id IN (SELECT id FROM workflows WHERE org_id = ? AND owner_id = ?)"), append(args, a.OrgID, a.UserID)
	}
	if !f.From.IsZero() {
		where, args = append(where, "r.id >= ?"), append(args, models.IDAt(models.PrefixRun, f.From))
	}
	if !f.To.IsZero() {
		where, args = append(where, "r.id < ?"), append(args, models.IDAt(models.PrefixRun, f.To))
	}
	if f.Before != "" {
		where, args = append(where, "r.id < ?"), append(args, f.Before)
	}
	switch f.Status {
	case models.RunRunning:
		sql += " JOIN queue q ON q.id = r.id AND q.state = 'running'"
	case models.RunScheduled:
		sql += " JOIN queue q ON q.id = r.id AND q.state <> 'running'"
	}
	if f.Search != "" {
		// Ranges and not LIKE: the columns are compared byte by byte, and both databases use the index for a range.
		low := strings.ToLower(f.Search)
		high := low + "\U0010FFFF"
		where = append(where, "(r.person_email >= ? AND r.person_email < ? OR r.person_name >= ? AND r.person_name < ? OR r.person_name LIKE ? ESCAPE '\\')")
		args = append(args, low, high, low, high, "% "+escapeLike(low)+"%")
	}
	sql += " WHERE " + strings.Join(where, " AND ") + " ORDER BY r.id DESC LIMIT ?"
	return sql, append(args, f.limit()+1)
}

// RunDetail is a run with everything that its page shows.
type RunDetail struct {
	RunRow
	Definition models.WorkflowDefinition // of the version that the run uses
	Event      models.Event
	Attempts   []models.Attempt // in the order in which they began
	Replays    []string         // ids of runs that replay this one
}

// Run gives a run of a workflow that the actor may see, with its attempts.
func (s *Store) Run(ctx context.Context, a models.Actor, id string) (*RunDetail, error) {
	sql := `SELECT ` + runRowColumns + ` FROM runs r JOIN workflows w ON w.id = r.workflow_id JOIN events e ON e.id = r.event_id
		LEFT JOIN queue q ON q.id = r.id WHERE r.id = ? AND r.org_id = ?`
	args := []any{id, a.OrgID}
	if !a.SeesAll() {
		sql, args = sql+" AND w.owner_id = ?", append(args, a.UserID)
	}
	var rows []RunRow
	if err := s.read(ctx).Raw(sql, args...).Scan(&rows).Error; err != nil {
		return nil, fault("read run", err)
	}
	if len(rows) == 0 {
		return nil, models.NotFound("error.not_found")
	}
	d := RunDetail{RunRow: rows[0]}
	if err := s.read(ctx).Where("id = ?", d.EventID).Take(&d.Event).Error; err != nil {
		return nil, fault("read event", err)
	}
	v, err := s.WorkflowVersion(ctx, d.WorkflowID, d.WorkflowVersion)
	if err != nil {
		return nil, err
	}
	d.Definition = v.Definition.V
	byRun, err := s.attempts(ctx, s.reader, []string{id})
	if err != nil {
		return nil, err
	}
	d.Attempts = byRun[id]
	err = s.read(ctx).Model(&models.Run{}).Where("event_id = ? AND replay_of = ?", d.EventID, id).Order("id").Pluck("id", &d.Replays).Error
	return &d, fault("read replays", err)
}

// CancelRun ends a run that waits, or asks a running one to stop before its next task.
// It fails with models.CodeConflict when the run has ended.
func (s *Store) CancelRun(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.runRow(ctx, a, id); err != nil {
			return err
		}
		asked, _, err := tx.cancelQueue(ctx, "id = ?", id)
		if err == nil && asked == 0 {
			return models.Conflict("run.error.ended", nil)
		}
		return err
	})
}

// PlayRun lets a run that waits go on now. It fails with models.CodeConflict when the run has ended, is running,
// or is held because its workflow is off.
func (s *Store) PlayRun(ctx context.Context, a models.Actor, id string) error {
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.runRow(ctx, a, id); err != nil {
			return err
		}
		now := s.clock.Now().UnixMicro()
		r := tx.write(ctx).Exec(`UPDATE queue SET state = 'ready', state_at = ?, rank = ?, due_at = NULL, hold = NULL, hold_reason = NULL, host = NULL
			WHERE id = ? AND (state = 'waiting' OR state = 'held' AND hold = 'host')`, now, now, id)
		return tx.changed(r, "play run", "run.error.not_waiting")
	})
	if err == nil {
		s.signalWork()
	}
	return err
}

func (s *Store) runRow(ctx context.Context, a models.Actor, id string) (*models.Run, error) {
	db := s.read(ctx).Model(&models.Run{}).Where("runs.id = ? AND runs.org_id = ?", id, a.OrgID)
	if !a.SeesAll() {
		db = db.Joins("JOIN workflows w ON w.id = runs.workflow_id").Where("w.owner_id = ?", a.UserID)
	}
	var r models.Run
	if err := db.Take(&r).Error; err != nil {
		return nil, fault("read run", err)
	}
	return &r, nil
}

// RunCounts gives how many runs of those workflows stand at each status: ended ones that were made since the time given,
// to the hour, and all unfinished ones.
func (s *Store) RunCounts(ctx context.Context, since time.Time, workflowIDs ...string) (map[models.RunStatus]int64, error) {
	var rows []struct {
		Status models.RunStatus
		N      int64
	}
	err := s.read(ctx).Raw(`SELECT status, CAST(SUM(n) AS BIGINT) AS n FROM run_counts WHERE workflow_id IN ? AND hour >= ? GROUP BY status
		UNION ALL SELECT CASE WHEN state = 'running' THEN 'running' ELSE 'scheduled' END, COUNT(*) FROM queue WHERE lane IN ? GROUP BY 1`,
		workflowIDs, since.Unix()/3600, workflowIDs).Scan(&rows).Error
	counts := map[models.RunStatus]int64{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, fault("count runs", err)
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
		if err := tx.write(ctx).Exec("DELETE FROM attempts WHERE run_id IN ?", ids).Error; err != nil {
			return fault("purge attempts", err)
		}
		if err := tx.write(ctx).Raw("DELETE FROM runs WHERE id IN ? RETURNING event_id", ids).Scan(&events).Error; err != nil {
			return fault("purge runs", err)
		}
		return fault("purge events", tx.write(ctx).Exec("DELETE FROM events WHERE id IN ? AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.event_id = events.id)", events).Error)
	})
	return len(ids), err
}

// PurgeCounts removes counts of hours before the cutoff.
func (s *Store) PurgeCounts(ctx context.Context, cutoff time.Time) error {
	return fault("purge counts", s.write(ctx).Exec("DELETE FROM run_counts WHERE hour < ?", cutoff.Unix()/3600).Error)
}
