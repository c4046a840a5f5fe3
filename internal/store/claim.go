package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"surveyflow/models"
)

// Claimed is a run that this node now works on, with all that it needs.
type Claimed struct {
	Run      models.Run
	Event    models.Event
	Attempts []models.Attempt // earlier ones, in the order in which they began
	Claim    int64            // names this claim; finishing with another does nothing
	Starts   int              // 1, or more when processes died while the run was running
	Started  time.Time        // of the first claim since it was last held: the same again after a death, wait or release
	Off      bool             // the workflow is off: hold the run instead of working on it
	OffWhy   string           // why it switched itself off
	Canceled bool             // somebody canceled it while it was running, or deleted the workflow: end it
}

// ClaimOptions say what a node wants to work on.
type ClaimOptions struct {
	Node     string
	Limit    int
	Suspects bool // runs that were running when their node died; the others otherwise
	// More is asked for further slots in the moment of the claim, which may have waited for other commits, and gives how many
	// there are beside Limit; a claim that is tried again does not ask again. nil gives none.
	More func() int
}

// claim is a claim under way; its results are written by the committer.
type claim struct {
	ClaimOptions
	token int64
	runs  map[string]start
}

// start is what the queue says of a run that was just claimed.
type start struct {
	starts   int
	at       int64 // microseconds since 1970
	canceled bool
}

var lastClaim atomic.Int64

// Claim takes up to Limit ready runs, first come in rank first served, and gives them with all that they need.
// No other node gets them until they are finished or this node is lost.
func (s *Store) Claim(ctx context.Context, o ClaimOptions) ([]Claimed, error) {
	c := &claim{ClaimOptions: o, token: nextClaim(s.clock.Now())}
	if err := s.committer.submit(&unit{claim: c}); err != nil {
		return nil, err
	}
	if len(c.runs) == 0 {
		return nil, nil
	}
	return s.loadClaimed(ctx, c)
}

// nextClaim makes a number that no claim of this process had and that a restarted process does not repeat.
func nextClaim(now time.Time) int64 {
	for {
		last := lastClaim.Load()
		next := max(last+1, now.UnixMicro())
		if lastClaim.CompareAndSwap(last, next) {
			return next
		}
	}
}

// The candidates are materialised: without it a plan may claim more than the limit (tried on PostgreSQL 15).
var (
	claimReady    = claimWhere("starts = 0")
	claimSuspects = claimWhere("starts > 0")
)

func claimWhere(starts string) *statement {
	return &statement{
		postgres: `WITH c AS MATERIALIZED (
				SELECT id FROM queue WHERE kind = 'run' AND state = 'ready' AND ` + starts + ` ORDER BY rank LIMIT $1 FOR UPDATE SKIP LOCKED)
			UPDATE queue SET state = 'running', state_at = $2, started_at = COALESCE(started_at, $2), node = $3, claim = $4, starts = starts + 1
			WHERE id IN (SELECT id FROM c) RETURNING id, starts, started_at, canceling`,
		sqlite: `UPDATE queue SET state = 'running', state_at = ?2, started_at = COALESCE(started_at, ?2), node = ?3, claim = ?4, starts = starts + 1
			WHERE id IN (SELECT id FROM queue WHERE kind = 'run' AND state = 'ready' AND ` + starts + ` ORDER BY rank LIMIT ?1)
			RETURNING id, starts, started_at, canceling`,
	}
}

