package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline sends several statements of a transaction to PostgreSQL at once: on the way there and back again a commit of a dozen
// statements spends a good part of its time.
type pipeline struct {
	conn   *sql.Conn // of the transaction
	queued pgx.Batch
}

// add queues a statement; scan is called for every row that it gives and nil where it gives none.
func (p *pipeline) add(text string, args []any, scan func(scanner) error) {
	q := p.queued.Queue(text, args...)
	if scan == nil {
		return
	}
	q.Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// flush runs what is queued, in its order, up to the first error.
func (p *pipeline) flush(ctx context.Context) error {
	if p.queued.Len() == 0 {
		return nil
	}
	queued := p.queued
	p.queued = pgx.Batch{}
	return p.conn.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(ctx, &queued).Close() //nolint:forcetypeassert,errcheck // openHot opens no others
	})
}
