package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// health knows which workflows fail, so that a run that succeeds costs nothing where all is well. What this node saw is
// known at once, what others saw within a second (SyncHealth).
type health struct {
	mu      sync.Mutex
	failing map[string]bool
	noted   map[string]time.Time // when a failure was last written, by the store's clock
}

// healthNote is how long a failed try of a workflow that is known to fail need not be written again.
const healthNote = time.Minute

func (h *health) fails(workflow string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failing[workflow]
}

// note says that a failure of the workflow is being written; false when a failed try was written a moment ago.
func (h *health) note(workflow string, now time.Time, always bool) bool { //nolint:revive // a failed run is always written
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failing == nil {
		h.failing, h.noted = map[string]bool{}, map[string]time.Time{}
	}
	last, known := h.noted[workflow]
	if !always && known && h.failing[workflow] && now.Sub(last).Abs() < healthNote {
		return false
	}
	h.failing[workflow], h.noted[workflow] = true, now
	return true
}

// replace takes over which workflows fail. What was noted just now may not have been read yet, and stays.
func (h *health) replace(ids []string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	failing := make(map[string]bool, len(ids))
	for _, id := range ids {
		failing[id] = true
	}
	for id, at := range h.noted {
		switch {
		case now.Sub(at).Abs() < healthNote/12:
			failing[id] = true
		case !failing[id]:
			delete(h.noted, id)
		}
	}
	h.failing = failing
	if h.noted == nil {
		h.noted = map[string]time.Time{}
	}
}

// SyncHealth reads which workflows fail.
func (s *Store) SyncHealth(ctx context.Context) error {
	var ids []string
	now := s.clock.Now()
	err := s.read(ctx).Model(&models.WorkflowHealth{}).Table("workflow_health").Where("failing_since IS NOT NULL").Pluck("workflow_id", &ids).Error
	if err != nil {
		return fault("read health", err)
	}
	s.health.replace(ids, now)
	return nil
}

var upsertHealth = &statement{
	postgres: `INSERT INTO workflow_health (` + healthColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[],
			$9::bigint[], $10::bigint[]) ` + mergeHealth,
	sqlite: `INSERT INTO workflow_health (` + healthColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ` + mergeHealth,
}

const (
	healthColumns = `workflow_id, org_id, consecutive_failures, failing_since, last_failure_at, recovered_at, failed_run, failed_error, failed_n, tell_at`
	// A row with recovered_at says that a run succeeded; its failures came after that. failing_since begins anew when
	// nothing was heard for longer than a workflow fails before it switches itself off: failures now and then are no
	// time of nothing but failures.
	mergeHealth = `ON CONFLICT (workflow_id) DO UPDATE SET
			consecutive_failures = CASE WHEN excluded.recovered_at IS NOT NULL THEN excluded.consecutive_failures
				ELSE workflow_health.consecutive_failures + excluded.consecutive_failures END,
			failing_since = CASE WHEN excluded.recovered_at IS NOT NULL OR workflow_health.failing_since IS NULL THEN excluded.failing_since
				ELSE workflow_health.failing_since END,
			last_failure_at = COALESCE(excluded.last_failure_at, workflow_health.last_failure_at),
			recovered_at = COALESCE(excluded.recovered_at, workflow_health.recovered_at),
			failed_run = CASE WHEN excluded.failed_run <> '' THEN excluded.failed_run ELSE workflow_health.failed_run END,
			failed_error = CASE WHEN excluded.failed_run <> '' THEN excluded.failed_error ELSE workflow_health.failed_error END,
			failed_n = workflow_health.failed_n + excluded.failed_n, tell_at = COALESCE(excluded.tell_at, workflow_health.tell_at)
		WHERE excluded.last_failure_at IS NOT NULL OR workflow_health.failing_since IS NOT NULL`
)

// healthChange is what a batch says of the health of one workflow.
type healthChange struct {
	workflow, org string
	failed        int // runs, since the last of the batch that succeeded
	trouble       bool
	well          bool
	told          int64 // failed runs that people are to hear of
	run, why      string
	gone          string // why it switches itself off at once
}

