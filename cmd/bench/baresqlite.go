package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// bareSQLite has one connection that writes, for everything; many operations share a commit.
type bareSQLite struct {
	db      *sql.DB
	ops     chan *bareOp
	stopped chan struct{}

	insertStmt, claimStmt, finishStmt *sql.Stmt
}

// bareOp is one insert, end or claim.
type bareOp struct {
	insert  *job
	end     int64
	claimed chan []job // a claim when set
	got     []job
}

func openBareSQLite(ctx context.Context, path string) (bareStore, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `
		CREATE TABLE jobs (id INTEGER PRIMARY KEY, body TEXT NOT NULL, status TEXT NOT NULL, available_at INTEGER NOT NULL,
			finished_at INTEGER, attempts INTEGER NOT NULL DEFAULT 0);
		CREATE INDEX jobs_queued ON jobs (available_at, id) WHERE status = 'queued'`)
	if err != nil {
		return nil, err
	}
	s := &bareSQLite{db: db, ops: make(chan *bareOp, 4*bareBatch), stopped: make(chan struct{})}
	var errs [3]error
	s.insertStmt, errs[0] = db.PrepareContext(ctx, `INSERT INTO jobs (body, status, available_at) VALUES (?, 'queued', ?)`)
	s.claimStmt, errs[1] = db.PrepareContext(ctx, `UPDATE jobs SET status = 'running', attempts = attempts + 1 WHERE id IN (
		SELECT id FROM jobs WHERE status = 'queued' AND available_at <= ? ORDER BY available_at, id LIMIT ?) RETURNING id, body`)
	s.finishStmt, errs[2] = db.PrepareContext(ctx, `UPDATE jobs SET status = 'succeeded', finished_at = ? WHERE id = ?`)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	go s.loop()
	return s, nil
}

func (s *bareSQLite) insert(_ context.Context, j *job) error {
	s.ops <- &bareOp{insert: j}
	<-j.done
	return j.err
}

func (s *bareSQLite) claim(ctx context.Context) ([]job, error) {
	op := &bareOp{claimed: make(chan []job, 1)}
	select {
	case s.ops <- op:
		return <-op.claimed, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *bareSQLite) finish(j job) { s.ops <- &bareOp{end: j.id} }

func (s *bareSQLite) loop() {
	defer close(s.stopped)
	for batch := gather(s.ops); batch != nil; batch = gather(s.ops) {
		err := s.commit(batch)
		if err != nil {
			fmt.Fprintln(os.Stderr, "commit:", err)
		}
		for _, op := range batch {
			switch {
			case op.insert != nil:
				op.insert.err = err
				close(op.insert.done)
			case op.claimed != nil:
				op.claimed <- op.got
			}
		}
	}
}

func (s *bareSQLite) commit(batch []*bareOp) error {
	ctx := context.Background()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	insert, claim, finish := tx.StmtContext(ctx, s.insertStmt), tx.StmtContext(ctx, s.claimStmt), tx.StmtContext(ctx, s.finishStmt)
	for _, op := range batch {
		now := time.Now().UnixMicro()
		switch {
		case op.insert != nil:
			_, err = insert.ExecContext(ctx, string(op.insert.body), now)
		case op.claimed != nil:
			op.got, err = claimRows(ctx, claim, now)
		default:
			_, err = finish.ExecContext(ctx, now, op.end)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func claimRows(ctx context.Context, claim *sql.Stmt, now int64) ([]job, error) {
	rows, err := claim.QueryContext(ctx, now, bareBatch)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var got []job
	for rows.Next() {
		var j job
		if err := rows.Scan(&j.id, &j.body); err != nil {
			return nil, err
		}
		got = append(got, j)
	}
	return got, rows.Err()
}

func (s *bareSQLite) close() error {
	close(s.ops)
	<-s.stopped
	return s.db.Close()
}
