package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"surveyflow/models"
)

const (
	// batchLimit is how many units share a commit at most.
	batchLimit = 128
	// postgresCommitters is how many commits run side by side: while one waits for the disk the next is written.
	postgresCommitters = 2
	// commitTimeout is how long a database that does not answer at all keeps its callers waiting. A commit takes milliseconds.
	commitTimeout = 15 * time.Second
	// collisionTries is how often a transaction is tried that the database ended because of another one.
	collisionTries = 4
)

// unit is one caller's part of a commit: an acceptance, the end of a run's step, or a claim.
type unit struct {
	accept *Acceptance
	finish *Finish
	claim  *claim
	err    error
	done   chan struct{}
}

// committer gathers units of many callers and commits them together. There is no timer: while a commit is under way
// the next batch gathers by itself.
type committer struct {
	*core
	units    chan *unit
	turn     sync.Mutex   // of the loop that gathers and writes a batch; it passes it on before it waits for the disk
	handing  sync.RWMutex // held for reading while a unit is handed in
	ended    bool         // nobody may hand in more; guarded by handing
	closed   chan struct{}
	loops    sync.WaitGroup
	prepared map[*statement]prepared
	patience time.Duration // for one commit
}

func startCommitter(ctx context.Context, c *core) (*committer, error) {
	m := &committer{core: c, units: make(chan *unit, 4*batchLimit), closed: make(chan struct{}), patience: commitTimeout}
	if c.dialect == sqlite {
		var err error
		if m.prepared, err = prepareHot(ctx, c.writer); err != nil {
			return nil, err
		}
	}
	loops := 1
	if c.dialect == postgres {
		loops = postgresCommitters
	}
	// Counts are kept per committer of any node, so that none waits for another's row.
	shard := rand.IntN(1 << 20)
	for i := range loops {
		m.loops.Go(func() { m.loop(ctx, shard+i) })
	}
	return m, nil
}

// prepareHot prepares the hot statements in all their forms.
func prepareHot(ctx context.Context, writer *sql.DB) (map[*statement]prepared, error) {
	all := make(map[*statement]prepared, len(hotStatements))
	prepare := func(text string) (*sql.Stmt, error) {
		p, err := writer.PrepareContext(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("prepare %q: %w", text, err)
		}
		return p, nil
	}
	for _, st := range hotStatements {
		var p prepared
		var err error
		if p.one, err = prepare(st.sqlite); err != nil {
			return nil, err
		}
		if text := st.sheaf(); text != "" {
			if p.sheaf, err = prepare(text); err != nil {
				return nil, err
			}
		}
		all[st] = p
	}
	return all, nil
}

// close waits for the units that were handed in. Who hands in more is told that the store is closed.
func (m *committer) close() {
	m.handing.Lock()
	if !m.ended {
		m.ended = true
		close(m.closed)
	}
	m.handing.Unlock()
	m.loops.Wait()
}

// submit hands in a unit and waits until it is on disk or failed.
// It waits even when ctx ends: whether the unit was committed must not stay unknown to who answers for it.
func (m *committer) submit(u *unit) error {
	u.done = make(chan struct{})
	if !m.handIn(u) {
		return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: errClosed}
	}
	<-u.done
	return u.err
}

// handIn gives the unit to the loops, unless they are ending.
func (m *committer) handIn(u *unit) bool {
	m.handing.RLock()
	defer m.handing.RUnlock()
	if !m.ended {
		m.units <- u
	}
	return !m.ended
}

var errClosed = errors.New("the store is closed")

// loop commits batch after batch. Batches are written one at a time, so that they are as large as can be: two that are half
// as large cost the database half as much again.
func (m *committer) loop(ctx context.Context, shard int) {
	pending := make([]*unit, 0, batchLimit)
	for {
		m.turn.Lock()
		pass := sync.OnceFunc(m.turn.Unlock)
		pending = m.gather(pending[:0])
		if len(pending) > 0 {
			m.commit(ctx, shard, pending, pass)
		}
		pass()
		if len(pending) == 0 {
			return
		}
		for _, u := range pending {
			close(u.done)
		}
	}
}

// gather waits for a unit and takes what else waits. It gives none once the store is closed and all were taken.
func (m *committer) gather(pending []*unit) []*unit {
	select {
	case u := <-m.units:
		pending = append(pending, u)
	case <-m.closed:
		select { // what was handed in before the end is still done
		case u := <-m.units:
			pending = append(pending, u)
		default:
			return pending
		}
	}
	for len(pending) < batchLimit {
		select {
		case u := <-m.units:
			pending = append(pending, u)
		default:
			return pending
		}
	}
	return pending
}