// healthOf sums up how the runs of a batch ended, by workflow. Where all is well it is empty.
func (b *batch) healthOf(ends, steps []*Finish) []*healthChange {
	var changes map[string]*healthChange
	of := func(f *Finish) *healthChange {
		c := changes[f.WorkflowID]
		if c == nil {
			c = &healthChange{workflow: f.WorkflowID, org: f.OrgID}
			if changes == nil {
				changes = map[string]*healthChange{}
			}
			changes[f.WorkflowID] = c
		}
		return c
	}
	now := b.clock.Now()
	for _, f := range ends {
		switch {
		case f.Test || f.OrgID == "":
		case f.Next.Status == models.RunSucceeded && b.core.health.fails(f.WorkflowID):
			c := of(f)
			c.well, c.failed, c.trouble = true, 0, false
		case f.Next.Status == models.RunFailed:
			b.core.health.note(f.WorkflowID, now, true)
			c := of(f)
			c.failed++
			c.told++
			c.trouble, c.run, c.why = true, f.RunID, f.Next.Error
			c.gone = cmp.Or(c.gone, f.SwitchOff)
		}
	}
	for _, f := range steps {
		if f.Trouble && !f.Test && f.OrgID != "" && b.core.health.note(f.WorkflowID, now, false) {
			of(f).trouble = true
		}
	}
	return slices.SortedFunc(maps.Values(changes), func(a, b *healthChange) int { return cmp.Compare(a.workflow, b.workflow) })
}

// writeHealth writes how the workflows of a batch do, and switches those off that have failed for too long. The rows are
// locked in one order.
func (b *batch) writeHealth(ctx context.Context, changes []*healthChange) error {
	if len(changes) == 0 {
		return nil
	}
	now := b.clock.Now()
	when := func(is func(*healthChange) bool) []*time.Time {
		return column(changes, func(c **healthChange) *time.Time {
			if is(*c) {
				return &now
			}
			return nil
		})
	}
	err := b.restartHealth(ctx, changes, now)
	if err != nil {
		return err
	}
	err = b.each(ctx, upsertHealth, len(changes),
		column(changes, func(c **healthChange) string { return (*c).workflow }), column(changes, func(c **healthChange) string { return (*c).org }),
		column(changes, func(c **healthChange) int { return (*c).failed }),
		when(func(c *healthChange) bool { return c.trouble }), when(func(c *healthChange) bool { return c.trouble }),
		when(func(c *healthChange) bool { return c.well }),
		column(changes, func(c **healthChange) string { return (*c).run }), column(changes, func(c **healthChange) string { return (*c).why }),
		column(changes, func(c **healthChange) int64 { return (*c).told }),
		column(changes, func(c **healthChange) *int64 {
			if (*c).told > 0 || (*c).well {
				at := now.UnixMicro()
				return &at
			}
			return nil
		}))
	if err != nil {
		return err
	}
	return b.switchOff(ctx, changes, now)
}

// restartHealth lets the time of failing begin anew where the last failure is long past.
func (b *batch) restartHealth(ctx context.Context, changes []*healthChange, now time.Time) error {
	var ids []string
	for _, c := range changes {
		if c.trouble {
			ids = append(ids, c.workflow)
		}
	}
	return b.each(ctx, restartFailing, len(ids), ids, column(ids, func(*string) time.Time { return now.Add(-models.OffAfterFailing) }))
}

var (
	restartFailing = &statement{
		postgres: `UPDATE workflow_health AS h SET failing_since = NULL FROM unnest($1::text[], $2::timestamptz[]) AS f (id, at)
			WHERE h.workflow_id = f.id AND h.last_failure_at < f.at AND h.failing_since IS NOT NULL`,
		sqlite: `UPDATE workflow_health SET failing_since = NULL WHERE workflow_id = ?1 AND last_failure_at < ?2 AND failing_since IS NOT NULL`,
	}
	readFailing = &statement{
		postgres: `SELECT w.id, w.off_after, h.consecutive_failures, h.failing_since FROM workflows w JOIN workflow_health h ON h.workflow_id = w.id
			WHERE w.id = ANY($1::text[]) AND w.enabled AND w.deleted_at IS NULL ORDER BY w.id`,
		sqlite: `SELECT w.id, w.off_after, h.consecutive_failures, h.failing_since FROM workflows w JOIN workflow_health h ON h.workflow_id = w.id
			WHERE w.id = ? AND w.enabled AND w.deleted_at IS NULL`,
	}
)

