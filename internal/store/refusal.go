package store

import (
	"context"
	"sync"
	"time"

	"surveyflow/models"
)

const (
	// refusalPace is how often refusals of one workflow and reason are written at most. Between, they are counted in
	// memory: whoever sends a thousand wrong requests a second must not keep the database busy.
	refusalPace = time.Second
	// refusalsKept bounds what is counted in memory.
	refusalsKept = 1000
)

// refusals paces the writing of refusals.
type refusals struct {
	mu      sync.Mutex
	entries map[refusalKey]*refusalEntry
}

type refusalKey struct {
	workflow string
	reason   models.RefusalReason
}

type refusalEntry struct {
	written time.Time // by the machine's clock
	more    int64     // since then, not written yet
	last    models.Refusal
}

// add counts a refusal. It gives how many are to be written now, and 0 when they are to wait.
func (r *refusals) add(f models.Refusal, now time.Time) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries == nil {
		r.entries = map[refusalKey]*refusalEntry{}
	}
	key := refusalKey{f.WorkflowID, f.Reason}
	e := r.entries[key]
	if e == nil {
		if len(r.entries) >= refusalsKept {
			return 1
		}
		e = &refusalEntry{}
		r.entries[key] = e
	}
	e.last = f
	e.more++
	if now.Sub(e.written) < refusalPace {
		return 0
	}
	n := e.more
	e.written, e.more = now, 0
	return n
}

// due takes what was counted at least a pace ago, or all of it, and forgets who was quiet since.
func (r *refusals) due(now time.Time, all bool) map[models.RefusalReason][]refusalEntry { //nolint:revive // at the end of the program
	r.mu.Lock()
	defer r.mu.Unlock()
	due := map[models.RefusalReason][]refusalEntry{}
	for key, e := range r.entries {
		switch {
		case !all && now.Sub(e.written) < refusalPace:
		case e.more == 0:
			delete(r.entries, key)
		default:
			due[key.reason] = append(due[key.reason], *e)
			e.written, e.more = now, 0
		}
	}
	return due
}

// RecordRefusal counts an event that started no run of a workflow because it was refused. Who calls it has masked the
// secrets of the sample; it is cut to its limits here. The first of a kind is on disk when it returns; what follows within a
// second may be counted a moment later, so that a flood costs one write a second.
func (s *Store) RecordRefusal(ctx context.Context, f models.Refusal) error {
	f.Sample = f.Sample.Bounded()
	n := s.refusals.add(f, time.Now()) //nolint:forbidigo // paces this node only
	if n == 0 {
		return nil
	}
	return s.writeRefusal(ctx, f, n)
}

// NoteRefusals records what was refused of a fact that is on disk. What cannot be recorded is logged, and only that: the fact
// stands.
func (s *Store) NoteRefusals(all []models.Refusal) {
	for _, r := range all {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		if err := s.RecordRefusal(ctx, r); err != nil {
			s.log.Warn("a refused event was not recorded", "workflow", r.WorkflowID, "reason", r.Reason, "error", err)
		}
		cancel()
	}
}

func (s *Store) writeRefusal(ctx context.Context, f models.Refusal, n int64) error {
	sample, err := models.MarshalJSON(f.Sample)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if f.DayOnly {
		now = now.Truncate(24 * time.Hour)
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		err := tx.write(ctx).Exec(`INSERT INTO refusal_counts (workflow_id, hour, reason, org_id, n, last_at, sample) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (workflow_id, hour, reason) DO UPDATE SET n = refusal_counts.n + excluded.n, last_at = excluded.last_at, sample = excluded.sample`,
			f.WorkflowID, now.Unix()/3600, f.Reason, f.OrgID, n, now, string(sample)).Error
		if err != nil || f.Reason == models.RefusedDisabled { // who turned it off knows
			return fault("record refusal", err)
		}
		return fault("record refusal", tx.write(ctx).Exec(`INSERT INTO workflow_health (workflow_id, org_id, refused_n, refused_reason, tell_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (workflow_id) DO UPDATE SET refused_n = workflow_health.refused_n + excluded.refused_n,
				refused_reason = excluded.refused_reason, tell_at = excluded.tell_at`,
			f.WorkflowID, f.OrgID, n, f.Reason, now.UnixMicro()).Error)
	})
}

// flushRefusals writes what was only counted, until ctx ends, and then the rest.
func (s *Store) flushRefusals(ctx context.Context) {
	tick := time.NewTicker(refusalPace)
	defer tick.Stop()
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-tick.C:
		}
		for _, entries := range s.refusals.due(time.Now(), last) { //nolint:forbidigo // paces this node only
			for _, e := range entries {
				bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
				err := s.writeRefusal(bounded, e.last, e.more)
				cancel()
				if err != nil {
					s.log.Warn("counting refused events failed", "workflow", e.last.WorkflowID, "error", err)
				}
			}
		}
	}
}

// RefusalFilter chooses refused events.
type RefusalFilter struct {
	WorkflowID string
	SurveyID   string
	From       time.Time // to the hour; zero means all that are kept
}

// Refusals lists refused events of workflows that the actor may see, by hour and reason, the newest first, at most limit.
func (s *Store) Refusals(ctx context.Context, a models.Actor, f RefusalFilter, limit int) ([]models.RefusalCount, error) {
	where, args := refusalScope(a, f)
	var all []models.RefusalCount
	err := s.read(ctx).Where(where, args...).Order("hour DESC, last_at DESC, reason").Limit(limit).Find(&all).Error
	return all, fault("list refused events", err)
}

// CountRefusals gives how many events of workflows that the actor may see were refused.
func (s *Store) CountRefusals(ctx context.Context, a models.Actor, f RefusalFilter) (int64, error) {
	where, args := refusalScope(a, f)
	var n int64
	err := s.read(ctx).Raw("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM refusal_counts WHERE "+where, args...).Scan(&n).Error
	return n, fault("count refused events", err)
}

func refusalScope(a models.Actor, f RefusalFilter) (string, []any) {
	where, args := "org_id = ?", []any{a.OrgID}
	if !f.From.IsZero() {
		where, args = where+" AND hour >= ?", append(args, f.From.Unix()/3600)
	}
	if scope, more := runScope(a, RunFilter{WorkflowID: f.WorkflowID, SurveyID: f.SurveyID}, "workflow_id"); scope != "" {
		where, args = where+" AND "+scope, append(args, more...)
	}
	return where, args
}