func (b *batch) claim(ctx context.Context, units []*unit) error {
	for _, u := range units {
		c := u.claim
		if c.More != nil {
			c.Limit, c.More = c.Limit+c.More(), nil
		}
		c.runs = make(map[string]start, c.Limit)
		st := claimReady
		if c.Suspects {
			st = claimSuspects
		}
		args := []any{c.Limit, b.clock.Now().UnixMicro(), c.Node, c.token}
		scan := func(rows scanner) error {
			var id string
			var r start
			err := rows.Scan(&id, &r.starts, &r.at, &r.canceled)
			c.runs[id] = r
			return err
		}
		var err error
		if b.dialect == postgres {
			err = b.send(ctx, st, scan, args)
		} else {
			var rows *sql.Rows
			rows, err = b.tx.StmtContext(ctx, b.prepared[st].one).QueryContext(ctx, args...)
			err = scanAll(rows, err, scan)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loadClaimed reads the claimed runs, their events and earlier attempts, in two queries for all.
// The event of a run may be gone, as when it was replayed in the moment that it was purged: its payload is empty then.
func (s *Store) loadClaimed(ctx context.Context, c *claim) ([]Claimed, error) {
	ids := slices.Collect(maps.Keys(c.runs))
	list, args := s.idList(ids)
	rows, err := s.byKey().QueryContext(ctx, `SELECT r.id, r.org_id, r.workflow_id, r.workflow_version, r.event_id, r.replay_of, r.test,
			r.attempts, r.created_at, COALESCE(e.type, ''), e.survey_id, e.survey_version, e.response_id, COALESCE(e.depth, 0),
			COALESCE(e.payload, ''), e.created_at, w.enabled, w.off_reason, w.deleted_at IS NOT NULL
		FROM runs r JOIN workflows w ON w.id = r.workflow_id LEFT JOIN events e ON e.id = r.event_id WHERE r.id IN `+list+` ORDER BY r.id`, args...)
	claimed := make([]Claimed, 0, len(ids))
	err = scanAll(rows, err, func(rows scanner) error {
		k := Claimed{Claim: c.token}
		r, e := &k.Run, &k.Event
		var on, deleted bool
		var at *time.Time
		err := rows.Scan(&r.ID, &r.OrgID, &r.WorkflowID, &r.WorkflowVersion, &r.EventID, &r.ReplayOf, &r.Test, &r.Attempts, &r.CreatedAt,
			&e.Type, &e.SurveyID, &e.SurveyVersion, &e.ResponseID, &e.Depth, &e.Payload, &at, &on, &k.OffWhy, &deleted)
		if at != nil {
			e.CreatedAt = *at
		}
		start := c.runs[r.ID]
		k.Off, k.Starts, k.Started, k.Canceled = !on, start.starts, time.UnixMicro(start.at).UTC(), deleted || start.canceled
		r.Status, e.ID, e.OrgID, e.Test = models.RunOpen, r.EventID, r.OrgID, r.Test
		claimed = append(claimed, k)
		return err
	})
	if err != nil {
		return nil, fault("load claimed runs", err)
	}
	if len(claimed) != len(ids) {
		return nil, fmt.Errorf("load claimed runs: %d of %d are there", len(claimed), len(ids))
	}
	byRun, err := s.attempts(ctx, s.byKey(), ids)
	if err != nil {
		return nil, err
	}
	if err := s.sealedOutputs(ctx, byRun); err != nil {
		return nil, err
	}
	for i := range claimed {
		claimed[i].Attempts = byRun[claimed[i].Run.ID]
	}
	return claimed, nil
}

// sealedOutputs reads what is sealed of attempts; hardly any have something.
func (s *Store) sealedOutputs(ctx context.Context, byRun map[string][]models.Attempt) error {
	var ids []string
	for _, attempts := range byRun {
		for _, a := range attempts {
			if a.SecretID != nil {
				ids = append(ids, *a.SecretID)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, args := s.idList(ids)
	rows, err := s.byKey().QueryContext(ctx, `SELECT id, outputs_sealed FROM attempt_secrets WHERE id IN `+list, args...)
	sealed := make(map[string]string, len(ids))
	err = scanAll(rows, err, func(rows scanner) error {
		var secret models.AttemptSecret
		err := rows.Scan(&secret.ID, &secret.OutputsSealed)
		sealed[secret.ID] = secret.OutputsSealed
		return err
	})
	for _, attempts := range byRun {
		for i := range attempts {
			if a := &attempts[i]; a.SecretID != nil {
				a.Sealed = sealed[*a.SecretID]
			}
		}
	}
	return fault("read sealed outputs", err)
}

// byKey gives the connections for reads of rows whose keys are at hand.
func (c *core) byKey() querier {
	if c.dialect == postgres {
		return c.hot
	}
	return &c.reads
}

// querier reads rows.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// reads are queries of SQLite's readers, each prepared once; PostgreSQL's driver does so by itself. Only for texts that are always
// the same: none is forgotten.
type reads struct {
	db    *sql.DB
	known sync.Map // from texts to *sql.Stmt
}

// QueryContext prepares the query when it is run for the first time.
func (r *reads) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, ok := r.known.Load(text)
	if !ok {
		fresh, err := r.db.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		if st, ok = r.known.LoadOrStore(text, fresh); ok {
			defer fresh.Close()
		}
	}
	return st.(*sql.Stmt).QueryContext(ctx, args...) //nolint:forcetypeassert,errcheck,sqlclosecheck // nothing else is in it, and it stays open for the next
}

// idList spells a list of ids for IN: PostgreSQL takes one array, so that the statement is the same for any number.
func (c *core) idList(ids []string) (string, []any) {
	if c.dialect == postgres {
		return "(SELECT unnest($1::text[]))", []any{ids}
	}
	text, err := models.MarshalJSON(ids)
	if err != nil { // strings always encode
		panic(err)
	}
	return "(SELECT value FROM json_each(?1))", []any{string(text)}
}

// attempts reads all attempts of those runs, by run, in the order in which they began.
func (s *Store) attempts(ctx context.Context, db querier, runs []string) (map[string][]models.Attempt, error) {
	list, args := s.idList(runs)
	rows, err := db.QueryContext(ctx, `SELECT run_id, task_id, number, result, charged, started_at, duration_us, outputs, exchange, error, secret_id
		FROM attempts WHERE run_id IN `+list+` ORDER BY run_id, started_at, number`, args...)
	byRun := map[string][]models.Attempt{}
	err = scanAll(rows, err, func(rows scanner) error {
		var a models.Attempt
		err := rows.Scan(&a.RunID, &a.TaskID, &a.Number, &a.Result, &a.Charged, &a.StartedAt, &a.DurationUS, &a.Outputs, &a.Exchange, &a.Error, &a.SecretID)
		byRun[a.RunID] = append(byRun[a.RunID], a)
		return err
	})
	return byRun, fault("read attempts", err)
}
