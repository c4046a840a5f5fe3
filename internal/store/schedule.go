package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// scheduled is what a workflow is that waits for a time. One that is off by itself waits, too: its runs are held.
const scheduled = `event_type = 'schedule' AND version > 0 AND deleted_at IS NULL AND (enabled OR off_reason <> '')`

// planTicks has the next time of a workflow worked out anew, when it waits for one, counted from now. A time that has come
// and was not seen to yet stays due.
func (s *Store) planTicks(ctx context.Context, workflowID string) error {
	err := s.write(ctx).Exec(`INSERT INTO schedules (workflow_id, next_at, since) SELECT id, 0, ? FROM workflows WHERE id = ? AND `+scheduled+`
		ON CONFLICT (workflow_id) DO UPDATE SET since = excluded.since,
			next_at = CASE WHEN schedules.next_at BETWEEN 1 AND excluded.since THEN schedules.next_at ELSE 0 END`, s.clock.Now().UnixMicro(), workflowID).Error
	if err != nil {
		return fault("schedule workflow", err)
	}
	return fault("schedule workflow", s.write(ctx).Exec(`DELETE FROM schedules WHERE workflow_id = ?
		AND NOT EXISTS (SELECT 1 FROM workflows WHERE id = schedules.workflow_id AND `+scheduled+`)`, workflowID).Error)
}

// DueSchedules gives the ids of up to n workflows whose time has come, or whose next time is to be worked out.
func (s *Store) DueSchedules(ctx context.Context, n int) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&models.Schedule{}).Where("next_at <= ?", s.clock.Now().UnixMicro()).Order("next_at, workflow_id").Limit(n).Pluck("workflow_id", &ids).Error
	return ids, fault("find due workflows", err)
}

// DueSchedule is a workflow whose time has come, as it is live.
type DueSchedule struct {
	models.Schedule
	LiveWorkflow
	OrgID    string
	SurveyID *string
	Name     string
}

// TakeSchedule gives a workflow whose time has come to the one caller of all nodes that sees to it, within the transaction
// that is open: nil for the others. It stays due until [Store.SetSchedule].
func (s *Store) TakeSchedule(ctx context.Context, workflowID string) (*DueSchedule, error) {
	var rows []models.Schedule
	err := s.write(ctx).Clauses(s.forUpdate()...).Where("workflow_id = ? AND next_at <= ?", workflowID, s.clock.Now().UnixMicro()).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, fault("read schedule", err)
	}
	var live struct {
		models.WorkflowVersion
		OrgID     string
		SurveyID  *string
		Name      string
		OffReason string
	}
	err = s.write(ctx).Model(&models.WorkflowVersion{}).
		Select("workflow_versions.*, w.org_id, w.survey_id, w.name, CASE WHEN w.enabled THEN '' ELSE w.off_reason END AS off_reason").
		Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version").
		Where("w.id = ?", workflowID).Take(&live).Error
	if err != nil {
		return nil, fault("read scheduled workflow", err)
	}
	return &DueSchedule{
		Schedule: rows[0], OrgID: live.OrgID, SurveyID: live.SurveyID, Name: live.Name,
		LiveWorkflow: LiveWorkflow{ID: workflowID, Version: live.Version, Definition: live.Definition.V, Off: live.OffReason},
	}, nil
}

// SetSchedule says when a workflow is due next; the zero time when it never is.
func (s *Store) SetSchedule(ctx context.Context, workflowID string, next time.Time) error {
	var at *int64
	if !next.IsZero() {
		us := next.UnixMicro()
		at = &us
	}
	return fault("schedule workflow", s.write(ctx).Model(&models.Schedule{}).Where("workflow_id = ?", workflowID).Update("next_at", at).Error)
}

// EventThere reports whether there is an event with that dedupe.
func (s *Store) EventThere(ctx context.Context, dedupe string) (bool, error) {
	var n int64
	err := s.write(ctx).Model(&models.Event{}).Where("dedupe = ?", dedupe).Count(&n).Error
	return n > 0, fault("look for an event", err)
}

// RecordMissed counts times of a workflow that passed while nobody worked, within the transaction that is open.
func (s *Store) RecordMissed(ctx context.Context, f models.Refusal, n int64) error {
	f.Sample = f.Sample.Bounded()
	return s.writeRefusal(ctx, f, n)
}