// OffReason decides whether a workflow switches itself off: after so many failed runs in a row (0 means never), or after a
// time of nothing but failures. It gives why; nil while it stays on.
func OffReason(offAfter, failures int, failing time.Duration) *models.RunError {
	switch {
	case offAfter > 0 && failures >= offAfter:
		return &models.RunError{Key: "workflow.off.failures", Args: map[string]any{"Count": failures}}
	case failing >= models.OffAfterFailing:
		return &models.RunError{Key: "workflow.off.days", Args: map[string]any{"Count": int(models.OffAfterFailing / (24 * time.Hour))}}
	}
	return nil
}

// switchOff turns those workflows off that are to switch themselves off.
func (b *batch) switchOff(ctx context.Context, changes []*healthChange, now time.Time) error {
	why := map[string]string{}
	var ids []string
	for _, c := range changes {
		if c.gone != "" {
			why[c.workflow] = c.gone
		}
		if c.trouble {
			ids = append(ids, c.workflow)
		}
	}
	err := b.eachReturning(ctx, readFailing, len(ids), func(rows scanner) error {
		var id string
		var after, failures int
		var since *time.Time
		err := rows.Scan(&id, &after, &failures, &since)
		failing := time.Duration(0)
		if since != nil {
			failing = now.Sub(*since)
		}
		if r := OffReason(after, failures, failing); r != nil && why[id] == "" {
			why[id] = r.Encode()
		}
		return err
	}, ids)
	if err != nil || len(why) == 0 {
		return err
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	ctx, s := b.store(ctx)
	for _, id := range sortedKeys(why) {
		if err := s.switchOff(ctx, id, why[id]); err != nil {
			return err
		}
	}
	return nil
}

// store gives a Store that works in the transaction of the batch.
func (b *batch) store(ctx context.Context) (context.Context, *Store) {
	ctx = context.WithValue(ctx, inTx{}, true)
	tx := b.core.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	tx.Statement.ConnPool = b.tx
	return ctx, &Store{core: b.core, w: tx, r: tx}
}

// SwitchOff has a workflow switch itself off, for a reason that is a RunError as JSON. What waits of it is held.
func (s *Store) SwitchOff(ctx context.Context, id, why string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error { return tx.switchOff(ctx, id, why) })
}

// switchOff turns a workflow off by itself, unless it is off already. What waits of it is held.
func (s *Store) switchOff(ctx context.Context, id, why string) error {
	now := s.clock.Now()
	var ws []models.Workflow
	err := s.write(ctx).Raw(`UPDATE workflows SET enabled = ?, off_reason = ?, off_at = ? WHERE id = ? AND enabled AND deleted_at IS NULL
		RETURNING id, org_id, survey_id, name`, false, why, now, id).Scan(&ws).Error
	if err != nil || len(ws) == 0 {
		return fault("switch workflow off", err)
	}
	w := &ws[0]
	s.log.Info("a workflow switched itself off", "workflow", id, "why", models.DecodeRunError(why).Key)
	err = s.write(ctx).Exec(`INSERT INTO workflow_health (workflow_id, org_id, off_n, tell_at) VALUES (?, ?, 1, ?)
		ON CONFLICT (workflow_id) DO UPDATE SET off_n = workflow_health.off_n + 1, tell_at = excluded.tell_at`, id, w.OrgID, now.UnixMicro()).Error
	if err != nil {
		return fault("switch workflow off", err)
	}
	if err := s.holdLane(ctx, id, why); err != nil {
		return err
	}
	if err := s.Audit(ctx, models.SystemActor(w.OrgID), models.AuditEntry{Action: models.AuditWorkflowOff, Object: id, Name: w.Name}); err != nil {
		return err
	}
	return s.bumpWorkflow(ctx, w)
}

