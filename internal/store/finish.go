package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"surveyflow/models"
)

// NextState says what a claimed run does after a step.
type NextState int

// What follows a step.
const (
	NextContinue NextState = iota // the next task starts; the claim stays
	NextDone                      // it ended with Status
	NextWait                      // it waits until Until: a retry or a pause
	NextHold                      // it is held, by Host until Until or, with HoldOff, until the workflow is on
	NextRelease                   // it goes back uncharged, as when the program stops
)

// Next is what a claimed run does after a step.
type Next struct {
	State  NextState
	Status models.RunStatus // of NextDone
	Error  string           // of NextDone with models.RunFailed: a RunError as JSON
	Until  time.Time
	Hold   models.HoldCause
	Host   string
	Reason string
}

// Finish is what became of a claimed run: the attempts that ended and what comes next.
type Finish struct {
	RunID      string
	WorkflowID string
	OrgID      string
	Test       bool
	CreatedAt  time.Time // of the run; counts go by it
	Claim      int64
	Attempts   []models.Attempt
	Charged    int // of them, how many count
	Next       Next
	DayOnly    bool   // the end is written down to the day alone
	Trouble    bool   // a try failed: the workflow is failing, though the run goes on
	SwitchOff  string // why the workflow switches itself off with the end of the run, a RunError as JSON; empty for not

	// Fenced is set when the run was no longer this claim's: nothing was written.
	Fenced bool
	// Off is set with NextContinue when the workflow was turned off meanwhile: the caller has to hold the run.
	Off bool
	// Canceling is set when somebody asked to cancel the run meanwhile. With NextContinue the caller has to end it;
	// in place of any other step it has ended, and Next says so.
	Canceling bool

	unsure bool // an earlier try to write it failed: it may be on disk all the same
}

// Finish writes what became of a claimed run and returns when it is on disk; many share one commit.
// A claim that was lost (Fenced) writes nothing and is no error. models.CodeUnavailable says to try again, with the same f:
// the step may have been written although its answer was lost, and what is there is not written twice.
func (s *Store) Finish(f *Finish) error {
	err := s.committer.submit(&unit{finish: f})
	f.unsure = f.unsure || err != nil
	return err
}

