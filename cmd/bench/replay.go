package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"
)

// replayAll measures on each database how long it takes to replay many runs with one request.
func (b *bench) replayAll(ctx context.Context) error {
	w := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	row(w, fmt.Sprintf("%d runs replayed", b.replay), "request ms", "job s", "all delivered and finished s")
	for _, d := range b.dialects {
		for _, p := range b.programs {
			if err := b.replayOn(ctx, w, p, d); err != nil {
				return fmt.Errorf("replay on %s: %w", d.label(), err)
			}
		}
	}
	return w.Flush()
}

// replayOn lets events through, and then asks for all their runs again.
func (b *bench) replayOn(ctx context.Context, w io.Writer, p *product, d dialect) (err error) {
	db, err := b.machine.create(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.machine.drop(ctx, db)) }()
	i, err := p.setUp(ctx, db)
	if err != nil {
		return err
	}
	r, err := i.start(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if _, err := burstLoad(r, b.sink, b.replay, b.connections).run(ctx); err != nil {
		return err
	}
	before, err := r.succeeded(ctx)
	if err != nil {
		return err
	}
	api := &client{base: "http://" + r.targets[0].address + "/API/v3", token: i.token}
	var started struct {
		JobID string `json:"jobId"`
		Total int64  `json:"total"`
	}
	begun := time.Now()
	if err := api.call(ctx, http.MethodPost, "/runs/replay", `{"filter":{"workflowId":"`+i.workflow+`"}}`, &started); err != nil {
		return err
	}
	request := time.Since(begun)
	if started.Total != int64(b.replay) {
		return fmt.Errorf("%d runs are replayed; want %d", started.Total, b.replay)
	}
	var job time.Duration
	for {
		if job == 0 {
			var state struct{ Status string }
			if err := api.call(ctx, http.MethodGet, "/jobs/"+started.JobID, "", &state); err != nil {
				return err
			}
			if state.Status == "failed" || state.Status == "canceled" {
				return errors.New("the job has " + state.Status)
			}
			if state.Status == "complete" {
				job = time.Since(begun)
			}
		}
		now, err := r.succeeded(ctx)
		if err != nil {
			return err
		}
		if job > 0 && now-before >= started.Total {
			break
		}
		if time.Since(begun) > drainPatience {
			return fmt.Errorf("%d of %d replays have succeeded after %s", now-before, started.Total, drainPatience)
		}
		wait(ctx, 20*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	row(w, p.name+" on "+d.label(), fmt.Sprintf("%.1f", float64(request)/float64(time.Millisecond)), fmt.Sprintf("%.1f", job.Seconds()), fmt.Sprintf("%.1f", time.Since(begun).Seconds()))
	return r.check(ctx)
}
