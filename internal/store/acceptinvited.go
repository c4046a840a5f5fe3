package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"surveyflow/models"
)

// InvitationProgress says how far the response of an acceptance brings an invitation.
type InvitationProgress struct {
	ID         string
	Status     models.InvitationStatus // InvitationStarted or InvitationFinished
	At         time.Time
	ResponseID *string // nil for an anonymous survey
	Over       bool    // no reminder leaves any more
}

var (
	lockInvitations = &statement{
		postgres: `SELECT id, finished_at IS NOT NULL, repeatable FROM invitations WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE`,
		sqlite:   `SELECT id, finished_at IS NOT NULL, repeatable FROM invitations WHERE id = ?`,
	}
	moveInvitations = &statement{
		postgres: `UPDATE invitations AS i SET status = CASE WHEN i.repeatable AND i.finished_at IS NOT NULL THEN i.status ELSE c.status END, status_at = c.at, reason = '', started_at = COALESCE(i.started_at, c.at),
				started_by = CASE WHEN i.started_at IS NULL THEN i.followed_by ELSE i.started_by END,
				finished_at = CASE WHEN c.status = 'finished' THEN c.at WHEN i.repeatable THEN i.finished_at END, finished_by = i.followed_by, response_id = COALESCE(c.response_id, i.response_id),
				due_at = CASE WHEN c.over THEN NULL ELSE i.due_at END, paused = i.paused AND NOT c.over
			FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bool[], $5::text[]) AS c (status, at, response_id, over, id) WHERE i.id = c.id`,
		sqlite: `UPDATE invitations SET status = CASE WHEN repeatable AND finished_at IS NOT NULL THEN status ELSE ?1 END, status_at = ?2, reason = '', started_at = COALESCE(started_at, ?2),
				started_by = CASE WHEN started_at IS NULL THEN followed_by ELSE started_by END,
				finished_at = CASE WHEN ?1 = 'finished' THEN ?2 WHEN repeatable THEN finished_at END, finished_by = followed_by, response_id = COALESCE(?3, response_id),
				due_at = CASE WHEN ?4 THEN NULL ELSE due_at END, paused = paused AND NOT ?4
			WHERE id = ?5`,
	}
	lockCollectorCounts = &statement{
		postgres: `SELECT collector_id, n FROM collector_counts WHERE collector_id = ANY($1::text[]) ORDER BY collector_id FOR UPDATE`,
		sqlite:   `SELECT collector_id, n FROM collector_counts WHERE collector_id = ?`,
	}
	addCollectorCounts = &statement{
		postgres: `UPDATE collector_counts AS k SET n = k.n + c.n FROM unnest($1::bigint[], $2::text[]) AS c (n, collector_id) WHERE k.collector_id = c.collector_id`,
		sqlite:   `UPDATE collector_counts SET n = n + ? WHERE collector_id = ?`,
	}
	fillCollectors = &statement{
		postgres: `UPDATE collectors SET full_at = c.at FROM unnest($1::timestamptz[], $2::text[]) AS c (at, collector_id) WHERE id = c.collector_id`,
		sqlite:   `UPDATE collectors SET full_at = ? WHERE id = ?`,
	}
	touchSurveys = &statement{
		postgres: `UPDATE surveys SET live_rev = live_rev + 1 WHERE id = ANY($1::text[])`,
		sqlite:   `UPDATE surveys SET live_rev = live_rev + 1 WHERE id = ?`,
	}
)

// dropAnswered is the gate of invitations: through one that is finished nothing comes any more (one answer for each key). From
// here on their rows are locked.
func (b *batch) dropAnswered(ctx context.Context, units []*unit) ([]*unit, error) {
	var ids []string
	for _, u := range units {
		if p := u.accept.Invitation; p != nil && !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return units, nil
	}
	slices.Sort(ids)
	open, again := make(map[string]bool, len(ids)), map[string]bool{}
	err := b.eachReturning(ctx, lockInvitations, len(ids), func(rows scanner) error {
		var id string
		var finished, repeatable bool
		err := rows.Scan(&id, &finished, &repeatable)
		open[id], again[id] = !finished || repeatable, repeatable
		return err
	}, ids)
	if err != nil {
		return nil, err
	}
	kept := make([]*unit, 0, len(units))
	for _, u := range units {
		if p := u.accept.Invitation; p != nil {
			if answered, there := open[p.ID]; there && !answered {
				u.err = models.Conflict("invitation.error.answered", nil)
				continue
			}
			if p.Status == models.InvitationFinished {
				open[p.ID] = again[p.ID] // the next one of this batch comes too late
			}
		}
		kept = append(kept, u)
	}
	return kept, nil
}

