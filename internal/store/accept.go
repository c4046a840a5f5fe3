package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"surveyflow/models"
)

// Acceptance is everything that one accepted thing leaves behind; all of it becomes durable together, or nothing.
// It is data and not a closure, so that many acceptances share one commit.
type Acceptance struct {
	Response  *models.Response     // a new one has Rev 1, a changed one the next after the one read; nil without a response
	Was       models.ResponseState // the state of a changed response when it was read
	Event     *models.Event        // nil when no workflow waits for it
	Runs      []models.Run         // one per workflow that matched; a replay has a run for an event that is there
	Carried   []models.Attempt     // what a replay takes over from the run that it repeats
	SurveyRev int64                // Survey.LiveRev that all this was matched against

	Invitation   *InvitationProgress // that the response came through; nil for none
	MaxResponses int                 // of the response's collector; 0 means without limit
	Quotas       []QuotaPart         // that the response counts for; nil for none

	WorkflowRev int64 // of an event that was sent to one workflow: the Workflow.LiveRev that it was matched against
}

// Accept stores the acceptance and returns when it is on disk. Many callers share one commit.
//
// Errors: [ErrStale] when the survey's live state is newer than SurveyRev, or the workflow's than WorkflowRev: load it, match
// and submit again. [ErrSeen] when there is an event with the same Dedupe: nothing is stored then.
// [QuotaFullError] when it would go beyond one of its quotas.
// models.CodeConflict when the response is not there to be written so: it was changed since it was read, is finished,
// its response key is used, or its invitation is finished or its collector full; nothing is stored then. models.CodeUnavailable when the database cannot be reached.
func (s *Store) Accept(a *Acceptance) error {
	return s.committer.submit(&unit{accept: a})
}

var (
	readLiveRevs = &statement{
		postgres: `SELECT id, live_rev FROM surveys WHERE id = ANY($1::text[])`,
		sqlite:   `SELECT id, live_rev FROM surveys WHERE id = ?`,
	}
	readWorkflowRevs = &statement{
		postgres: `SELECT id, live_rev FROM workflows WHERE id = ANY($1::text[])`,
		sqlite:   `SELECT id, live_rev FROM workflows WHERE id = ?`,
	}
	insertResponses = &statement{
		postgres: `INSERT INTO responses (` + responseColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
				$9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[], $17::text[],
				$18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[])
			ON CONFLICT DO NOTHING RETURNING id`,
		sqlite: `INSERT INTO responses (` + responseColumns + `)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
		row: `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	updateResponses = &statement{
		postgres: `UPDATE responses AS r SET state = c.state, language = c.language, answers = c.answers, fields = c.fields,
				page = c.page, rev = c.rev, updated_at = c.updated_at, recorded_at = c.recorded_at, expires_at = c.expires_at
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::timestamptz[],
				$9::timestamptz[], $10::text[]) AS c (state, language, answers, fields, page, rev, updated_at, recorded_at, expires_at, id)
			WHERE r.id = c.id AND r.rev = c.rev - 1 RETURNING r.id`,
		sqlite: `UPDATE responses SET state = ?1, language = ?2, answers = ?3, fields = ?4, page = ?5, rev = ?6, updated_at = ?7,
				recorded_at = ?8, expires_at = ?9
			WHERE id = ?10 AND rev = ?6 - 1 RETURNING id`,
	}
	addResponseCounts = &statement{
		postgres: `INSERT INTO response_counts (survey_id, state, shard, n) SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
			ON CONFLICT (survey_id, state, shard) DO UPDATE SET n = response_counts.n + excluded.n`,
		sqlite: `INSERT INTO response_counts (survey_id, state, shard, n) VALUES (?, ?, ?, ?)
			ON CONFLICT (survey_id, state, shard) DO UPDATE SET n = response_counts.n + excluded.n`,
	}
	insertEvents = &statement{
		postgres: `INSERT INTO events (` + eventColumns + `) SELECT * FROM ` + eventRows,
		sqlite:   `INSERT INTO events (` + eventColumns + `) VALUES ` + eventRow,
		row:      eventRow,
	}
	// insertNewEvents leaves out events whose dedupe is there.
	insertNewEvents = &statement{
		postgres: `INSERT INTO events (` + eventColumns + `) SELECT * FROM ` + eventRows + ` ON CONFLICT DO NOTHING RETURNING id`,
		sqlite:   `INSERT INTO events (` + eventColumns + `) VALUES ` + eventRow + ` ON CONFLICT DO NOTHING RETURNING id`,
		row:      eventRow,
	}
	insertRuns = &statement{
		postgres: `INSERT INTO runs (` + runColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bool[], $8::text[], $9::text[],
				$10::text[], $11::text[], $12::text[], $13::int[], $14::timestamptz[], $15::timestamptz[])`,
		sqlite: `INSERT INTO runs (` + runColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		row:    `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	insertQueue = &statement{
		postgres: `INSERT INTO queue (id, kind, state, state_at, rank, lane, node, claim, started_at, starts, canceling)
			SELECT id, kind, state, state_at, rank, lane, node, claim, started_at, starts, FALSE
			FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::int[])
				AS q (id, kind, state, state_at, rank, lane, node, claim, started_at, starts)`,
		sqlite: `INSERT INTO queue (id, kind, state, state_at, rank, lane, node, claim, started_at, starts, canceling)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE)`,
		row: `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE)`,
	}
)

const (
	responseColumns = `id, org_id, survey_id, survey_version, collector_id, invitation_id, crk, token_hash, state, channel,
		language, answers, fields, page, rev, ip, user_agent, started_at, updated_at, recorded_at, expires_at`
	eventColumns = `id, org_id, type, survey_id, survey_version, response_id, contact_id, workflow_id, dedupe, cause_run, depth, test,
		payload, created_at`
	eventRow  = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	eventRows = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
		$10::text[], $11::int[], $12::bool[], $13::text[], $14::timestamptz[])`
	runColumns = `id, org_id, workflow_id, workflow_version, event_id, replay_of, test, status, person_name, person_last,
		person_email, error, attempts, created_at, finished_at`
)