// restoreHealth forgets the failures of a workflow that somebody turned on again: it starts anew, and people are told
// when it fails again.
func (s *Store) restoreHealth(ctx context.Context, id string) error {
	var all []models.WorkflowHealth
	if err := s.read(ctx).Table("workflow_health").Where("workflow_id = ?", id).Find(&all).Error; err != nil || len(all) == 0 {
		return fault("read health", err)
	}
	told := all[0].Told
	told.V.Failing = false
	text, err := models.MarshalJSON(told.V)
	if err != nil {
		return err
	}
	return fault("restore health", s.write(ctx).Exec(`UPDATE workflow_health SET consecutive_failures = 0, failing_since = NULL, last_failure_at = NULL,
		failed_n = 0, off_n = 0, told = ?, told_rev = told_rev + 1 WHERE workflow_id = ?`, string(text), id).Error)
}

// Health gives how the runs of a workflow end; nil when none ever failed.
func (s *Store) Health(ctx context.Context, workflowID string) (*models.WorkflowHealth, error) {
	var all []models.WorkflowHealth
	err := s.read(ctx).Table("workflow_health").Where("workflow_id = ?", workflowID).Find(&all).Error
	if len(all) == 0 {
		return nil, fault("read health", err)
	}
	return &all[0], nil
}

// HealthToTell gives workflows of which there may be something to tell people, and when the next may have.
func (s *Store) HealthToTell(ctx context.Context, limit int) ([]models.WorkflowHealth, error) {
	var all []models.WorkflowHealth
	err := s.read(ctx).Table("workflow_health").Where("tell_at <= ?", s.clock.Now().UnixMicro()).Order("tell_at, workflow_id").Limit(limit).Find(&all).Error
	return all, fault("find what is to be told", err)
}

// HealthNews is what people are told of a workflow's health.
type HealthNews struct {
	Told    models.HealthTold
	Failed  int64 // how much of what was to be told is told with it
	Refused int64
	Off     int
	Next    time.Time // when to look again; zero for never
	Notices *models.Notices
	Counts  map[string]int // what is added to notifications, by dedupe
}

// TellHealth writes news of a workflow's health, and that they are told; false when another node was first.
func (s *Store) TellHealth(ctx context.Context, h *models.WorkflowHealth, n HealthNews) (won bool, err error) {
	told, err := models.MarshalJSON(n.Told)
	if err != nil {
		return false, err
	}
	var next *int64
	if !n.Next.IsZero() {
		at := n.Next.UnixMicro()
		next = &at
	}
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		// What happened since h was read is still to be told, also when it happened at the same time by the clock: the counts say so.
		r := tx.write(ctx).Exec(`UPDATE workflow_health SET told = ?, told_rev = told_rev + 1, failed_n = failed_n - ?, refused_n = refused_n - ?,
				off_n = off_n - ?, tell_at = CASE WHEN tell_at = ? AND failed_n = ? AND refused_n = ? AND off_n = ? AND consecutive_failures = ?
					THEN CAST(? AS BIGINT) ELSE tell_at END
			WHERE workflow_id = ? AND told_rev = ?`, string(told), n.Failed, n.Refused, n.Off,
			h.TellAt, h.FailedN, h.RefusedN, h.OffN, h.ConsecutiveFailures, next, h.WorkflowID, h.ToldRev)
		if won = r.RowsAffected == 1; r.Error != nil || !won {
			return fault("tell of a workflow's health", r.Error)
		}
		for _, dedupe := range sortedKeys(n.Counts) {
			if err := tx.CountNotifications(ctx, dedupe, n.Counts[dedupe], s.clock.Now()); err != nil {
				return err
			}
		}
		return tx.Tell(ctx, n.Notices)
	})
	return won && err == nil, err
}
