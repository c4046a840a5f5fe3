package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
)

// bareSchema is the bare limit's one table, with the partial index that a queue needs.
const bareSchema = `
	CREATE TABLE jobs (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body TEXT NOT NULL, status TEXT NOT NULL,
		available_at TIMESTAMPTZ NOT NULL DEFAULT now(), finished_at TIMESTAMPTZ, attempts INT NOT NULL DEFAULT 0);
	CREATE INDEX jobs_queued ON jobs (available_at, id) WHERE status = 'queued'`

type barePostgres struct {
	pool    *pgxpool.Pool
	inserts chan *job
	ends    chan int64
	loops   sync.WaitGroup
}

func openBarePostgres(ctx context.Context, url string) (bareStore, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, bareSchema); err != nil {
		return nil, err
	}
	s := &barePostgres{pool: pool, inserts: make(chan *job, 4*bareBatch), ends: make(chan int64, 4*bareBatch)}
	for range 2 { // while one waits for the disk the next batch gathers
		go s.insertLoop()
		s.loops.Go(s.finishLoop)
	}
	return s, nil
}

func (s *barePostgres) insert(_ context.Context, j *job) error {
	s.inserts <- j
	<-j.done
	return j.err
}

func (s *barePostgres) insertLoop() {
	for batch := gather(s.inserts); batch != nil; batch = gather(s.inserts) {
		bodies := make([]string, len(batch))
		for i, j := range batch {
			bodies[i] = string(j.body)
		}
		_, err := s.pool.Exec(context.Background(), `INSERT INTO jobs (body, status) SELECT b, 'queued' FROM unnest($1::text[]) AS b`, bodies)
		for _, j := range batch {
			j.err = err
			close(j.done)
		}
	}
}

func (s *barePostgres) claim(ctx context.Context) ([]job, error) {
	rows, err := s.pool.Query(ctx, `UPDATE jobs SET status = 'running', attempts = attempts + 1 WHERE id IN (
		SELECT id FROM jobs WHERE status = 'queued' AND available_at <= now() ORDER BY available_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
		RETURNING id, body`, bareBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
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

func (s *barePostgres) finish(j job) { s.ends <- j.id }

func (s *barePostgres) finishLoop() {
	for ids := gather(s.ends); ids != nil; ids = gather(s.ends) {
		_, err := s.pool.Exec(context.Background(), `UPDATE jobs SET status = 'succeeded', finished_at = now() WHERE id = ANY($1)`, ids)
		if err != nil {
			fmt.Fprintln(os.Stderr, "finish:", err)
		}
	}
}

func (s *barePostgres) close() error {
	close(s.inserts)
	close(s.ends)
	s.loops.Wait()
	s.pool.Close()
	return nil
}
