package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// JobRow is a job with who asked for it.
type JobRow struct {
	models.Job
	OwnerName string
	Canceling bool // it ends before its next step
}

// CreateJob adds a job that workers begin at once; inside of [Store.InTx] it is part of that transaction. ID, owner, status
// and times are set here; the caller has checked what its params name and counted Total.
func (s *Store) CreateJob(ctx context.Context, a models.Actor, j *models.Job) error {
	now := s.clock.Now()
	j.ID, j.OrgID, j.OwnerID, j.Wide = models.NewOrderedID(models.PrefixJob, now), a.OrgID, a.UserID, a.SeesAll()
	j.Status, j.CreatedAt = models.JobOpen, now
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Create(j).Error; err != nil {
			return fault("create job", err)
		}
		return fault("create job", tx.write(ctx).Exec(`INSERT INTO queue (id, kind, state, state_at, rank, lane, starts, canceling)
			VALUES (?, 'job', 'ready', ?, ?, 'job', 0, FALSE)`, j.ID, now.UnixMicro(), now.UnixMicro()).Error)
	})
	return err
}

// jobsSeen limits a query to jobs that the actor asked for; who reaches everything sees all.
func jobsSeen(db *gorm.DB, a models.Actor) *gorm.DB { return owned(db, "jobs", a) }

const jobRowColumns = `jobs.*, COALESCE(NULLIF(TRIM(u.first_name || ' ' || u.last_name), ''), u.email, '') AS owner_name,
	COALESCE(q.canceling, FALSE) AS canceling`

func (s *Store) jobRows(ctx context.Context, a models.Actor) *gorm.DB {
	return jobsSeen(s.read(ctx).Table("jobs").Select(jobRowColumns), a).
		Joins("LEFT JOIN users u ON u.id = jobs.owner_id").Joins("LEFT JOIN queue q ON q.id = jobs.id")
}

// Job gives a job that the actor may see: their own, or any of the organisation for who reaches everything.
func (s *Store) Job(ctx context.Context, a models.Actor, id string) (*JobRow, error) {
	var j JobRow
	if err := s.jobRows(ctx, a).Where("jobs.id = ?", id).Take(&j).Error; err != nil {
		return nil, fault("read job", err)
	}
	return &j, nil
}

// Jobs lists jobs, the newest first, and the cursor of the next page.
func (s *Store) Jobs(ctx context.Context, a models.Actor, p Page) ([]JobRow, string, error) {
	db := s.jobRows(ctx, a)
	if p.Before != "" {
		db = db.Where("jobs.id < ?", p.Before)
	}
	var all []JobRow
	if err := db.Order("jobs.id DESC").Limit(p.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list jobs", err)
	}
	all, next := cut(all, p.limit(), func(j *JobRow) string { return j.ID })
	return all, next, nil
}

// JobActor gives who a job acts as: its owner, with what they may do now. models.CodeForbidden when they may do nothing any
// more.
func (s *Store) JobActor(ctx context.Context, j *models.Job) (models.Actor, error) {
	u, err := s.User(ctx, models.SystemActor(j.OrgID), j.OwnerID)
	switch {
	case err != nil:
		return models.Actor{}, err
	case u.DisabledAt != nil:
		return models.Actor{}, &models.Error{Code: models.CodeForbidden, Key: "job.error.owner"}
	}
	return j.Actor(u), nil
}

// CancelJob ends a job before its next step: what it did stays. models.CodeConflict when it has ended.
func (s *Store) CancelJob(ctx context.Context, a models.Actor, id string) error {
	if _, err := s.Job(ctx, a, id); err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		// The mark comes first, as for runs: from then on the row is locked and nobody begins a step unseen.
		r := tx.write(ctx).Exec("UPDATE queue SET canceling = TRUE WHERE id = ? AND kind = 'job'", id)
		if err := tx.changed(r, "cancel job", "job.error.ended"); err != nil {
			return err
		}
		r = tx.write(ctx).Exec("DELETE FROM queue WHERE id = ? AND state <> 'running'", id)
		if r.Error != nil || r.RowsAffected == 0 {
			return fault("cancel job", r.Error)
		}
		return tx.endJob(ctx, id, models.JobCanceled, "")
	})
}

// endJob ends a job, and tells who asked for it in the same transaction: each job once, whatever dies.
func (s *Store) endJob(ctx context.Context, id string, status models.JobStatus, problem string) error {
	now := s.clock.Now()
	err := s.write(ctx).Model(&models.Job{}).Where("id = ?", id).
		Updates(map[string]any{"status": status, "error": problem, "finished_at": now}).Error
	if err != nil {
		return fault("end job", err)
	}
	var j models.Job
	if err := s.write(ctx).Select("id", "org_id", "owner_id", "kind", "status", "failed", "total", "created_at").Where("id = ?", id).Take(&j).Error; err != nil {
		return fault("end job", err)
	}
	return s.Tell(ctx, jobNotices(&j, now))
}

// jobLong is how long a job must have taken that its end is told: who asked for a shorter one still looks at its page.
const jobLong = 10 * time.Second

// jobNotices says what somebody finds under the bell when a job that they asked for has ended: nothing when they ended it
// themselves.
func jobNotices(j *models.Job, now time.Time) *models.Notices {
	kind := models.NotifyJobDone
	switch {
	case j.OwnerID == "":
		return nil
	case j.Status == models.JobFailed:
		kind = models.NotifyJobFailed
	case j.Status != models.JobSucceeded || now.Sub(j.CreatedAt) < jobLong:
		return nil
	}
	return &models.Notices{Notifications: []models.Notification{{
		ID: models.NewOrderedID(models.PrefixNotice, now), OrgID: j.OrgID, UserID: j.OwnerID, Kind: kind, Href: link.Job(j.ID),
		Args:   models.JSON[map[string]any]{V: map[string]any{"Job": j.Kind, "Total": j.Total, "Failed": j.Failed}},
		Dedupe: string(kind) + "/" + j.ID,
	}}}
}
