package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

// What the breaker of a receiver does when (contract §7; all nodes share it).
const (
	// BreakAfter is after how many failures in a row the calls to a receiver are held.
	BreakAfter = 10
	// BackAtOnce is how many calls at the same time a receiver gets while it comes back. When all of the first fail, it is
	// held again.
	BackAtOnce = 4
)

// probePauses are the pauses before the first probe, the second …; the last one stands for all that follow.
var probePauses = []time.Duration{
	10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute,
}

// ProbePause gives the pause before the next probe of a receiver that opened, or failed a probe, for the n-th time since it
// was well; 1 is the first.
func ProbePause(n int) time.Duration {
	return probePauses[min(max(n, 1), len(probePauses))-1]
}

// probePauseSQL spells ProbePause(trips + 1) in microseconds.
var probePauseSQL = func() string {
	var b strings.Builder
	b.WriteString("CASE hosts.trips")
	for i, p := range probePauses[:len(probePauses)-1] {
		fmt.Fprintf(&b, " WHEN %d THEN %d", i, p.Microseconds())
	}
	fmt.Fprintf(&b, " ELSE %d END", probePauses[len(probePauses)-1].Microseconds())
	return b.String()
}()

const hostColumns = `org_id, host, breaker, failures, trips, error, failed_at, opened_at, retry_at, next_us, updated_at`

// HostFailures are failures of a receiver that a node saw.
type HostFailures struct {
	N     int           // since the last that it wrote down
	Anew  bool          // a call succeeded before them: the earlier ones do not count any more
	Error string        // the last one, a RunError as JSON; empty when there is none
	Asked time.Duration // how long the receiver asked to wait with it; 0 when it did not
}