// accept writes the acceptances of a batch. Who fails a check gets its error and leaves nothing; the others go on.
func (b *batch) accept(ctx context.Context, shard int, units []*unit) error {
	if len(units) == 0 {
		return nil
	}
	units, err := b.dropStale(ctx, units)
	if err != nil {
		return err
	}
	units, err = b.dropAnswered(ctx, units)
	if err != nil {
		return err
	}
	units, had, err := b.dropFull(ctx, units)
	if err != nil {
		return err
	}
	units, err = b.dropBeyond(ctx, units)
	if err != nil {
		return err
	}
	units, err = b.writeResponses(ctx, units)
	if err != nil {
		return err
	}
	units, err = b.writeNewEvents(ctx, units)
	if err != nil {
		return err
	}
	if err := b.countResponses(ctx, shard, units); err != nil {
		return err
	}
	if err := b.countQuotas(ctx, units); err != nil {
		return err
	}
	if err := b.follow(ctx, units, had); err != nil {
		return err
	}
	if err := b.confirmHeld(ctx, units); err != nil {
		return err
	}
	var events []models.Event
	var runs []models.Run
	var carried []models.Attempt
	for _, u := range units {
		if e := u.accept.Event; e != nil && e.Dedupe == nil {
			events = append(events, *e)
		}
		runs = append(runs, u.accept.Runs...)
		carried = append(carried, u.accept.Carried...)
	}
	// Sorted, so that commits side by side touch index pages in one order.
	slices.SortFunc(events, func(a, b models.Event) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(runs, func(a, b models.Run) int { return cmp.Compare(a.ID, b.ID) })
	if err := b.insertEvents(ctx, events); err != nil {
		return err
	}
	if err := b.insertRuns(ctx, runs); err != nil {
		return err
	}
	b.accepted, b.fresh = units, runs
	return b.insertAttempts(ctx, carried)
}

// dropStale gives ErrStale to the units that were matched against an older state of their survey or workflow.
func (b *batch) dropStale(ctx context.Context, units []*unit) ([]*unit, error) {
	var surveys, workflows []string
	for _, u := range units {
		if r := u.accept.Response; r != nil && !slices.Contains(surveys, r.SurveyID) {
			surveys = append(surveys, r.SurveyID)
		}
		if id := u.accept.workflow(); id != "" && !slices.Contains(workflows, id) {
			workflows = append(workflows, id)
		}
	}
	surveyRevs, err := b.readRevs(ctx, readLiveRevs, surveys)
	if err != nil {
		return nil, err
	}
	workflowRevs, err := b.readRevs(ctx, readWorkflowRevs, workflows)
	if err != nil {
		return nil, err
	}
	kept := make([]*unit, 0, len(units))
	for _, u := range units {
		r, id := u.accept.Response, u.accept.workflow()
		if r != nil && surveyRevs[r.SurveyID] != u.accept.SurveyRev || id != "" && workflowRevs[id] != u.accept.WorkflowRev {
			u.err = ErrStale
			continue
		}
		kept = append(kept, u)
	}
	return kept, nil
}

// workflow gives the id of the workflow that the acceptance was matched against alone; empty when there is none, as for a
// test, which starts what is off as well.
func (a *Acceptance) workflow() string {
	if a.Event == nil || a.Event.WorkflowID == nil || a.Event.Test {
		return ""
	}
	return *a.Event.WorkflowID
}

func (b *batch) readRevs(ctx context.Context, st *statement, ids []string) (map[string]int64, error) {
	revs := make(map[string]int64, len(ids))
	err := b.eachReturning(ctx, st, len(ids), func(rows scanner) error {
		var id string
		var rev int64
		err := rows.Scan(&id, &rev)
		revs[id] = rev
		return err
	}, ids)
	return revs, err
}

// writeNewEvents is the gate of events that must not happen twice: one whose dedupe is there drops out alone.
func (b *batch) writeNewEvents(ctx context.Context, units []*unit) ([]*unit, error) {
	var events []models.Event
	for _, u := range units {
		if e := u.accept.Event; e != nil && e.Dedupe != nil {
			events = append(events, *e)
		}
	}
	if len(events) == 0 {
		return units, nil
	}
	written := make(map[string]bool, len(events))
	err := b.eachReturning(ctx, insertNewEvents, len(events), func(rows scanner) error {
		var id string
		err := rows.Scan(&id)
		written[id] = true
		return err
	}, eventColumnsOf(events)...)
	if err != nil {
		return nil, err
	}
	kept := make([]*unit, 0, len(units))
	for _, u := range units {
		if e := u.accept.Event; e != nil && e.Dedupe != nil && !written[e.ID] {
			u.err = ErrSeen
			continue
		}
		kept = append(kept, u)
	}
	return kept, nil
}

// writeResponses is the gate: a response that is not written (key used, sent twice, changed since) drops out alone.
func (b *batch) writeResponses(ctx context.Context, units []*unit) ([]*unit, error) {
	var fresh, changed []models.Response
	for _, u := range units {
		switch r := u.accept.Response; {
		case r == nil:
		case r.Rev == 1:
			fresh = append(fresh, *r)
		default:
			changed = append(changed, *r)
		}
	}
	written := make(map[string]bool, len(units)) // a batch has a response only once
	confirm := func(rows scanner) error {
		var id string
		err := rows.Scan(&id)
		written[id] = true
		return err
	}
	if err := b.insertResponses(ctx, fresh, confirm); err != nil {
		return nil, err
	}
	if err := b.updateResponses(ctx, changed, confirm); err != nil {
		return nil, err
	}
	kept := make([]*unit, 0, len(units))
	for _, u := range units {
		if r := u.accept.Response; r != nil && !written[r.ID] {
			u.err = models.Conflict("response.error.changed", nil)
			continue
		}
		kept = append(kept, u)
	}
	return kept, nil
}

// countResponses adds what was written to the counts per survey and state.
func (b *batch) countResponses(ctx context.Context, shard int, units []*unit) error {
	type key struct {
		survey string
		state  models.ResponseState
	}
	counts := map[key]int64{}
	for _, u := range units {
		r := u.accept.Response
		if r == nil || r.Rev > 1 && r.State == u.accept.Was {
			continue
		}
		counts[key{r.SurveyID, r.State}]++
		if r.Rev > 1 {
			counts[key{r.SurveyID, u.accept.Was}]--
		}
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.survey, b.survey), cmp.Compare(a.state, b.state))
	})
	return b.each(ctx, addResponseCounts, len(keys),
		column(keys, func(k *key) string { return k.survey }), column(keys, func(k *key) string { return string(k.state) }),
		column(keys, func(*key) int { return shard }), column(keys, func(k *key) int64 { return counts[*k] }))
}

