package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/pgtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// behindProxy is an instance on PostgreSQL whose connections can be broken.
func behindProxy(t *testing.T) (*storetest.Proxy, *working) {
	t.Helper()
	d := storetest.NewPostgres(t)
	p, through := storetest.NewProxy(t, d)
	b := &working{Instance: storetest.NewInstance(t, through.Open(t, storetest.Options{}), nil), d: d}
	b.w = b.Workflow(models.TaskSpec{ID: "OCAC_1"}, models.TaskSpec{ID: "OCAC_2"})
	return p, b
}

func unavailable(t *testing.T, what string, err error) {
	t.Helper()
	if models.ErrorCode(err) != models.CodeUnavailable {
		t.Errorf("%s: %v; want unavailable", what, err)
	}
}

// The commit reached the disk and its answer did not reach us. Whoever asks again must be answered as a second asker.
func TestACommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	a := b.Completed(b.w)
	p.LoseCommit()
	unavailable(t, "accept", b.Store.Accept(a))
	if err := b.Store.Accept(a); models.ErrorCode(err) != models.CodeConflict {
		t.Errorf("accept again: %v; want a conflict: it is stored", err)
	}

	c := b.one(store.ClaimOptions{})
	step := storetest.Finish(c, store.Next{State: store.NextContinue}, b.Attempt(c.Run.ID, "OCAC_1", 1, models.AttemptSucceeded))
	p.LoseCommit()
	unavailable(t, "step", b.Store.Finish(step))
	if err := b.Store.Finish(step); err != nil || step.Fenced {
		t.Errorf("step again: %v, fenced %v; want neither", err, step.Fenced)
	}
	end := storetest.Finish(c, succeeded(), b.Attempt(c.Run.ID, "OCAC_2", 1, models.AttemptSucceeded))
	p.LoseCommit()
	unavailable(t, "end", b.Store.Finish(end))
	if err := b.Store.Finish(end); err != nil || !end.Fenced {
		t.Errorf("end again: %v, fenced %v; want fenced: it is written", err, end.Fenced)
	}
	if s := b.status(c.Run.ID); s != models.RunSucceeded {
		t.Errorf("the run is %s; want succeeded", s)
	}
	b.d.Consistent(t)
}

func TestAClaimWhoseAnswerIsLostIsFreed(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	b.Accept(b.w, 1)
	p.LoseCommit()
	_, err := b.Store.Claim(t.Context(), store.ClaimOptions{Node: "ND_1", Limit: 5})
	unavailable(t, "claim", err)
	if freed, err := b.Store.FreeStale(t.Context(), "ND_1", nil, time.Now()); err != nil || freed != 1 {
		t.Errorf("freed %d, %v; want 1", freed, err)
	}
	if c := b.one(store.ClaimOptions{}); c.Starts != 1 {
		t.Errorf("starts %d; want 1: no process died", c.Starts)
	}
}

// Connections break again and again while many accept: everybody is told the truth.
func TestNothingAcceptedIsLostWhenConnectionsBreak(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	rev := b.LiveRev()
	var accepted sync.Map
	var stored, refused, done atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for done.Load() == 0 {
				a := &store.Acceptance{Response: b.Response(), SurveyRev: rev}
				a.Event = b.Event(a.Response)
				a.Runs = []models.Run{b.Run(a.Event, b.w)}
				switch err := b.Store.Accept(a); {
				case err == nil:
					accepted.Store(a.Response.ID, true)
					stored.Add(1)
				case models.ErrorCode(err) == models.CodeUnavailable:
					refused.Add(1)
				default:
					t.Errorf("accept: %v; want it stored or unavailable", err)
					return
				}
			}
		})
	}
	for range 5 {
		before, turned := stored.Load(), refused.Load()
		storetest.Eventually(t, storetest.Patience, "acceptances go through", func() bool { return stored.Load() > before+20 })
		p.Cut()
		storetest.Eventually(t, storetest.Patience, "acceptances are refused", func() bool { return refused.Load() > turned })
		p.Mend()
	}
	done.Store(1)
	wg.Wait()
	there := map[string]bool{}
	rows, err := b.d.SQL(t).QueryContext(t.Context(), "SELECT id FROM responses")
	b.Check(err)
	defer rows.Close()
	for rows.Next() {
		var id string
		b.Check(rows.Scan(&id))
		there[id] = true
	}
	b.Check(rows.Err())
	accepted.Range(func(id, _ any) bool {
		if !there[id.(string)] {
			t.Errorf("the accepted response %s is lost", id)
		}
		return true
	})
	b.d.Consistent(t)
}

func TestADatabaseThatDoesNotAnswerIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	a := b.Completed(b.w)
	b.Store.SetPatience(100 * time.Millisecond)
	p.Freeze()
	unavailable(t, "accept", b.Store.Accept(a))
	p.Thaw()
	b.Store.SetPatience(storetest.Patience)
	if err := b.Store.Accept(b.Completed(b.w)); err != nil {
		t.Errorf("accept when the database is back: %v", err)
	}
	b.d.Consistent(t)
}

