package inbound

import (
	"context"
	"sync"

	"surveyflow/models"
)

// recorder lets requests that come at the same time share a commit. There is no timer and no goroutine at rest: while
// one commit is under way the next batch gathers, so that a burst costs a few commits and a single request waits for
// nobody.
type recorder struct {
	save    func(context.Context, []models.ReceivedRequest) error
	mu      sync.Mutex
	pending []*recording
	busy    bool
}

// recording is a request on its way into the database.
type recording struct {
	request models.ReceivedRequest
	err     error
	done    chan struct{}
}

// recordTogether is how many requests share a commit at most.
const recordTogether = 64

// record returns once the request is on disk, or failed.
func (r *recorder) record(request models.ReceivedRequest) error {
	one := &recording{request: request, done: make(chan struct{})}
	r.mu.Lock()
	r.pending = append(r.pending, one)
	if !r.busy {
		r.busy = true
		go r.drain()
	}
	r.mu.Unlock()
	<-one.done
	return one.err
}

// drain commits what is pending until nothing is. It belongs to no request: one that is canceled must not undo the
// others' commit.
func (r *recorder) drain() {
	for {
		r.mu.Lock()
		batch := r.pending[:min(recordTogether, len(r.pending))]
		r.pending = r.pending[len(batch):]
		if len(batch) == 0 {
			r.busy, r.pending = false, nil
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		r.commit(batch)
		for _, one := range batch {
			close(one.done)
		}
	}
}

// commit saves the batch together and, when that fails, one by one, so that no request fails for another's sake.
func (r *recorder) commit(batch []*recording) {
	ctx := context.Background()
	requests := make([]models.ReceivedRequest, len(batch))
	for i, one := range batch {
		requests[i] = one.request
	}
	err := r.save(ctx, requests)
	if err == nil || len(batch) == 1 || models.ErrorCode(err) == models.CodeUnavailable {
		for _, one := range batch {
			one.err = err
		}
		return
	}
	for i, one := range batch {
		one.err = r.save(ctx, requests[i:i+1])
	}
}
