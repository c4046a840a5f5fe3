package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"surveyflow/models"
)

const (
	// deadRate is how many events a second come for the receivers that are well.
	deadRate = 50
	// deadRounds is how often it is measured without what is held and with it, by turns.
	deadRounds = 4
)

// deadAll measures on each database what a receiver that is down costs the others.
func (b *bench) deadAll(ctx context.Context) error {
	w := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	row(w, fmt.Sprintf("%d deliveries held", b.dead), "events", "p50 ms without", "with", "p99 ms without", "with", "ratio of p99", "others' CPU")
	for _, d := range b.dialects {
		for _, p := range b.programs {
			if err := b.deadOn(ctx, w, p, d); err != nil {
				return fmt.Errorf("a dead receiver on %s: %w", d.label(), err)
			}
		}
	}
	return w.Flush()
}

// deadOn measures the time from a response's request to the call of a receiver that is well: alone, and while deliveries are
// held for one that is down, by turns, so that both see the same machine.
func (b *bench) deadOn(ctx context.Context, w io.Writer, p *product, d dialect) (err error) {
	db, err := b.machine.create(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.machine.drop(ctx, db)) }()
	i, err := p.setUp(ctx, db)
	if err != nil {
		return err
	}
	dead, err := freeAddress() // nobody listens there
	if err != nil {
		return err
	}
	i.env = append(i.env, "OUTBOUND_ALLOW="+i.sink.address()+","+dead)
	r, err := i.start(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	workflow, err := i.deadWorkflow(ctx, r.targets[0].address, dead)
	if err != nil {
		return err
	}
	if _, err := burstLoad(r, b.sink, warmUp, b.connections).run(ctx); err != nil {
		return err
	}
	busy, ours := machineBusy(), r.all()
	begun := time.Now()
	var took [2][]int64
	for n := range 2 * deadRounds {
		held := n % 2
		if err := i.hold(ctx, r, workflow, "http://"+dead, held*b.dead); err != nil {
			return err
		}
		one := steadyLoad(r, b.sink, deadRate, b.lasting, b.connections)
		l, err := one.play(ctx)
		if err != nil {
			return err
		}
		for k := range one.n {
			took[held] = append(took[held], l.arrived[k].Load()-l.sent[k])
		}
	}
	others := ((machineBusy() - busy) - (r.all() - ours)).Seconds() / time.Since(begun).Seconds()
	alone, beside := latenciesOf(took[0]), latenciesOf(took[1])
	ms := func(f float64) string { return fmt.Sprintf("%.2f", f) }
	row(w, p.name+" on "+d.label(), fmt.Sprint(len(took[0])), ms(alone.p50), ms(beside.p50), ms(alone.p99), ms(beside.p99), ms(beside.p99/alone.p99), fmt.Sprintf("%.1f", max(others, 0)))
	return nil
}

// deadWorkflow makes the workflow whose receiver is down. No event of the load starts it.
func (i *instance) deadWorkflow(ctx context.Context, address, dead string) (string, error) {
	spec := strings.NewReplacer("$SURVEY", i.survey, "$SINK", dead, "Tell the CRM", "Tell the dead", `"right":"4"`, `"right":"-1"`).Replace(workflowSpec)
	var made struct {
		ID string `json:"id"`
	}
	api := &client{base: "http://" + address + "/API/v3", token: i.token}
	err := api.call(ctx, http.MethodPost, "/workflows", spec, &made)
	return made.ID, err
}

// hold puts so many deliveries into the database that are held for a receiver whose breaker is open, in place of those that
// were there.
func (i *instance) hold(ctx context.Context, r *running, workflow, host string, n int) error {
	now := time.Now().UTC()
	org, err := text(ctx, r, "SELECT id FROM organisations")
	if err != nil {
		return err
	}
	event, err := text(ctx, r, "SELECT MIN(id) FROM events")
	if err != nil {
		return err
	}
	at := now.Format("2006-01-02 15:04:05")
	id := models.IDAt(models.PrefixRun, now)
	statements := []string{
		"DELETE FROM queue WHERE lane = '" + workflow + "'",
		"DELETE FROM runs WHERE workflow_id = '" + workflow + "'",
		"DELETE FROM hosts WHERE host = '" + host + "'",
	}
	if n > 0 {
		rows := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n)
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO hosts (org_id, host, breaker, failures, trips, error, failed_at, opened_at, retry_at, next_us, updated_at)
				VALUES ('%s', '%s', 'open', 10, 6, '{"key":"outbound.connection.refused"}', %d, %d, %d, 0, %d)`, org, host, now.UnixMicro(), now.UnixMicro(), now.UnixMicro(), now.UnixMicro()),
			rows+`INSERT INTO runs (id, org_id, workflow_id, workflow_version, event_id, test, status, error, attempts, created_at)
				SELECT '`+id+`' || (1000000 + i), '`+org+`', '`+workflow+`', 1, '`+event+`', FALSE, 'open', '', 0, '`+at+`' FROM n`,
			rows+fmt.Sprintf(`INSERT INTO queue (id, kind, state, state_at, rank, due_at, lane, hold, host, starts, canceling)
				SELECT '%s' || (1000000 + i), 'run', 'held', 1, i, %d, '%s', 'host', '%s', 0, FALSE FROM n`, id, now.Add(time.Hour).UnixMicro(), workflow, host))
	}
	if i.database.dialect == postgresDialect {
		statements = append(statements, "VACUUM ANALYZE queue", "VACUUM ANALYZE runs")
	}
	for _, s := range statements {
		if _, err := r.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("hold deliveries: %w", err)
		}
	}
	wait(ctx, 2*time.Second) // until the node knows of it
	return ctx.Err()
}

func text(ctx context.Context, r *running, query string) (string, error) {
	var s string
	err := r.db.QueryRowContext(ctx, query).Scan(&s)
	return s, err
}
