package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// statement is one hot write for many rows, spelled for both dialects. PostgreSQL runs it once, with an array per column
// that unnest turns into rows; SQLite, where a call costs no network, runs it once per row as a prepared statement.
// Both may end in RETURNING.
type statement struct {
	postgres string
	sqlite   string
}

// batch is an open transaction of a committer.
type batch struct {
	*core
	tx       *sql.Tx
	prepared map[*statement]*sql.Stmt // SQLite's, prepared before the transaction
	handover handover
	ready    int // runs that any node may claim once this is committed
}

// each runs the statement for n rows; columns are slices of length n, in the order of the parameters.
func (b *batch) each(ctx context.Context, st *statement, n int, columns ...any) error {
	return b.eachReturning(ctx, st, n, nil, columns...)
}

// eachReturning is each for a statement that returns rows: scan is called for every one of them.
func (b *batch) eachReturning(ctx context.Context, st *statement, n int, scan func(*sql.Rows) error, columns ...any) error {
	if n == 0 {
		return nil
	}
	if b.dialect == postgres {
		if scan == nil {
			_, err := b.tx.ExecContext(ctx, st.postgres, columns...)
			return err
		}
		rows, err := b.tx.QueryContext(ctx, st.postgres, columns...)
		return scanAll(rows, err, scan)
	}
	prepared := b.tx.StmtContext(ctx, b.prepared[st])
	args := make([]any, len(columns))
	for i := range n {
		for c, column := range columns {
			args[c] = element(column, i)
		}
		if scan == nil {
			if _, err := prepared.ExecContext(ctx, args...); err != nil {
				return err
			}
			continue
		}
		rows, err := prepared.QueryContext(ctx, args...)
		if err := scanAll(rows, err, scan); err != nil {
			return err
		}
	}
	return nil
}

func scanAll(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// element gives row i of a column.
func element(column any, i int) any {
	switch c := column.(type) {
	case []string:
		return c[i]
	case []*string:
		return deref(c[i])
	case []int:
		return c[i]
	case []*int:
		return deref(c[i])
	case []int64:
		return c[i]
	case []*int64:
		return deref(c[i])
	case []bool:
		return c[i]
	case []time.Time:
		return c[i]
	case []*time.Time:
		return deref(c[i])
	}
	panic(fmt.Sprintf("store: a column of %T", column))
}

func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// column collects one field of all rows.
func column[R, T any](rows []R, field func(*R) T) []T {
	c := make([]T, len(rows))
	for i := range rows {
		c[i] = field(&rows[i])
	}
	return c
}