func (b *batch) insertResponses(ctx context.Context, rs []models.Response, confirm func(scanner) error) error {
	type row = models.Response
	answers, fields, err := responseTexts(rs)
	if err != nil {
		return err
	}
	return b.eachReturning(ctx, insertResponses, len(rs), confirm,
		column(rs, func(r *row) string { return r.ID }), column(rs, func(r *row) string { return r.OrgID }),
		column(rs, func(r *row) string { return r.SurveyID }), column(rs, func(r *row) int { return r.SurveyVersion }),
		column(rs, func(r *row) string { return r.CollectorID }), column(rs, func(r *row) *string { return r.InvitationID }),
		column(rs, func(r *row) *string { return r.Crk }), column(rs, func(r *row) string { return r.TokenHash }),
		column(rs, func(r *row) string { return string(r.State) }), column(rs, func(r *row) string { return string(r.Channel) }),
		column(rs, func(r *row) string { return r.Language }), answers, fields,
		column(rs, func(r *row) string { return r.Page }), column(rs, func(r *row) int64 { return r.Rev }),
		column(rs, func(r *row) string { return r.IP }), column(rs, func(r *row) string { return r.UserAgent }),
		column(rs, func(r *row) time.Time { return r.StartedAt }), column(rs, func(r *row) time.Time { return r.UpdatedAt }),
		column(rs, func(r *row) *time.Time { return r.RecordedAt }), column(rs, func(r *row) *time.Time { return r.ExpiresAt }))
}

