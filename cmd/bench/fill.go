package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"surveyflow/models"
)

const (
	// fillPeriod is how far back a filled history goes: less than runs are kept.
	fillPeriod = 10 * 24 * time.Hour
	// fillPart is how many runs one transaction writes.
	fillPart = 20_000
)

// fillTables are what a finished run consists of.
var fillTables = []string{"responses", "events", "runs", "attempts"}

// historyTables are what lists of runs read. With the others a history of millions would fill the disk.
var historyTables = []string{"events", "runs"}

// fill gives an instance a history: one event goes through the program, and what it leaves behind is copied n times, spread
// over the last days. Where there are workflows for it, the copies are runs alone, of different workflows, people and statuses.
func (i *instance) fill(ctx context.Context, n int) error {
	r, err := i.start(ctx, 1)
	if err != nil {
		return err
	}
	_, err = burstLoad(r, i.sink, 1, 1).run(ctx)
	if err = errors.Join(err, r.stop()); err != nil {
		return err
	}
	db, err := i.database.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	f := &filler{db: db, dialect: i.database.dialect, counted: map[counted]int64{}, workflows: i.workflows}
	tables := fillTables
	if len(f.workflows) > 0 {
		tables = historyTables
	} else {
		f.only = i.workflow
	}
	for _, table := range tables {
		if err := f.pattern(ctx, table); err != nil {
			return err
		}
	}
	end := time.Now().UTC()
	for from := 0; from < n; from += fillPart {
		to := min(from+fillPart, n)
		at := func(k int) time.Time {
			return end.Add(-fillPeriod + time.Duration(float64(fillPeriod)*float64(k)/float64(n))).Truncate(time.Microsecond)
		}
		if err := f.part(ctx, from, to, at); err != nil {
			return fmt.Errorf("fill the history: %w", err)
		}
	}
	return f.counts(ctx, i, n)
}

// filler copies the rows of one finished run.
type filler struct {
	db       *sql.DB
	dialect  dialect
	patterns []rowPattern

	workflows []string // of a varied history
	only      string   // the workflow of any other
	counted   map[counted]int64
}

// counted is a row of run_counts.
type counted struct {
	workflow string
	hour     int64
	status   models.RunStatus
}

// rowPattern is a row to be copied.
type rowPattern struct {
	table   string
	columns []string
	values  []any
}

func (f *filler) pattern(ctx context.Context, table string) error {
	rows, err := f.db.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	p := rowPattern{table: table}
	if p.columns, err = rows.Columns(); err != nil {
		return err
	}
	p.values = make([]any, len(p.columns))
	pointers := make([]any, len(p.columns))
	for c := range p.values {
		pointers[c] = &p.values[c]
	}
	if !rows.Next() {
		return errors.Join(fmt.Errorf("no row in %s to copy", table), rows.Err())
	}
	if err := rows.Scan(pointers...); err != nil {
		return err
	}
	f.patterns = append(f.patterns, p)
	return rows.Err()
}

// copied gives a row with other ids and another time.
func (p *rowPattern) copied(ids map[string]string, at time.Time) []any {
	values := make([]any, len(p.values))
	for c, v := range p.values {
		values[c] = v
		if old, ok := v.(time.Time); ok && !old.IsZero() {
			values[c] = at
		}
		name := p.columns[c]
		if name == "id" {
			name = strings.TrimSuffix(p.table, "s") + "_id"
		}
		if id, ok := ids[name]; ok && v != nil {
			values[c] = id
		}
	}
	return values
}

// part writes the runs [from, to), table by table.
func (f *filler) part(ctx context.Context, from, to int, at func(int) time.Time) error {
	rows := make([][][]any, len(f.patterns))
	for k := from; k < to; k++ {
		moment := at(k)
		ids := map[string]string{
			"response_id": models.NewID(models.PrefixResponse), "event_id": models.NewOrderedID(models.PrefixEvent, moment),
			"run_id": models.NewOrderedID(models.PrefixRun, moment),
		}
		count := counted{f.only, moment.Unix() / 3600, models.RunSucceeded}
		for t := range f.patterns {
			values := f.patterns[t].copied(ids, moment)
			if len(f.workflows) > 0 && f.patterns[t].table == "runs" {
				varied(f.patterns[t].columns, values, k, f.workflows)
				count.workflow, count.status = f.workflows[k%len(f.workflows)], statusOf(k)
			}
			rows[t] = append(rows[t], values)
		}
		f.counted[count]++
	}
	for t := range f.patterns {
		if err := f.write(ctx, &f.patterns[t], rows[t]); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) write(ctx context.Context, p *rowPattern, rows [][]any) error {
	if f.dialect == postgresDialect {
		conn, err := f.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		return conn.Raw(func(driver any) error {
			_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{p.table}, p.columns, pgx.CopyFromRows(rows))
			return err
		})
	}
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	marks := strings.TrimSuffix(strings.Repeat("?,", len(p.columns)), ",")
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+p.table+" ("+strings.Join(p.columns, ",")+") VALUES ("+marks+")")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, row := range rows {
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// counts adds what was filled to the counts, in a shard of its own, and lets PostgreSQL look at its tables, as it does by
// itself when a history grows in its own time.
func (f *filler) counts(ctx context.Context, i *instance, n int) error {
	const shard = -2
	insert := "INSERT INTO run_counts (workflow_id, hour, status, shard, n) VALUES (?, ?, ?, ?, ?)"
	responses := "INSERT INTO response_counts (survey_id, state, shard, n) VALUES (?, 'completed', ?, ?)"
	look := "SELECT 1"
	if f.dialect == postgresDialect {
		insert = "INSERT INTO run_counts (workflow_id, hour, status, shard, n) VALUES ($1, $2, $3, $4, $5)"
		responses = "INSERT INTO response_counts (survey_id, state, shard, n) VALUES ($1, 'completed', $2, $3)"
		look = "VACUUM ANALYZE"
	}
	for c, n := range f.counted {
		if _, err := f.db.ExecContext(ctx, insert, c.workflow, c.hour, string(c.status), shard, n); err != nil {
			return err
		}
	}
	if len(f.workflows) == 0 {
		if _, err := f.db.ExecContext(ctx, responses, i.survey, shard, n); err != nil {
			return err
		}
	}
	_, err := f.db.ExecContext(ctx, look)
	return err
}
