package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

const (
	// moveLimit is how many queue rows one statement moves at most, so that none holds its locks for long.
	moveLimit = 500
	// heldLimit is how many held runs look again by themselves in one go. What holds them releases them: this is for those
	// that were forgotten, and must not be much when a hundred thousand are held for one receiver.
	heldLimit = 64
	// MaxStarts is how often a run may take its process down before it is parked as failed.
	MaxStarts = 3
)

// Node is a process that works on runs.
type Node struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	StartedAt int64 // microseconds since 1970
	SeenAt    int64
}

// Heartbeat says that the node lives; the first one makes its row. Its claims stand while it is seen.
func (s *Store) Heartbeat(ctx context.Context, id, name string) error {
	now := s.clock.Now().UnixMicro()
	return fault("heartbeat", s.write(ctx).Exec(`INSERT INTO nodes (id, name, started_at, seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, id, name, now, now).Error)
}

// NodeIDs gives the ids of the nodes that were seen since that time, in their order.
func (s *Store) NodeIDs(ctx context.Context, since time.Time) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&Node{}).Where("seen_at >= ?", since.UnixMicro()).Order("id").Pluck("id", &ids).Error
	return ids, fault("list nodes", err)
}

// Leave removes the node's row and gives back, uncharged, what it still had: the process ends in order, so that no run
// is to blame.
func (s *Store) Leave(ctx context.Context, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Exec("DELETE FROM nodes WHERE id = ?", id).Error; err != nil {
			return fault("leave", err)
		}
		return fault("leave", tx.write(ctx).Exec(returnRuns+" AND node = ?", s.clock.Now().UnixMicro(), id).Error)
	})
}

const (
	// freeRuns gives running rows back with their number of starts: whoever claims them next treats them as suspects.
	freeRuns = `UPDATE queue SET state = 'ready', state_at = ?, node = NULL, claim = NULL WHERE state = 'running'`
	// returnRuns gives running rows back as if this claim had not been.
	returnRuns = `UPDATE queue SET state = 'ready', state_at = ?, node = NULL, claim = NULL,
		starts = CASE WHEN starts > 0 THEN starts - 1 ELSE 0 END WHERE state = 'running'`
)

// TakeOver gives back the runs of nodes that were not seen since the cutoff, and of nodes that have no row.
// On SQLite, where one process at most works, every node but self is gone. It returns how many runs came back.
func (s *Store) TakeOver(ctx context.Context, self string, cutoff time.Time) (int64, error) {
	var freed int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if s.dialect == sqlite {
			cutoff = s.clock.Now().Add(time.Hour)
		}
		err := tx.write(ctx).Exec("DELETE FROM nodes WHERE id <> ? AND seen_at < ?", self, cutoff.UnixMicro()).Error
		if err != nil {
			return fault("take over", err)
		}
		r := tx.write(ctx).Exec(freeRuns+" AND node NOT IN (SELECT id FROM nodes)", s.clock.Now().UnixMicro())
		freed = r.RowsAffected
		return fault("take over", r.Error)
	})
	if err == nil && freed > 0 {
		s.signalWork()
	}
	return freed, err
}

// FreeStale gives back, uncharged, what the node claimed before the cutoff in claims that it does not know any more:
// their commit was answered with an error, or what they named could not be read.
func (s *Store) FreeStale(ctx context.Context, node string, claims []int64, cutoff time.Time) (int64, error) {
	if len(claims) == 0 {
		claims = []int64{0}
	}
	r := s.write(ctx).Exec(returnRuns+" AND node = ? AND state_at < ? AND claim NOT IN ?",
		s.clock.Now().UnixMicro(), node, cutoff.UnixMicro(), claims)
	if r.Error == nil && r.RowsAffected > 0 {
		s.signalWork()
	}
	return r.RowsAffected, fault("free stale claims", r.Error)
}

// PromoteDue makes waiting runs ready whose time has come, and held ones whose deadline has; it gives how many,
// and when the next is due (zero when none waits).
func (s *Store) PromoteDue(ctx context.Context) (moved int64, next time.Time, err error) {
	now := s.clock.Now().UnixMicro()
	r := s.write(ctx).Exec(`WITH c AS MATERIALIZED (SELECT id FROM queue WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?`+s.skipLocked()+`)
		UPDATE queue SET state = 'ready', state_at = ?, rank = ?, due_at = NULL, hold = NULL, hold_reason = NULL, host = NULL
		WHERE id IN (SELECT id FROM c)`, now, moveLimit, now, now)
	if r.Error != nil {
		return 0, next, fault("promote due runs", r.Error)
	}
	moved = r.RowsAffected
	held := s.write(ctx).Exec(s.promoteHeld(), now, heldLimit, now)
	if held.Error != nil {
		return moved, next, fault("promote held runs", held.Error)
	}
	moved += held.RowsAffected
	if moved > 0 {
		s.signalWork()
	}
	var due []int64
	err = s.read(ctx).Raw("SELECT due_at FROM queue WHERE state = 'waiting' ORDER BY due_at LIMIT 1").Scan(&due).Error
	if len(due) == 1 {
		next = time.UnixMicro(due[0]).UTC()
	}
	return moved, next, fault("find the next due run", err)
}

// promoteHeld makes held runs ready whose deadline has come.
func (s *Store) promoteHeld() string {
	return `WITH c AS MATERIALIZED (
			SELECT id FROM queue WHERE state = 'held' AND hold = 'host' AND due_at <= ? ORDER BY due_at LIMIT ?` + s.skipLocked() + `)
		UPDATE queue SET state = 'ready', state_at = ?, due_at = NULL, hold = NULL, hold_reason = NULL, host = NULL
		WHERE id IN (SELECT id FROM c)`
}

func (s *Store) skipLocked() string {
	if s.dialect == postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// ReleaseHost makes up to n runs ready that are held for that host, in their order; it gives how many.
func (s *Store) ReleaseHost(ctx context.Context, host string, n int) (int64, error) {
	r := s.write(ctx).Exec(`WITH c AS MATERIALIZED (
			SELECT id FROM queue WHERE state = 'held' AND hold = 'host' AND host = ? ORDER BY rank LIMIT ?`+s.skipLocked()+`)
		UPDATE queue SET state = 'ready', state_at = ?, due_at = NULL, hold = NULL, hold_reason = NULL, host = NULL
		WHERE id IN (SELECT id FROM c)`, host, n, s.clock.Now().UnixMicro())
	if r.Error == nil && r.RowsAffected > 0 {
		s.signalWork()
	}
	return r.RowsAffected, fault("release held runs", r.Error)
}

// holdLane holds what waits of a workflow that is turned off, or switched itself off for a reason. Its due times stay.
func (s *Store) holdLane(ctx context.Context, workflowID, why string) error {
	return fault("hold runs", s.write(ctx).Exec(`UPDATE queue SET state = 'held', state_at = ?, hold = 'off', hold_reason = ?, host = NULL
		WHERE lane = ? AND state IN ('ready', 'waiting', 'held')`, s.clock.Now().UnixMicro(), why, workflowID).Error)
}

// releaseLane lets the runs go on that were held because their workflow was off. They line up one behind the other, as they
// would have come: a hundred thousand of them must not go before what others do now.
func (s *Store) releaseLane(ctx context.Context, workflowID string) error {
	now := s.clock.Now().UnixMicro()
	return fault("release runs", s.write(ctx).Exec(`UPDATE queue SET state = CASE WHEN due_at > ? THEN 'waiting' ELSE 'ready' END,
			due_at = CASE WHEN due_at > ? THEN due_at END, state_at = ?, hold = NULL, hold_reason = NULL, rank = ? + line.n * ?
		FROM (SELECT id AS held, ROW_NUMBER() OVER (ORDER BY id) - 1 AS n FROM queue WHERE lane = ? AND state = 'held' AND hold = 'off') AS line
		WHERE queue.id = line.held`, now, now, now, now, laneStep, workflowID).Error)
}

// cancelLane cancels what waits of a workflow and asks what is running to stop; it gives the number canceled at once.
func (s *Store) cancelLane(ctx context.Context, workflowID string) (int, error) {
	_, canceled, err := s.cancelQueue(ctx, "lane = ?", workflowID)
	return canceled, err
}

// cancelQueue cancels those runs of the queue; it gives how many there are, and how many of them ended at once.
func (s *Store) cancelQueue(ctx context.Context, where string, arg any) (asked int64, ended int, err error) {
	// First the mark: from then on the rows are locked, and none can begin to wait after it was seen running.
	r := s.write(ctx).Exec("UPDATE queue SET canceling = TRUE WHERE "+where, arg)
	if r.Error != nil {
		return 0, 0, fault("cancel runs", r.Error)
	}
	var ids []string
	err = s.write(ctx).Raw("DELETE FROM queue WHERE "+where+" AND canceling AND state <> 'running' RETURNING id", arg).Scan(&ids).Error
	if err != nil {
		return 0, 0, fault("cancel runs", err)
	}
	return r.RowsAffected, len(ids), s.endCanceled(ctx, ids)
}

// endCanceled writes the end of runs whose queue row was just removed.
func (s *Store) endCanceled(ctx context.Context, ids []string) error {
	for len(ids) > 0 {
		part := ids[:min(moveLimit, len(ids))]
		ids = ids[len(part):]
		err := s.write(ctx).Model(&models.Run{}).Where("id IN ?", part).
			Updates(map[string]any{"status": models.RunCanceled, "finished_at": s.clock.Now()}).Error
		if err != nil {
			return fault("cancel runs", err)
		}
		if err := s.countCanceled(ctx, part); err != nil {
			return fault("count canceled runs", err)
		}
	}
	return nil
}

// canceledShard holds the counts of runs that were canceled while they waited: no committer's.
const canceledShard = -1

// countCanceled adds canceled runs to the counts of their workflow and of the hour in which they were made.
func (s *Store) countCanceled(ctx context.Context, ids []string) error {
	var runs []models.Run
	if err := s.read(ctx).Select("workflow_id", "created_at").Where("id IN ?", ids).Find(&runs).Error; err != nil {
		return err
	}
	type key struct {
		workflow string
		hour     int64
	}
	counts := map[key]int64{}
	for _, r := range runs {
		counts[key{r.WorkflowID, r.CreatedAt.Unix() / 3600}]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.workflow, b.workflow), cmp.Compare(a.hour, b.hour))
	})
	for _, k := range keys {
		err := s.write(ctx).Exec(`INSERT INTO run_counts (workflow_id, hour, status, shard, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (workflow_id, hour, status, shard) DO UPDATE SET n = run_counts.n + excluded.n`,
			k.workflow, k.hour, models.RunCanceled, canceledShard, counts[k]).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// queueTable is how GORM finds the queue.
func (s *Store) queueTable(ctx context.Context) *gorm.DB { return s.read(ctx).Table("queue") }

// QueueDepths counts unfinished work by kind and state, for the metrics.
func (s *Store) QueueDepths(ctx context.Context) (map[models.QueueState]int64, error) {
	var rows []struct {
		State models.QueueState
		N     int64
	}
	err := s.queueTable(ctx).Select("state, COUNT(*) AS n").Group("state").Scan(&rows).Error
	depths := map[models.QueueState]int64{}
	for _, r := range rows {
		depths[r.State] = r.N
	}
	return depths, fault("count the queue", err)
}