// completes reports whether the unit counts for the maximum of its collector.
func (u *unit) completes() bool {
	r := u.accept.Response
	return u.accept.MaxResponses > 0 && r != nil && r.State == models.ResponseCompleted
}

// dropFull is the gate of collectors that take so many responses and no more. It gives how many they have; from here on their
// counts are locked.
func (b *batch) dropFull(ctx context.Context, units []*unit) ([]*unit, map[string]int64, error) {
	var ids []string
	for _, u := range units {
		if u.completes() && !slices.Contains(ids, u.accept.Response.CollectorID) {
			ids = append(ids, u.accept.Response.CollectorID)
		}
	}
	if len(ids) == 0 {
		return units, nil, nil
	}
	slices.Sort(ids)
	had := make(map[string]int64, len(ids))
	err := b.eachReturning(ctx, lockCollectorCounts, len(ids), func(rows scanner) error {
		var id string
		var n int64
		err := rows.Scan(&id, &n)
		had[id] = n
		return err
	}, ids)
	if err != nil {
		return nil, nil, err
	}
	kept := make([]*unit, 0, len(units))
	more := map[string]int64{}
	for _, u := range units {
		if u.completes() {
			id := u.accept.Response.CollectorID
			if had[id]+more[id] >= int64(u.accept.MaxResponses) {
				u.err = models.Conflict("respond.full.title", nil)
				continue
			}
			more[id]++
		}
		kept = append(kept, u)
	}
	return kept, had, nil
}

// follow writes what accepted responses mean for their invitations and for the maximum of their collectors.
func (b *batch) follow(ctx context.Context, units []*unit, had map[string]int64) error {
	var moved []*InvitationProgress
	more, limits, surveys := map[string]int64{}, map[string]int{}, map[string]string{}
	for _, u := range units {
		if p := u.accept.Invitation; p != nil {
			moved = append(moved, p)
		}
		if u.completes() {
			r := u.accept.Response
			more[r.CollectorID]++
			limits[r.CollectorID], surveys[r.CollectorID] = u.accept.MaxResponses, r.SurveyID
		}
	}
	// Of several steps of one invitation the furthest counts: "finished" sorts before "started".
	slices.SortFunc(moved, func(a, b *InvitationProgress) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Status, b.Status))
	})
	moved = slices.CompactFunc(moved, func(a, b *InvitationProgress) bool { return a.ID == b.ID })
	type row = *InvitationProgress
	err := b.each(ctx, moveInvitations, len(moved),
		column(moved, func(p *row) string { return string((*p).Status) }), column(moved, func(p *row) time.Time { return (*p).At }),
		column(moved, func(p *row) *string { return (*p).ResponseID }), column(moved, func(p *row) bool { return (*p).Over }),
		column(moved, func(p *row) string { return (*p).ID }))
	if err != nil || len(more) == 0 {
		return err
	}
	ids := sortedKeys(more)
	if err := b.each(ctx, addCollectorCounts, len(ids), column(ids, func(id *string) int64 { return more[*id] }), ids); err != nil {
		return err
	}
	var full, of []string
	for _, id := range ids {
		if had[id]+more[id] >= int64(limits[id]) {
			full = append(full, id)
			if !slices.Contains(of, surveys[id]) {
				of = append(of, surveys[id])
			}
		}
	}
	slices.Sort(of)
	now := b.clock.Now()
	if err := b.each(ctx, fillCollectors, len(full), column(full, func(*string) time.Time { return now }), full); err != nil {
		return err
	}
	return b.each(ctx, touchSurveys, len(of), of) // every node's cache hears of it
}