// commit commits the units together; those that write the same row as an earlier one follow in a commit of their own,
// as if they had come later. It passes the turn on once the first are written.
func (m *committer) commit(ctx context.Context, shard int, units []*unit, pass func()) {
	for rest := units; len(rest) > 0; {
		var first []*unit
		first, rest = apart(rest)
		m.commitBatch(ctx, shard, first, pass)
	}
	for _, u := range units {
		if u.err == nil && u.makesWork() {
			m.signalWork()
			return
		}
	}
}

// apart splits off the units that write a row which one before them writes.
func apart(units []*unit) (first, rest []*unit) {
	seen := make(map[string]bool, len(units))
	first = make([]*unit, 0, len(units))
	for _, u := range units {
		row := u.row()
		if row != "" && seen[row] {
			rest = append(rest, u)
			continue
		}
		seen[row] = true
		first = append(first, u)
	}
	return first, rest
}

// row names the row that only one unit of a batch may write; empty when there is none.
func (u *unit) row() string {
	switch {
	case u.accept != nil && u.accept.Response != nil:
		return u.accept.Response.ID
	case u.finish != nil:
		return u.finish.RunID
	}
	return ""
}

// commitBatch commits the units together, and when that fails for a reason that one of them may be guilty of, one by one.
func (m *committer) commitBatch(ctx context.Context, shard int, units []*unit, pass func()) {
	err := m.commitTogether(ctx, shard, units, pass)
	switch {
	case err == nil: // each unit has its own outcome
	case len(units) > 1 && !unreachable(err):
		for _, u := range units {
			m.commitBatch(ctx, shard, []*unit{u}, pass)
		}
	default:
		for try := 1; len(units) == 1 && collided(err) && try < collisionTries; try++ {
			if err = m.commitTogether(ctx, shard, units, pass); err == nil {
				return
			}
		}
		for _, u := range units {
			u.err = fault("commit", err)
		}
	}
}

// makesWork reports whether the unit leaves something to claim; new runs tell so themselves.
func (u *unit) makesWork() bool {
	return u.finish != nil && u.finish.Next.State == NextRelease
}

// bounded gives a commit its time. On SQLite there is nothing to wait for, and a context that can end costs every
// statement a goroutine.
func (m *committer) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if m.dialect == sqlite {
		return context.WithoutCancel(ctx), func() {}
	}
	return context.WithTimeout(ctx, m.patience)
}

func (m *committer) commitTogether(ctx context.Context, shard int, units []*unit, pass func()) (err error) {
	p := sort(units)
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	b, err := m.begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			b.tx.Rollback() //nolint:errcheck // the first error is the one that counts
		}
		if b.pipe != nil {
			b.pipe.conn.Close() //nolint:errcheck // back to the others
		}
		b.handover.end(err == nil)
		if err == nil && b.ready > 0 {
			m.signalWork()
		}
	}()
	if err := b.accept(ctx, shard, p.accepts); err != nil {
		return err
	}
	if err := b.finish(ctx, shard, p.finishes); err != nil {
		return err
	}
	// Slots are reserved from here on: as late as can be, so that they stand idle for no longer than the commit takes.
	if err := b.enqueue(ctx); err != nil {
		return err
	}
	if err := b.claim(ctx, p.claims); err != nil {
		return err
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	pass()
	return b.tx.Commit()
}

func (m *committer) begin(ctx context.Context) (*batch, error) {
	b := &batch{core: m.core, prepared: m.prepared}
	var err error
	if m.dialect == sqlite {
		b.tx, err = m.hot.BeginTx(ctx, nil)
		return b, err
	}
	conn, err := m.hot.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if b.tx, err = conn.BeginTx(ctx, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	b.pipe = &pipeline{conn: conn}
	return b, nil
}

// parts are the units of a batch by what they are. Their outcomes are reset, because a batch may be tried twice.
type parts struct {
	accepts  []*unit
	finishes []*unit
	claims   []*unit
}

func sort(units []*unit) parts {
	var p parts
	for _, u := range units {
		u.err = nil
		switch {
		case u.accept != nil:
			p.accepts = append(p.accepts, u)
		case u.finish != nil:
			p.finishes = append(p.finishes, u)
		default:
			p.claims = append(p.claims, u)
		}
	}
	return p
}