var (
	endQueue = &statement{
		postgres: `DELETE FROM queue AS q USING unnest($1::text[], $2::bigint[]) AS f (id, claim)
			WHERE q.id = f.id AND q.claim = f.claim RETURNING q.id, q.canceling`,
		sqlite: `DELETE FROM queue WHERE id = ? AND claim = ? RETURNING id, canceling`,
	}
	stepQueue = &statement{
		postgres: `UPDATE queue AS q SET state = f.state, state_at = f.at, rank = CASE WHEN f.state = 'running' THEN q.rank ELSE f.rank END,
				due_at = f.due, hold = f.hold, hold_reason = f.reason, host = f.host,
				node = CASE WHEN f.state = 'running' THEN q.node END, claim = CASE WHEN f.state = 'running' THEN q.claim END,
				starts = CASE WHEN f.state = 'running' THEN q.starts ELSE 0 END,
				started_at = CASE WHEN f.state <> 'held' THEN q.started_at END
			FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[])
				AS f (id, claim, state, at, rank, due, hold, reason, host)
			WHERE q.id = f.id AND q.claim = f.claim RETURNING q.id, q.canceling`,
		sqlite: `UPDATE queue SET state = ?3, state_at = ?4, rank = CASE WHEN ?3 = 'running' THEN rank ELSE ?5 END,
				due_at = ?6, hold = ?7, hold_reason = ?8, host = ?9,
				node = CASE WHEN ?3 = 'running' THEN node END, claim = CASE WHEN ?3 = 'running' THEN claim END,
				starts = CASE WHEN ?3 = 'running' THEN starts ELSE 0 END,
				started_at = CASE WHEN ?3 <> 'held' THEN started_at END
			WHERE id = ?1 AND claim = ?2 RETURNING id, canceling`,
	}
	// dropQueue ends runs whose row this transaction has changed already.
	dropQueue = &statement{
		postgres: `DELETE FROM queue WHERE id = ANY($1::text[])`,
		sqlite:   `DELETE FROM queue WHERE id = ?`,
	}
	// readOn locks the workflows on PostgreSQL: one that is being turned on waits for the hold, or the hold for it.
	readOn = &statement{
		postgres: `SELECT id, enabled FROM workflows WHERE id = ANY($1::text[]) ORDER BY id FOR SHARE`,
		sqlite:   `SELECT id, enabled FROM workflows WHERE id = ?`,
	}
	readOff = &statement{
		postgres: `SELECT id FROM workflows WHERE id = ANY($1::text[]) AND NOT enabled`,
		sqlite:   `SELECT id FROM workflows WHERE id = ? AND NOT enabled`,
	}
	readAttempts = &statement{
		postgres: `SELECT run_id, task_id, number FROM attempts WHERE run_id = ANY($1::text[])`,
		sqlite:   `SELECT run_id, task_id, number FROM attempts WHERE run_id = ?`,
	}
	insertAttempts = &statement{
		postgres: `INSERT INTO attempts (` + attemptColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bool[], $6::timestamptz[], $7::bigint[],
				$8::text[], $9::text[], $10::text[], $11::text[])`,
		sqlite: `INSERT INTO attempts (` + attemptColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		row:    `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	insertSecrets = &statement{
		postgres: `INSERT INTO attempt_secrets (id, outputs_sealed) SELECT * FROM unnest($1::text[], $2::text[])`,
		sqlite:   `INSERT INTO attempt_secrets (id, outputs_sealed) VALUES (?, ?)`,
	}
	chargeRuns = &statement{
		postgres: `UPDATE runs AS r SET attempts = r.attempts + f.charged FROM unnest($1::text[], $2::int[]) AS f (id, charged) WHERE r.id = f.id`,
		sqlite:   `UPDATE runs SET attempts = attempts + ?2 WHERE id = ?1`,
	}
	endRuns = &statement{
		postgres: `UPDATE runs AS r SET status = f.status, error = f.error, attempts = r.attempts + f.charged, finished_at = f.at
			FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[]) AS f (id, status, error, charged, at) WHERE r.id = f.id`,
		sqlite: `UPDATE runs SET status = ?2, error = ?3, attempts = attempts + ?4, finished_at = ?5 WHERE id = ?1`,
	}
	addCounts = &statement{
		postgres: `INSERT INTO run_counts (workflow_id, hour, status, shard, n) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::int[], $5::bigint[])
			ON CONFLICT (workflow_id, hour, status, shard) DO UPDATE SET n = run_counts.n + excluded.n`,
		sqlite: `INSERT INTO run_counts (workflow_id, hour, status, shard, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (workflow_id, hour, status, shard) DO UPDATE SET n = run_counts.n + excluded.n`,
	}
)

const attemptColumns = `run_id, task_id, number, result, charged, started_at, duration_us, outputs, exchange, error, secret_id`

// hotStatements are prepared once on SQLite.
var hotStatements = []*statement{
	readLiveRevs, insertResponses, updateResponses, addResponseCounts, insertEvents, insertNewEvents, readWorkflowRevs, insertRuns, insertQueue,
	claimReady, claimSuspects, endQueue, stepQueue, dropQueue, readOn, readOff, readAttempts, insertAttempts, insertSecrets, chargeRuns, endRuns, addCounts,
	upsertHealth, restartFailing, readFailing, insertHeld,
	insertContacts, insertInvitations, insertMails, insertMailQueue, writeInvitations,
}

// finish writes the steps of a batch: first the queue, which tells whose claim still stands, then only for those the rest.
func (b *batch) finish(ctx context.Context, shard int, units []*unit) error {
	if len(units) == 0 {
		return nil
	}
	var ends, steps []*Finish
	byRun := make(map[string]*Finish, len(units))
	for _, u := range units {
		f := u.finish
		f.Fenced, f.Canceling, f.Off = true, false, false
		byRun[f.RunID] = f
		if f.Next.State == NextDone {
			ends = append(ends, f)
		} else {
			steps = append(steps, f)
		}
	}
	if err := b.keepOn(ctx, steps); err != nil {
		return err
	}
	if err := b.tellOff(ctx, steps); err != nil {
		return err
	}
	confirm := func(rows scanner) error {
		var id string
		var canceling bool
		err := rows.Scan(&id, &canceling)
		if f := byRun[id]; f != nil {
			f.Fenced, f.Canceling = false, canceling
		}
		return err
	}
	err := b.eachReturning(ctx, endQueue, len(ends), confirm,
		column(ends, func(f **Finish) string { return (*f).RunID }), column(ends, func(f **Finish) int64 { return (*f).Claim }))
	if err != nil {
		return err
	}
	if err := b.stepQueue(ctx, steps, confirm); err != nil {
		return err
	}
	canceled, steps, err := b.endCanceling(ctx, unfenced(steps))
	if err != nil {
		return err
	}
	ends = append(unfenced(ends), canceled...)
	if err := b.dropWritten(ctx, ends, steps); err != nil {
		return err
	}
	if err := b.insertAttempts(ctx, attemptsOf(ends, steps)); err != nil {
		return err
	}
	if err := b.endRuns(ctx, ends); err != nil {
		return err
	}
	if err := b.chargeRuns(ctx, steps); err != nil {
		return err
	}
	if err := b.count(ctx, shard, ends); err != nil {
		return err
	}
	return b.writeHealth(ctx, b.healthOf(ends, steps))
}

// keepOn lets the runs go on that would be held because their workflow is off, when it was turned on since they were
// claimed: what turned it on has released its held runs already and would not see these.
func (b *batch) keepOn(ctx context.Context, steps []*Finish) error {
	var ids []string
	for _, f := range steps {
		if f.Next.State == NextHold && f.Next.Hold == models.HoldOff && !slices.Contains(ids, f.WorkflowID) {
			ids = append(ids, f.WorkflowID)
		}
	}
	return b.eachReturning(ctx, readOn, len(ids), func(rows scanner) error {
		var id string
		var on bool
		err := rows.Scan(&id, &on)
		for _, f := range steps {
			if on && f.WorkflowID == id && f.Next.State == NextHold && f.Next.Hold == models.HoldOff {
				f.Next = Next{State: NextRelease}
			}
		}
		return err
	}, ids)
}

// tellOff marks the runs that would start their next task although their workflow is off by now.
func (b *batch) tellOff(ctx context.Context, steps []*Finish) error {
	var ids []string
	for _, f := range steps {
		if f.Next.State == NextContinue && !slices.Contains(ids, f.WorkflowID) {
			ids = append(ids, f.WorkflowID)
		}
	}
	return b.eachReturning(ctx, readOff, len(ids), func(rows scanner) error {
		var id string
		err := rows.Scan(&id)
		for _, f := range steps {
			f.Off = f.Off || f.WorkflowID == id && f.Next.State == NextContinue
		}
		return err
	}, ids)
}

// endCanceling ends those that somebody canceled while they ran and that would wait now; it gives them and the rest.
func (b *batch) endCanceling(ctx context.Context, steps []*Finish) (canceled, rest []*Finish, err error) {
	for _, f := range steps {
		if f.Canceling && f.Next.State != NextContinue {
			f.Next = Next{State: NextDone, Status: models.RunCanceled}
			canceled = append(canceled, f)
			continue
		}
		rest = append(rest, f)
	}
	return canceled, rest, b.each(ctx, dropQueue, len(canceled), column(canceled, func(f **Finish) string { return (*f).RunID }))
}

// dropWritten takes those attempts out of steps that are written again which an earlier try has put on disk.
func (b *batch) dropWritten(ctx context.Context, groups ...[]*Finish) error {
	unsure := map[string]*Finish{}
	for _, fs := range groups {
		for _, f := range fs {
			if f.unsure && len(f.Attempts) > 0 {
				unsure[f.RunID] = f
			}
		}
	}
	return b.eachReturning(ctx, readAttempts, len(unsure), func(rows scanner) error {
		var run, task string
		var number int
		err := rows.Scan(&run, &task, &number)
		if f := unsure[run]; f != nil {
			f.Attempts = slices.DeleteFunc(f.Attempts, func(a models.Attempt) bool {
				written := a.TaskID == task && a.Number == number
				if written && a.Charged {
					f.Charged--
				}
				return written
			})
		}
		return err
	}, slices.Collect(maps.Keys(unsure)))
}

func unfenced(fs []*Finish) []*Finish {
	kept := fs[:0]
	for _, f := range fs {
		if !f.Fenced {
			kept = append(kept, f)
		}
	}
	return kept
}

func (b *batch) stepQueue(ctx context.Context, steps []*Finish, confirm func(scanner) error) error {
	now := b.clock.Now()
	items := make([]models.QueueItem, len(steps))
	for i, f := range steps {
		q := &items[i]
		*q = models.QueueItem{ID: f.RunID, Claim: &f.Claim, StateAt: now.UnixMicro(), Rank: now.UnixMicro()}
		if !f.Next.Until.IsZero() {
			due := f.Next.Until.UnixMicro()
			q.DueAt = &due
		}
		switch f.Next.State {
		case NextContinue:
			q.State = models.QueueRunning
		case NextWait:
			q.State = models.QueueWaiting
		case NextHold:
			q.State = models.QueueHeld
			q.Hold, q.HoldReason = &f.Next.Hold, &f.Next.Reason
			if f.Next.Host != "" {
				q.Host = &f.Next.Host
			}
		default:
			q.State = models.QueueReady
			b.ready++
		}
	}
	type row = models.QueueItem
	return b.eachReturning(ctx, stepQueue, len(items), confirm,
		column(items, func(q *row) string { return q.ID }), column(items, func(q *row) int64 { return *q.Claim }),
		column(items, func(q *row) string { return string(q.State) }), column(items, func(q *row) int64 { return q.StateAt }),
		column(items, func(q *row) int64 { return q.Rank }), column(items, func(q *row) *int64 { return q.DueAt }),
		column(items, func(q *row) *string { return (*string)(q.Hold) }), column(items, func(q *row) *string { return q.HoldReason }),
		column(items, func(q *row) *string { return q.Host }))
}

func attemptsOf(groups ...[]*Finish) []models.Attempt {
	var as []models.Attempt
	for _, fs := range groups {
		for _, f := range fs {
			as = append(as, f.Attempts...)
		}
	}
	return as
}

func (b *batch) insertAttempts(ctx context.Context, as []models.Attempt) error {
	type row = models.Attempt
	err := b.each(ctx, insertAttempts, len(as),
		column(as, func(a *row) string { return a.RunID }), column(as, func(a *row) string { return a.TaskID }),
		column(as, func(a *row) int { return a.Number }), column(as, func(a *row) string { return string(a.Result) }),
		column(as, func(a *row) bool { return a.Charged }), column(as, func(a *row) time.Time { return a.StartedAt }),
		column(as, func(a *row) int64 { return a.DurationUS }), column(as, func(a *row) *string { return a.Outputs }),
		column(as, func(a *row) *string { return a.Exchange }), column(as, func(a *row) *string { return a.Error }),
		column(as, func(a *row) *string { return a.SecretID }))
	if err != nil {
		return err
	}
	var sealed []row
	for i := range as {
		if as[i].Sealed != "" {
			sealed = append(sealed, as[i])
		}
	}
	return b.each(ctx, insertSecrets, len(sealed),
		column(sealed, func(a *row) string { return *a.SecretID }), column(sealed, func(a *row) string { return a.Sealed }))
}

func (b *batch) endRuns(ctx context.Context, fs []*Finish) error {
	now := b.clock.Now()
	return b.each(ctx, endRuns, len(fs),
		column(fs, func(f **Finish) string { return (*f).RunID }), column(fs, func(f **Finish) string { return string((*f).Next.Status) }),
		column(fs, func(f **Finish) string { return (*f).Next.Error }), column(fs, func(f **Finish) int { return (*f).Charged }),
		column(fs, func(f **Finish) time.Time {
			if (*f).DayOnly {
				return now.Truncate(24 * time.Hour)
			}
			return now
		}))
}

func (b *batch) chargeRuns(ctx context.Context, fs []*Finish) error {
	charged := fs[:0]
	for _, f := range fs {
		if f.Charged > 0 {
			charged = append(charged, f)
		}
	}
	return b.each(ctx, chargeRuns, len(charged),
		column(charged, func(f **Finish) string { return (*f).RunID }), column(charged, func(f **Finish) int { return (*f).Charged }))
}

// count adds the runs that ended to the counts of their workflow and hour.
func (b *batch) count(ctx context.Context, shard int, fs []*Finish) error {
	type key struct {
		workflow string
		hour     int64
		status   models.RunStatus
	}
	counts := map[key]int64{}
	for _, f := range fs {
		counts[key{f.WorkflowID, f.CreatedAt.Unix() / 3600, f.Next.Status}]++
	}
	// Sorted, because two commits that lock the same counts in different orders would wait for each other.
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.workflow, b.workflow), cmp.Compare(a.hour, b.hour), cmp.Compare(a.status, b.status))
	})
	return b.each(ctx, addCounts, len(keys),
		column(keys, func(k *key) string { return k.workflow }), column(keys, func(k *key) int64 { return k.hour }),
		column(keys, func(k *key) string { return string(k.status) }), column(keys, func(*key) int { return shard }),
		column(keys, func(k *key) int64 { return counts[*k] }))
}