// HostFailed adds failures to those that all nodes saw. It opens the breaker after [BreakAfter] of them, and gives what is
// true now.
func (s *Store) HostFailed(ctx context.Context, orgID, host string, f HostFailures) (*models.Host, error) {
	now := s.clock.Now().UnixMicro()
	breaker, trips := models.BreakerClosed, 0
	var opened, retry, failed *int64
	first := now + max(ProbePause(1), min(f.Asked, probePauses[len(probePauses)-1])).Microseconds()
	if f.N >= BreakAfter {
		breaker, trips, opened, retry = models.BreakerOpen, 1, &now, &first
	}
	if f.N > 0 {
		failed = &now
	}
	count := "hosts.failures + excluded.failures"
	if f.Anew {
		count = "excluded.failures"
	}
	opens := fmt.Sprintf("hosts.breaker = 'closed' AND %s >= %d", count, BreakAfter)
	asked := min(f.Asked, probePauses[len(probePauses)-1]).Microseconds()
	pause := fmt.Sprintf("CASE WHEN %d > %s THEN %d ELSE %s END", asked, probePauseSQL, asked, probePauseSQL)
	return s.hostRow(ctx, "count failures of a receiver", `INSERT INTO hosts (`+hostColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT (org_id, host) DO UPDATE SET failures = `+count+`, updated_at = excluded.updated_at,
			error = CASE WHEN excluded.error <> '' THEN excluded.error ELSE hosts.error END, failed_at = COALESCE(excluded.failed_at, hosts.failed_at),
			breaker = CASE WHEN `+opens+` THEN 'open' ELSE hosts.breaker END, trips = CASE WHEN `+opens+` THEN hosts.trips + 1 ELSE hosts.trips END,
			opened_at = CASE WHEN `+opens+` THEN excluded.updated_at ELSE hosts.opened_at END,
			retry_at = CASE WHEN `+opens+` THEN excluded.updated_at + `+pause+` ELSE hosts.retry_at END
		RETURNING `+hostColumns, orgID, host, breaker, f.N, trips, f.Error, failed, opened, retry, now)
}

// ProbeFailed says that a probe of a receiver has failed: the next is made after a longer pause.
func (s *Store) ProbeFailed(ctx context.Context, orgID, host, why string) (*models.Host, error) {
	now := s.clock.Now().UnixMicro()
	return s.hostRow(ctx, "note a failed probe", `UPDATE hosts SET failures = failures + 1, trips = trips + 1, error = ?, failed_at = ?, updated_at = ?,
			retry_at = CAST(? AS BIGINT) + `+probePauseSQL+` WHERE org_id = ? AND host = ? AND breaker = 'open' RETURNING `+hostColumns, why, now, now, now, orgID, host)
}

// HostWell says that a call to a receiver that was held succeeded: its calls are made again.
func (s *Store) HostWell(ctx context.Context, orgID, host string) (*models.Host, error) {
	return s.hostRow(ctx, "close a breaker", `UPDATE hosts SET breaker = 'closed', failures = ?, opened_at = NULL, retry_at = NULL, updated_at = ?
		WHERE org_id = ? AND host = ? AND breaker = 'open' RETURNING `+hostColumns, BreakAfter-BackAtOnce, s.clock.Now().UnixMicro(), orgID, host)
}

// HostSteady says that a receiver has been well for a while since it came back: it starts anew.
func (s *Store) HostSteady(ctx context.Context, orgID, host string) (*models.Host, error) {
	return s.hostRow(ctx, "note that a receiver is well", `UPDATE hosts SET failures = 0, trips = 0, updated_at = ?
		WHERE org_id = ? AND host = ? AND breaker = 'closed' RETURNING `+hostColumns, s.clock.Now().UnixMicro(), orgID, host)
}

// WinProbe gives the next probe of a receiver to the one caller of all nodes who may make it; nil for the others. Until the
// probe ends, and should it never end, nobody else gets one before the longest call would have ended.
func (s *Store) WinProbe(ctx context.Context, orgID, host string, longest time.Duration) (*models.Host, error) {
	now := s.clock.Now()
	return s.hostRow(ctx, "take a probe", `UPDATE hosts SET retry_at = ?, updated_at = ?
		WHERE org_id = ? AND host = ? AND breaker = 'open' AND retry_at <= ? RETURNING `+hostColumns,
		now.Add(longest).UnixMicro(), now.UnixMicro(), orgID, host, now.UnixMicro())
}

// Host gives what is known of a receiver; nil when nothing is.
func (s *Store) Host(ctx context.Context, orgID, host string) (*models.Host, error) {
	var all []models.Host
	err := s.read(ctx).Where("org_id = ? AND host = ?", orgID, host).Limit(1).Find(&all).Error
	if len(all) == 0 {
		return nil, fault("read receiver", err)
	}
	return &all[0], nil
}

// TroubledHosts gives the receivers whose calls are held, or failed lately.
func (s *Store) TroubledHosts(ctx context.Context) ([]models.Host, error) {
	var all []models.Host
	err := s.read(ctx).Where("breaker = 'open' OR failures > 0 OR trips > 0").Find(&all).Error
	return all, fault("read receivers", err)
}

// rateSlack is how much before its time a call of a rate may be made: runs do not wake up to the millisecond.
const rateSlack = 20 * time.Millisecond

// TakeRate takes the next place of a receiver's rate, which all nodes share: one call in every interval. When it is not yet
// its time, it gives when the next place is free.
func (s *Store) TakeRate(ctx context.Context, orgID, host string, interval time.Duration) (ok bool, free time.Time, err error) {
	now := s.clock.Now().UnixMicro()
	took, err := s.hostRow(ctx, "take a place of a rate", `INSERT INTO hosts (`+hostColumns+`) VALUES (?, ?, 'closed', 0, 0, '', NULL, NULL, NULL, ?, ?)
		ON CONFLICT (org_id, host) DO UPDATE SET next_us = CASE WHEN hosts.next_us > ? THEN hosts.next_us ELSE ? END + ?
		WHERE hosts.next_us <= ? RETURNING `+hostColumns,
		orgID, host, now+interval.Microseconds(), now, now, now, interval.Microseconds(), now+rateSlack.Microseconds())
	if err != nil || took != nil {
		return took != nil, free, err
	}
	h, err := s.Host(ctx, orgID, host)
	if err != nil || h == nil {
		return false, s.clock.Now().Add(interval), err
	}
	return false, time.UnixMicro(h.NextUs).UTC(), nil
}

// hostRow runs a statement that returns the row of one receiver; nil when it changed none.
func (s *Store) hostRow(ctx context.Context, what, sql string, args ...any) (*models.Host, error) {
	var all []models.Host
	if err := s.write(ctx).Raw(sql, args...).Scan(&all).Error; err != nil {
		return nil, fault(what, err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return &all[0], nil
}

// CountHeld gives how many runs are held for receivers.
func (s *Store) CountHeld(ctx context.Context, a models.Actor) (int, error) {
	var n int64
	err := s.queueTable(ctx).Where("state = 'held' AND hold = 'host' AND EXISTS (SELECT 1 FROM runs r WHERE r.id = queue.id AND r.org_id = ?)", a.OrgID).Count(&n).Error
	return int(n), fault("count held runs", err)
}

// HeldHosts gives up to n receivers that runs are held for, without counting the runs: it costs an index look-up for each.
func (s *Store) HeldHosts(ctx context.Context, n int) ([]string, error) {
	var hosts []string
	err := s.read(ctx).Raw(`WITH RECURSIVE h (host) AS (
			SELECT (SELECT host FROM queue WHERE state = 'held' AND host IS NOT NULL ORDER BY host LIMIT 1)
			UNION ALL SELECT (SELECT q.host FROM queue q WHERE q.state = 'held' AND q.host > h.host ORDER BY q.host LIMIT 1) FROM h WHERE h.host IS NOT NULL)
		SELECT host FROM h WHERE host IS NOT NULL LIMIT ?`, n).Scan(&hosts).Error
	return hosts, fault("find held receivers", err)
}

// PurgeHosts forgets receivers that nothing was heard of for a day, or for a week when their calls were held: by then nobody
// waits for them.
func (s *Store) PurgeHosts(ctx context.Context) error {
	now := s.clock.Now()
	return fault("purge receivers", s.write(ctx).Exec(`DELETE FROM hosts WHERE updated_at < ? AND breaker = 'closed' AND next_us < ? OR updated_at < ?
			AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.state = 'held' AND q.host = hosts.host)`,
		now.Add(-24*time.Hour).UnixMicro(), now.UnixMicro(), now.Add(-7*24*time.Hour).UnixMicro()).Error)
}

// HostRow is a receiver with how many runs are held for it.
type HostRow struct {
	models.Host
	Held int64
}

// Hosts lists the receivers that are failing or failed lately, and those that runs are held for, the most held first. Who does
// not see the whole organisation sees those that runs of workflows are held for which they see, and how many of these.
func (s *Store) Hosts(ctx context.Context, a models.Actor) ([]HostRow, error) {
	where, args := "q.state = 'held' AND q.hold = 'host' AND q.host IS NOT NULL AND w.org_id = ?", []any{a.OrgID}
	if !a.SeesAll() {
		seen, more := workflowsSeen(a, "w")
		where, args = where+" AND "+seen, append(args, more...)
	}
	var held []struct {
		Host string
		Held int64
	}
	err := s.read(ctx).Raw("SELECT q.host, COUNT(*) AS held FROM queue q JOIN workflows w ON w.id = q.lane WHERE "+where+" GROUP BY q.host", args...).Scan(&held).Error
	if err != nil {
		return nil, fault("count held runs", err)
	}
	rows := map[string]*HostRow{}
	names := make([]string, 0, len(held))
	for _, h := range held {
		rows[h.Host] = &HostRow{Host: models.Host{OrgID: a.OrgID, Host: h.Host, Breaker: models.BreakerClosed}, Held: h.Held}
		names = append(names, h.Host)
	}
	db := s.read(ctx).Where("org_id = ?", a.OrgID)
	if a.SeesAll() {
		db = db.Where("breaker = 'open' OR failures > 0 OR trips > 0")
	} else {
		db = db.Where("host IN ?", names)
	}
	var known []models.Host
	if err := db.Find(&known).Error; err != nil {
		return nil, fault("list receivers", err)
	}
	for i := range known {
		row := rows[known[i].Host]
		if row == nil {
			row = &HostRow{}
			rows[known[i].Host] = row
		}
		row.Host = known[i]
	}
	all := make([]HostRow, 0, len(rows))
	for _, host := range sortedKeys(rows) {
		all = append(all, *rows[host])
	}
	slices.SortStableFunc(all, func(a, b HostRow) int { return cmp.Compare(b.Held, a.Held) })
	return all, nil
}

// HostsNamed gives what is known of those receivers, by name.
func (s *Store) HostsNamed(ctx context.Context, orgID string, names []string) (map[string]models.Host, error) {
	var all []models.Host
	err := s.read(ctx).Where("org_id = ? AND host IN ?", orgID, names).Find(&all).Error
	byName := make(map[string]models.Host, len(all))
	for _, h := range all {
		byName[h.Host] = h
	}
	return byName, fault("read receivers", err)
}

// TryHost has the next probe of a failing receiver made now. It fails with models.CodeNotFound when the actor does not see
// it, as in [Store.Hosts], and with models.CodeConflict when it is not failing.
func (s *Store) TryHost(ctx context.Context, a models.Actor, host string) error {
	all, err := s.Hosts(ctx, a)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(r HostRow) bool { return r.Host.Host == host }) {
		return models.NotFound("error.not_found")
	}
	now := s.clock.Now().UnixMicro()
	r := s.write(ctx).Exec("UPDATE hosts SET retry_at = ?, updated_at = ? WHERE org_id = ? AND host = ? AND breaker = 'open'", now, now, a.OrgID, host)
	return s.changed(r, "try a receiver", "hosts.error.not_failing")
}

// HeldOff counts the runs of a workflow that are held because it is off.
func (s *Store) HeldOff(ctx context.Context, workflowID string) (int64, error) {
	var n int64
	err := s.queueTable(ctx).Where("lane = ? AND state = 'held' AND hold = 'off'", workflowID).Count(&n).Error
	return n, fault("count held runs", err)
}
