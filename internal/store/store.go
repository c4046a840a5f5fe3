// Package store is everything SQL: one concrete [Store] over PostgreSQL or SQLite. GORM and the drivers stay inside.
//
// Plain reads and writes go through GORM. What happens thousands of times a second (accepting a response, claiming and
// finishing runs) is set-based SQL that many callers share: see [Store.Accept].
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"surveyflow/internal/clock"
	"surveyflow/models"
)

// Options say which database to open and how.
type Options struct {
	SQLite   string // path of the database file; made when absent. Either this or Postgres is set.
	Postgres string // connection string
	MaxConns int    // connections of the PostgreSQL pool; 0 means 16
	Clock    clock.Clock
	Log      *slog.Logger
}

// Store reads and writes the database. It is safe for concurrent use.
// The Store that [Store.InTx] hands out belongs to that transaction.
type Store struct {
	*core
	w *gorm.DB // writes, and everything inside a transaction
	r *gorm.DB // reads; on PostgreSQL the same handle as w
}

// core is what a store and its transactions share.
type core struct {
	dialect   dialect
	writer    *sql.DB
	hot       *sql.DB // the writer again, where every statement is one of the committers' or reads by key
	reader    *sql.DB
	clock     clock.Clock
	log       *slog.Logger
	options   Options
	committer *committer
	wake      chan struct{} // work may be ready; holds one signal
	announce  chan struct{} // other nodes should hear of it; holds one signal
	stop      context.CancelFunc
	running   sync.WaitGroup
	unlock    func() error
	lanes     lanes
	direct    atomic.Pointer[direct]
	refusals  refusals
	health    health
	manyRuns  int64    // see the constant
	gorm      *gorm.DB // the writer's, for what a committer does seldom
	keyed     *gorm.DB // the mapper over hot
	reads     reads    // of SQLite
}

type dialect int

const (
	sqlite dialect = iota
	postgres
)

// Open opens the database and checks that it answers. It changes nothing: call [Store.Migrate], then [Store.Start].
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &core{clock: o.Clock, log: o.Log, options: o, wake: make(chan struct{}, 1), announce: make(chan struct{}, 1), manyRuns: manyRuns}
	open := openSQLite
	if o.Postgres != "" {
		open = openPostgres
	}
	s, err := open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	c.gorm = s.w
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	return s, nil
}

// Start makes [Store.Accept] and [Store.Finish] work and listens for work that other nodes announce.
// The schema must be there. [Store.Close] ends it.
func (s *Store) Start(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	c, err := startCommitter(ctx, s.core)
	if err != nil {
		return err
	}
	s.committer = c
	if err := s.SyncHealth(ctx); err != nil {
		return err
	}
	s.running.Go(func() { s.flushRefusals(ctx) })
	if s.dialect == postgres {
		s.running.Go(func() { s.listen(ctx) })
		s.running.Go(func() { s.announceWork(ctx) })
	}
	return nil
}

// Close lets commits under way end and closes all connections.
func (s *Store) Close() error {
	if s.committer != nil {
		s.committer.close()
	}
	if s.stop != nil {
		s.stop()
		s.running.Wait()
	}
	err := s.writer.Close()
	if s.hot != s.writer {
		err = errors.Join(err, s.hot.Close())
	}
	if s.reader != s.writer {
		err = errors.Join(err, s.reader.Close())
	}
	if s.unlock != nil {
		err = errors.Join(err, s.unlock())
		s.unlock = nil
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reader.PingContext(ctx); err != nil {
		return fault("reach the database", err)
	}
	return nil
}

// Shared reports whether several nodes can work on this database.
func (s *Store) Shared() bool { return s.dialect == postgres }

// Now gives the time by the store's clock, which rows are stamped with.
func (s *Store) Now() time.Time { return s.clock.Now() }

// Wake gives a signal when work may be ready. It carries no data and may come late or for nothing:
// whoever waits for it must also look by itself now and then.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (c *core) signalWork() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
	if c.dialect == postgres {
		select {
		case c.announce <- struct{}{}:
		default:
		}
	}
}

// inTx marks a context whose transaction is open.
type inTx struct{}

// InTx runs fn in one transaction; an error, or a panic, undoes all of it. When another transaction is in the way and
// PostgreSQL ends this one, fn runs again: what it sets outside of the transaction it must set anew.
// fn must use only the store and the context that it gets: a write through the outer store would wait for itself on SQLite.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, tx *Store) error) error {
	return s.inTx(ctx, s.w, fn)
}

// InKeyTx is InTx for a transaction whose statements all go by keys, as many as there may be: on PostgreSQL it runs on the
// connections that are made for that, see openHot.
func (s *Store) InKeyTx(ctx context.Context, fn func(ctx context.Context, tx *Store) error) error {
	return s.inTx(ctx, s.keyed, fn)
}

func (s *Store) inTx(ctx context.Context, db *gorm.DB, fn func(ctx context.Context, tx *Store) error) error {
	if ctx.Value(inTx{}) != nil {
		return fn(ctx, s)
	}
	ctx = context.WithValue(ctx, inTx{}, true)
	for try := 1; ; try++ {
		err := db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			return fn(ctx, &Store{core: s.core, w: tx, r: tx})
		})
		switch {
		case collided(err) && try < collisionTries:
		case models.ErrorCode(err) == "" && unreachable(err): // it could not begin or commit
			return fault("begin or commit", err)
		default:
			return err
		}
	}
}

// read gives a handle for queries.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.r.WithContext(ctx) }

// write gives a handle for changes.
func (s *Store) write(ctx context.Context) *gorm.DB { return s.w.WithContext(ctx) }

func gormConfig() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard,
		DisableAutomaticPing:   true,
	}
}

// guardTransactions makes a write through the outer handle while the context's transaction is open panic at once,
// where it would otherwise deadlock on SQLite and silently leave the transaction on PostgreSQL.
func guardTransactions(db *gorm.DB) error {
	guard := func(db *gorm.DB) {
		if db.Statement.Context.Value(inTx{}) == nil {
			return
		}
		if _, open := db.Statement.ConnPool.(gorm.TxCommitter); !open {
			panic("store: a write used the outer handle while a transaction is open")
		}
	}
	return errors.Join(
		db.Callback().Create().Before("gorm:create").Register("surveyflow:tx", guard),
		db.Callback().Update().Before("gorm:update").Register("surveyflow:tx", guard),
		db.Callback().Delete().Before("gorm:delete").Register("surveyflow:tx", guard),
		db.Callback().Raw().Before("gorm:raw").Register("surveyflow:tx", guard),
	)
}
