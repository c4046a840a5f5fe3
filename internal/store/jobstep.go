package store

import (
	"context"
	"errors"
	"time"

	"surveyflow/models"
)

// ClaimedJob is a job that this node now works on.
type ClaimedJob struct {
	ID     string
	Kind   models.JobKind
	Claim  int64
	Starts int // 1, or more when processes died while they were in one and the same step
}

// JobNext is what follows a step of a job.
type JobNext struct {
	Done  bool          // there is nothing left to do
	Pause time.Duration // before the next step; no node is kept busy meanwhile
}

// JobStep takes one step of a job: see [Store.StepJob].
type JobStep func(ctx context.Context, tx *Store, j *models.Job) (JobNext, error)

// JobState says how a job stands after a step.
type JobState int

// How a job stands.
const (
	JobGoesOn JobState = iota // the claim stays: take the next step
	JobPaused                 // it goes on later, on any node
	JobEnded                  // it has ended
	JobLost                   // it was another node's by then: nothing was written
)

// ClaimJob takes the next job that waits for work; nil when there is none. No other node gets it until it pauses, has ended,
// or this node is lost.
func (s *Store) ClaimJob(ctx context.Context, node string) (*ClaimedJob, error) {
	now := s.clock.Now()
	token := nextClaim(now)
	var rows []ClaimedJob
	err := s.write(ctx).Raw(`WITH c AS MATERIALIZED (
			SELECT id FROM queue WHERE kind = 'job' AND state = 'ready' ORDER BY rank LIMIT 1`+s.skipLocked()+`)
		UPDATE queue SET state = 'running', state_at = ?, started_at = COALESCE(started_at, ?), node = ?, claim = ?, starts = starts + 1
		WHERE id IN (SELECT id FROM c) RETURNING id, claim, starts`, now.UnixMicro(), now.UnixMicro(), node, token).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, fault("claim job", err)
	}
	err = s.write(ctx).Raw("SELECT kind FROM jobs WHERE id = ?", rows[0].ID).Scan(&rows[0].Kind).Error
	return &rows[0], fault("read claimed job", err)
}

// StepJob takes one step of a claimed job in one transaction: step does a part of the work with tx and moves the job's cursor
// and counts, and all of it becomes durable together, or nothing. So whatever dies, nothing is done twice and nothing is left
// out. A step must be short, since it keeps what it writes locked. An error of the domain ends the job as failed; any other,
// such as a database that is away, leaves it as it was before the step and is returned.
func (s *Store) StepJob(ctx context.Context, c *ClaimedJob, step JobStep) (JobState, error) {
	var state JobState
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		now := s.clock.Now()
		// The row is locked from here on; that the claim came so far clears it of earlier deaths.
		var rows []struct{ Canceling bool }
		err := tx.write(ctx).Raw("UPDATE queue SET starts = 1, state_at = ? WHERE id = ? AND claim = ? RETURNING canceling", now.UnixMicro(), c.ID, c.Claim).Scan(&rows).Error
		switch {
		case err != nil:
			return fault("step job", err)
		case len(rows) == 0:
			state = JobLost
			return nil
		case rows[0].Canceling:
			state = JobEnded
			return tx.leaveQueue(ctx, c.ID, models.JobCanceled, "")
		}
		var j models.Job
		if err := tx.write(ctx).Where("id = ?", c.ID).Take(&j).Error; err != nil {
			return fault("read job", err)
		}
		next, err := step(ctx, tx, &j)
		if err != nil {
			return err
		}
		err = tx.write(ctx).Model(&models.Job{}).Where("id = ?", j.ID).Select("cursor", "done", "failed", "total", "report", "file_id").Updates(&j).Error
		if err != nil {
			return fault("step job", err)
		}
		if next.Done {
			state = JobEnded
			return tx.leaveQueue(ctx, c.ID, models.JobSucceeded, "")
		}
		if state = JobGoesOn; next.Pause > 0 {
			state = JobPaused
			err = tx.write(ctx).Table("queue").Where("id = ?", c.ID).Updates(waits(now, now.Add(next.Pause))).Error
		}
		return fault("step job", err)
	})
	if err == nil {
		s.signalWork() // it may have left some
		return state, nil
	}
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code != models.CodeUnavailable {
		err := s.FailJob(ctx, c, &models.RunError{Key: e.Key, Args: e.Args})
		return JobEnded, err
	}
	return JobGoesOn, err
}

// leaveQueue ends a job whose queue row this transaction holds.
func (s *Store) leaveQueue(ctx context.Context, id string, status models.JobStatus, problem string) error {
	if err := s.write(ctx).Exec("DELETE FROM queue WHERE id = ?", id).Error; err != nil {
		return fault("end job", err)
	}
	return s.endJob(ctx, id, status, problem)
}

// FailJob ends a claimed job that cannot go on. What it did stays.
func (s *Store) FailJob(ctx context.Context, c *ClaimedJob, why *models.RunError) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Exec("DELETE FROM queue WHERE id = ? AND claim = ?", c.ID, c.Claim)
		if r.Error != nil || r.RowsAffected == 0 {
			return fault("fail job", r.Error)
		}
		return tx.endJob(ctx, c.ID, models.JobFailed, why.Encode())
	})
}

// ReleaseJob gives a claimed job back after that time, as when the program stops: zero means at once.
func (s *Store) ReleaseJob(ctx context.Context, c *ClaimedJob, after time.Duration) error {
	until := time.Time{}
	now := s.clock.Now()
	if after > 0 {
		until = now.Add(after)
	}
	return fault("release job", s.write(ctx).Table("queue").Where("id = ? AND claim = ?", c.ID, c.Claim).Updates(waits(now, until)).Error)
}

// PurgeJobs removes jobs that ended before that time, and what was kept for them.
func (s *Store) PurgeJobs(ctx context.Context, orgID string, before time.Time) (int64, error) {
	if err := s.purgeContactImports(ctx, orgID, before); err != nil {
		return 0, err
	}
	r := s.write(ctx).Where("org_id = ? AND status <> ? AND finished_at < ?", orgID, models.JobOpen, before).Delete(&models.Job{})
	return r.RowsAffected, fault("purge jobs", r.Error)
}