func (b *batch) updateResponses(ctx context.Context, rs []models.Response, confirm func(scanner) error) error {
	type row = models.Response
	answers, fields, err := responseTexts(rs)
	if err != nil {
		return err
	}
	return b.eachReturning(ctx, updateResponses, len(rs), confirm,
		column(rs, func(r *row) string { return string(r.State) }), column(rs, func(r *row) string { return r.Language }),
		answers, fields, column(rs, func(r *row) string { return r.Page }), column(rs, func(r *row) int64 { return r.Rev }),
		column(rs, func(r *row) time.Time { return r.UpdatedAt }), column(rs, func(r *row) *time.Time { return r.RecordedAt }),
		column(rs, func(r *row) *time.Time { return r.ExpiresAt }), column(rs, func(r *row) string { return r.ID }))
}

func responseTexts(rs []models.Response) (answers, fields []string, err error) {
	answers, fields = make([]string, len(rs)), make([]string, len(rs))
	for i := range rs {
		a, err := models.MarshalJSON(rs[i].Answers.V)
		if err != nil {
			return nil, nil, err
		}
		f, err := models.MarshalJSON(rs[i].Fields.V)
		if err != nil {
			return nil, nil, err
		}
		answers[i], fields[i] = string(a), string(f)
	}
	return answers, fields, nil
}

func (b *batch) insertEvents(ctx context.Context, es []models.Event) error {
	return b.each(ctx, insertEvents, len(es), eventColumnsOf(es)...)
}

func eventColumnsOf(es []models.Event) []any {
	type row = models.Event
	return []any{
		column(es, func(e *row) string { return e.ID }), column(es, func(e *row) string { return e.OrgID }),
		column(es, func(e *row) string { return string(e.Type) }), column(es, func(e *row) *string { return e.SurveyID }),
		column(es, func(e *row) *int { return e.SurveyVersion }), column(es, func(e *row) *string { return e.ResponseID }),
		column(es, func(e *row) *string { return e.ContactID }), column(es, func(e *row) *string { return e.WorkflowID }),
		column(es, func(e *row) *string { return e.Dedupe }), column(es, func(e *row) *string { return e.CauseRun }),
		column(es, func(e *row) int { return e.Depth }), column(es, func(e *row) bool { return e.Test }),
		column(es, func(e *row) string { return e.Payload }), column(es, func(e *row) time.Time { return e.CreatedAt }),
	}
}

// insertRuns writes runs; each needs a queue item beside it.
func (b *batch) insertRuns(ctx context.Context, rs []models.Run) error {
	type row = models.Run
	return b.each(ctx, insertRuns, len(rs),
		column(rs, func(r *row) string { return r.ID }), column(rs, func(r *row) string { return r.OrgID }),
		column(rs, func(r *row) string { return r.WorkflowID }), column(rs, func(r *row) int { return r.WorkflowVersion }),
		column(rs, func(r *row) string { return r.EventID }), column(rs, func(r *row) *string { return r.ReplayOf }),
		column(rs, func(r *row) bool { return r.Test }), column(rs, func(r *row) string { return string(r.Status) }),
		column(rs, func(r *row) *string { return r.PersonName }), column(rs, func(r *row) *string { return r.PersonLast }),
		column(rs, func(r *row) *string { return r.PersonEmail }),
		column(rs, func(r *row) string { return r.Error }), column(rs, func(r *row) int { return r.Attempts }),
		column(rs, func(r *row) time.Time { return r.CreatedAt }), column(rs, func(r *row) *time.Time { return r.FinishedAt }))
}

func (b *batch) insertItems(ctx context.Context, items []models.QueueItem) error {
	held, items := splitHeld(items)
	type item = models.QueueItem
	err := b.each(ctx, insertHeld, len(held),
		column(held, func(q *item) string { return q.ID }), column(held, func(q *item) int64 { return q.StateAt }),
		column(held, func(q *item) int64 { return q.Rank }), column(held, func(q *item) string { return q.Lane }),
		column(held, func(q *item) *string { return q.HoldReason }))
	if err != nil {
		return err
	}
	return b.each(ctx, insertQueue, len(items),
		column(items, func(q *item) string { return q.ID }), column(items, func(q *item) string { return string(q.Kind) }),
		column(items, func(q *item) string { return string(q.State) }), column(items, func(q *item) int64 { return q.StateAt }),
		column(items, func(q *item) int64 { return q.Rank }), column(items, func(q *item) string { return q.Lane }),
		column(items, func(q *item) *string { return q.Node }), column(items, func(q *item) *int64 { return q.Claim }),
		column(items, func(q *item) *int64 { return q.StartedAt }), column(items, func(q *item) int { return q.Starts }))
}
