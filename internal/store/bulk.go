package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"surveyflow/models"
)

// statement is one hot write for many rows, spelled for both dialects. PostgreSQL runs it once, with an array per column
// that unnest turns into rows; SQLite, where a call costs no network, runs it as a prepared statement, once per row, or
// once for sheafRows of them where the statement has a row. Both may end in RETURNING.
type statement struct {
	postgres string
	sqlite   string
	row      string // what stands in sqlite once per row, as in VALUES
}

// sheafRows is how many rows one call inserts on SQLite while there are so many.
const sheafRows = 16

// sheaf spells SQLite's statement for sheafRows rows; empty when it takes one row at a time.
func (st *statement) sheaf() string {
	if st.row == "" {
		return ""
	}
	return strings.Replace(st.sqlite, st.row, st.row+strings.Repeat(", "+st.row, sheafRows-1), 1)
}

// prepared are the forms of a statement on SQLite.
type prepared struct {
	one   *sql.Stmt
	sheaf *sql.Stmt // nil for a statement that takes one row at a time
}

// batch is an open transaction of a committer.
type batch struct {
	*core
	tx       *sql.Tx
	pipe     *pipeline               // PostgreSQL's; nil in a transaction of InTx
	prepared map[*statement]prepared // SQLite's, prepared before the transaction
	bound    map[*sql.Stmt]*sql.Stmt // of them, those that have been run in it
	accepted []*unit                 // what was accepted, and its runs, which are not in the queue yet
	fresh    []models.Run
	handover handover
	ready    int // runs that any node may claim once this is committed
}

// batch gives the open transaction to hot statements.
func (s *Store) batch() (*batch, error) {
	t, ok := s.w.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return nil, errors.New("store: no transaction is open")
	}
	b := &batch{core: s.core, tx: t}
	if s.committer != nil {
		b.prepared = s.committer.prepared
	}
	return b, nil
}

// each runs the statement for n rows; columns are slices of length n, in the order of the parameters.
func (b *batch) each(ctx context.Context, st *statement, n int, columns ...any) error {
	return b.eachReturning(ctx, st, n, nil, columns...)
}

// eachReturning is each for a statement that returns rows: scan is called for every one of them.
func (b *batch) eachReturning(ctx context.Context, st *statement, n int, scan func(scanner) error, columns ...any) error {
	if n == 0 {
		return nil
	}
	if b.dialect == postgres {
		return b.send(ctx, st, scan, columns)
	}
	forms, kept := b.prepared[st]
	if !kept { // one that is seldom run, or the store has not started
		one, err := b.tx.PrepareContext(ctx, st.sqlite)
		if err != nil {
			return err
		}
		defer one.Close()
		forms.one = one
	}
	from := 0
	for forms.sheaf != nil && n-from >= sheafRows {
		if err := b.some(ctx, forms.sheaf, columns, from, sheafRows, scan); err != nil {
			return err
		}
		from += sheafRows
	}
	for ; from < n; from++ {
		if err := b.some(ctx, forms.one, columns, from, 1, scan); err != nil {
			return err
		}
	}
	return nil
}

// send has PostgreSQL run the statement. One whose rows nobody waits for goes with the next that somebody does, or with [batch.flush].
func (b *batch) send(ctx context.Context, st *statement, scan func(scanner) error, args []any) error {
	switch {
	case b.pipe != nil:
		b.pipe.add(st.postgres, args, scan)
		if scan == nil {
			return nil
		}
		return b.pipe.flush(ctx)
	case scan == nil:
		_, err := b.tx.ExecContext(ctx, st.postgres, args...)
		return err
	}
	rows, err := b.tx.QueryContext(ctx, st.postgres, args...)
	return scanAll(rows, err, scan)
}

// flush runs the statements that wait to go with another.
func (b *batch) flush(ctx context.Context) error {
	if b.pipe == nil {
		return nil
	}
	return b.pipe.flush(ctx)
}

// some runs a prepared statement for the n rows from one on.
func (b *batch) some(ctx context.Context, prepared *sql.Stmt, columns []any, from, n int, scan func(scanner) error) error {
	args := make([]any, 0, n*len(columns))
	for i := from; i < from+n; i++ {
		for _, column := range columns {
			args = append(args, element(column, i))
		}
	}
	if scan == nil {
		_, err := b.bind(ctx, prepared).ExecContext(ctx, args...) //nolint:sqlclosecheck // the end of the transaction closes it
		return err
	}
	rows, err := b.bind(ctx, prepared).QueryContext(ctx, args...) //nolint:sqlclosecheck // the end of the transaction closes it
	return scanAll(rows, err, scan)
}

// bind gives a statement of the transaction for a prepared one.
func (b *batch) bind(ctx context.Context, prepared *sql.Stmt) *sql.Stmt {
	st := b.bound[prepared]
	if st == nil {
		if b.bound == nil {
			b.bound = map[*sql.Stmt]*sql.Stmt{}
		}
		st = b.tx.StmtContext(ctx, prepared)
		b.bound[prepared] = st
	}
	return st
}

// scanner is a row of a result.
type scanner interface{ Scan(into ...any) error }

func scanAll(rows *sql.Rows, err error, scan func(scanner) error) error {
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

// texts gives one field of all rows as JSON.
func texts[R any](rows []R, field func(R) any) ([]string, error) {
	all := make([]string, len(rows))
	for i, r := range rows {
		text, err := models.MarshalJSON(field(r))
		if err != nil {
			return nil, err
		}
		all[i] = string(text)
	}
	return all, nil
}

// marks spells a row of n parameters.
func marks(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

// among spells that a column has one of the values that follow as one models.JSON parameter: however many there are, it is the
// same statement, which the database has to understand once.
func (c *core) among(column string) string {
	if c.dialect == postgres {
		return column + " = ANY(ARRAY(SELECT json_array_elements_text(CAST(? AS json))))"
	}
	return column + " IN (SELECT value FROM json_each(?))"
}

// byKeys spells the query for the rows of a table that match where and have one of some keys, which come first as one models.JSON
// parameter. PostgreSQL takes the index of the key because its order is asked for: in a young table, of whose rows it knows
// nothing, every index that begins like that one looks as good to it.
func (c *core) byKeys(table, where, key string) string {
	if c.dialect == postgres {
		return "SELECT t.* FROM json_array_elements_text(CAST(? AS json)) AS k CROSS JOIN LATERAL (SELECT * FROM " + table + " WHERE " + where +
			" AND " + key + " BETWEEN k AND k ORDER BY " + key + ") AS t"
	}
	return "SELECT t.* FROM json_each(?) AS k CROSS JOIN " + table + " AS t ON " + where + " AND t." + key + " = k.value"
}

// pointers gives the addresses of all rows.
func pointers[R any](rows []R) []*R {
	all := make([]*R, len(rows))
	for i := range rows {
		all[i] = &rows[i]
	}
	return all
}
