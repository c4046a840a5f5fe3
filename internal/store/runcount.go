package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// RunHour is how many runs that were made in one hour ended with one status.
type RunHour struct {
	Hour   int64 // hours since 1970
	Status models.RunStatus
	N      int64
}

// Start gives when the hour begins.
func (h RunHour) Start() time.Time { return time.Unix(h.Hour*3600, 0).UTC() }

// RunHours gives how many runs ended with which status, by the hour in which they were made, the oldest first. Of the filter
// it knows workflow, survey and period, the latter to the hour; it costs a row per hour and workflow and not one per run.
func (s *Store) RunHours(ctx context.Context, a models.Actor, f RunFilter) ([]RunHour, error) {
	where, args := countScope(a, f)
	var hours []RunHour
	err := s.read(ctx).Raw(`SELECT hour, status, CAST(SUM(n) AS BIGINT) AS n FROM run_counts WHERE `+where+` GROUP BY hour, status ORDER BY hour`, args...).Scan(&hours).Error
	return hours, fault("count runs by hour", err)
}

// RunCounts gives how many runs stand at each status that people see: ended ones that were made in the filter's period, to
// the hour, and all unfinished ones. Of the filter it knows workflow, survey and period.
func (s *Store) RunCounts(ctx context.Context, a models.Actor, f RunFilter) (map[models.RunStatus]int64, error) {
	ended, args := countScope(a, f)
	open, more := "kind = 'run'", []any{}
	if scope, ids := runScope(a, f, "lane"); scope != "" {
		open, more = open+" AND "+scope, ids
	}
	var rows []struct {
		Status models.RunStatus
		N      int64
	}
	err := s.read(ctx).Raw(`SELECT status, CAST(SUM(n) AS BIGINT) AS n FROM run_counts WHERE `+ended+` GROUP BY status
		UNION ALL SELECT CASE WHEN state = 'running' THEN 'running' ELSE 'scheduled' END, COUNT(*) FROM queue WHERE `+open+` GROUP BY 1`,
		append(args, more...)...).Scan(&rows).Error
	counts := map[models.RunStatus]int64{}
	for _, r := range rows {
		counts[r.Status] += r.N
	}
	return counts, fault("count runs", err)
}

// countScope spells which rows of run_counts a filter asks for.
func countScope(a models.Actor, f RunFilter) (string, []any) {
	where, args := "hour >= ?", []any{f.From.Unix() / 3600}
	if f.From.IsZero() {
		args[0] = 0
	}
	if !f.To.IsZero() {
		where, args = where+" AND hour < ?", append(args, (f.To.Unix()+3599)/3600)
	}
	if scope, more := runScope(a, f, "workflow_id"); scope != "" {
		return where + " AND " + scope, append(args, more...)
	}
	return where + " AND workflow_id IN (SELECT id FROM workflows WHERE org_id = ?)", append(args, a.OrgID)
}

// mergedShard holds the counts of hours that few runs of which still end.
const mergedShard = -3

// MergeCounts puts the counts of hours before that time together that several committers keep, some at a time, so that lists
// add up less: it gives how many rows it took in, and 0 when there is nothing left to merge.
func (s *Store) MergeCounts(ctx context.Context, before time.Time) (int, error) {
	merged := 0
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var rows []struct {
			WorkflowID string
			RunHour
		}
		// In the order in which committers lock them.
		err := tx.write(ctx).Raw(`DELETE FROM run_counts WHERE (workflow_id, hour, status, shard) IN (
			SELECT workflow_id, hour, status, shard FROM run_counts WHERE hour < ? AND shard <> ? ORDER BY workflow_id, hour, status LIMIT ?)
			RETURNING workflow_id, hour, status, n`, before.Unix()/3600, mergedShard, moveLimit).Scan(&rows).Error
		if err != nil {
			return fault("merge counts", err)
		}
		for _, r := range rows {
			err := tx.write(ctx).Exec(`INSERT INTO run_counts (workflow_id, hour, status, shard, n) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (workflow_id, hour, status, shard) DO UPDATE SET n = run_counts.n + excluded.n`, r.WorkflowID, r.Hour, r.Status, mergedShard, r.N).Error
			if err != nil {
				return fault("merge counts", err)
			}
		}
		merged = len(rows)
		return nil
	})
	return merged, err
}