func TestAClosedStoreSaysSo(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t, storetest.Options{})
		i := storetest.NewInstance(t, s, nil)
		a := i.Completed()
		var wg sync.WaitGroup
		for range 50 { // some before the end and some after: none may wait for ever
			wg.Go(func() {
				own := *a
				own.Response = i.Response()
				if err := s.Accept(&own); err != nil {
					unavailable(t, "accept", err)
				}
			})
		}
		i.Check(s.Close())
		wg.Wait()
		unavailable(t, "accept", s.Accept(a))
	})
}

// Two transactions of people and the committers touch the same rows in different orders: PostgreSQL ends one of them.
func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	i := storetest.NewInstance(t, d.Open(t, storetest.Options{}), nil)
	one, two := i.Workflow(), i.Workflow()
	var wg sync.WaitGroup
	var met sync.WaitGroup
	met.Add(2)
	for _, order := range [][]*models.Workflow{{one, two}, {two, one}} {
		wg.Go(func() {
			tries := 0
			err := i.Store.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
				tries++
				for n, w := range order {
					if err := tx.RenameWorkflow(ctx, i.Actor, w.ID, "Renamed"); err != nil {
						return err
					}
					if n == 0 && tries == 1 {
						met.Done()
						met.Wait() // now each has what the other wants
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("after %d tries: %v", tries, err)
			}
		})
	}
	wg.Wait()
}

// While PostgreSQL is away every read and write says so, so that people get a 503 and not an error of ours.
func TestEverythingSaysThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	p, b := behindProxy(t)
	run := b.Accept(b.w, 1)[0]
	r := begun(b.Instance)
	p.Cut()
	ctx, s := t.Context(), b.Store
	for what, call := range map[string]func() error{
		"ping":            func() error { return s.Ping(ctx) },
		"survey":          func() error { _, err := s.Survey(ctx, b.Actor, b.Survey.ID); return err },
		"surveys":         func() error { _, _, err := s.Surveys(ctx, b.Actor, store.SurveyFilter{}); return err },
		"live survey":     func() error { _, err := s.LiveSurvey(ctx, b.Survey.ID); return err },
		"live revision":   func() error { _, err := s.LiveRev(ctx, b.Survey.ID); return err },
		"draft":           func() error { _, err := s.SaveSurveyDraft(ctx, b.Actor, b.Survey, 0); return err },
		"put live":        func() error { _, err := s.PutSurveyLive(ctx, b.Actor, b.Survey.ID, 0); return err },
		"workflow":        func() error { _, err := s.Workflow(ctx, b.Actor, b.w.ID); return err },
		"off":             func() error { return s.SetWorkflowEnabled(ctx, b.Actor, b.w.ID, false) },
		"delete workflow": func() error { _, err := s.DeleteWorkflow(ctx, b.Actor, b.w.ID); return err },
		"responses":       func() error { _, _, err := s.Responses(ctx, b.Actor, b.Survey.ID, store.ResponseFilter{}); return err },
		"delete response": func() error { return s.DeleteResponse(ctx, b.Actor, r.SurveyID, r.ID) },
		"runs":            func() error { _, _, err := s.Runs(ctx, b.Actor, store.RunFilter{}); return err },
		"run":             func() error { _, err := s.Run(ctx, b.Actor, run); return err },
		"cancel":          func() error { return s.CancelRun(ctx, b.Actor, run) },
		"play":            func() error { return s.PlayRun(ctx, b.Actor, run) },
		"counts":          func() error { _, err := s.RunCounts(ctx, b.Actor, store.RunFilter{From: noon}); return err },
		"hours":           func() error { _, err := s.RunHours(ctx, b.Actor, store.RunFilter{}); return err },
		"heartbeat":       func() error { return s.Heartbeat(ctx, "ND_1", "here") },
		"take over":       func() error { _, err := s.TakeOver(ctx, "ND_1", noon); return err },
		"promote":         func() error { _, _, err := s.PromoteDue(ctx); return err },
		"claim":           func() error { _, err := s.Claim(ctx, store.ClaimOptions{Node: "ND_1", Limit: 1}); return err },
		"purge":           func() error { _, err := s.Purge(ctx, b.Actor.OrgID, noon); return err },
		"leave":           func() error { return s.Leave(ctx, "ND_1") },
		"migrated":        func() error { _, err := s.Migrated(ctx); return err },
	} {
		unavailable(t, what, call())
	}
}

// A migration of a large table, or the wait for another node's, takes longer than any other statement may.
func TestMigrationsTakeLongerThanStatementsMay(t *testing.T) {
	t.Parallel()
	d := storetest.Database{Postgres: pgtest.New(t)}
	db := d.SQL(t)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SELECT pg_advisory_lock(7355608)"); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Postgres: d.Postgres + "&statement_timeout=1000"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	migrated := make(chan error, 1)
	go func() {
		_, err := s.Migrate(t.Context())
		migrated <- err
	}()
	storetest.Eventually(t, storetest.Patience, "the migration waits for the other node", func() bool {
		var n int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND now() - query_start > interval '1500 milliseconds'`).Scan(&n)
		return err == nil && n > 0 || len(migrated) > 0
	})
	if _, err := conn.ExecContext(t.Context(), "SELECT pg_advisory_unlock(7355608)"); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Errorf("migrate: %v", err)
	}
}
