package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// What the bare program has in common with the product: as many calls side by side, claims of the same size.
const (
	bareBatch   = 100
	bareWorkers = 64
	barePoll    = 250 * time.Millisecond
)

// job is one event of the bare program.
type job struct {
	id   int64
	body []byte
	err  error
	done chan struct{} // closed once it is on disk
}

// bareStore is the bare limit's database: inserts, claims and ends in batches, and nothing else.
type bareStore interface {
	insert(ctx context.Context, j *job) error // returns when the job is on disk
	claim(ctx context.Context) ([]job, error)
	finish(j job) // returns at once; ends gather into one commit
	close() error
}

// runBare is the bare limit as a process of its own: the same HTTP in and out, what comes in stored as it is, called out, and
// marked as succeeded, with no product around it.
func runBare(ctx context.Context, address, databaseURL, sinkURL string) error {
	s, err := openBare(ctx, databaseURL)
	if err != nil {
		return err
	}
	b := &bare{store: s, sink: sinkURL, wake: make(chan struct{}, 1), jobs: make(chan job, bareBatch)}
	b.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: bareWorkers, MaxIdleConns: bareWorkers}, Timeout: 10 * time.Second}
	var working sync.WaitGroup
	working.Go(func() { b.claims(ctx) })
	for range bareWorkers {
		working.Go(b.work)
	}
	server := &http.Server{Addr: address, Handler: b, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = server.Close()
	}
	working.Wait()
	return errors.Join(err, s.close())
}

func openBare(ctx context.Context, databaseURL string) (bareStore, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return openBareSQLite(ctx, path)
	}
	return openBarePostgres(ctx, databaseURL)
}

type bare struct {
	store  bareStore
	client *http.Client
	sink   string
	wake   chan struct{}
	jobs   chan job
}

// ServeHTTP takes an event, or tells that it is ready for them.
func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = b.store.insert(r.Context(), &job{body: body, done: make(chan struct{})})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"result":{"responseId":"R_000000000000000"},"meta":{"httpStatus":"200 - OK"}}`)
}

func (b *bare) claims(ctx context.Context) {
	defer close(b.jobs)
	poll := time.NewTicker(barePoll)
	defer poll.Stop()
	for {
		got, err := b.store.claim(ctx)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "claim:", err)
		}
		for _, j := range got {
			b.jobs <- j
		}
		if len(got) == bareBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-poll.C:
		}
	}
}

func (b *bare) work() {
	for j := range b.jobs {
		if err := b.call(j); err != nil {
			fmt.Fprintln(os.Stderr, "call:", err)
			continue
		}
		b.store.finish(j)
	}
}

func (b *bare) call(j job) error {
	resp, err := b.client.Post(b.sink, "application/json", bytes.NewReader(j.body)) //nolint:noctx // the client has its timeout
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sink answered %d", resp.StatusCode)
	}
	return nil
}

// gather waits for one value and takes what else waits, up to a batch. It returns nothing once the channel is closed.
func gather[T any](from <-chan T) []T {
	first, ok := <-from
	if !ok {
		return nil
	}
	all := append(make([]T, 0, bareBatch), first)
	for len(all) < bareBatch {
		select {
		case next, ok := <-from:
			if !ok {
				return all
			}
			all = append(all, next)
		default:
			return all
		}
	}
	return all
}
