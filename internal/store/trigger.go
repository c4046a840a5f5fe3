package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// ensureTrigger gives a workflow that other programs start its address, once.
func (s *Store) ensureTrigger(ctx context.Context, workflowID string, e models.EventSpec) error {
	if e.Type != models.EventJSON {
		return nil
	}
	return fault("make trigger", s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).
		Create(&models.Trigger{WorkflowID: workflowID, Token: models.NewUUID()}).Error)
}

// bumpTrigger tells every node's cache that how a workflow is started has changed.
func (s *Store) bumpTrigger(ctx context.Context, workflowID string) error {
	return fault("mark workflow changed", s.write(ctx).Model(&models.Workflow{}).Where("id = ?", workflowID).
		Update("live_rev", gorm.Expr("live_rev + 1")).Error)
}

// Trigger gives the trigger of a workflow that the actor may see: models.CodeNotFound when other programs do not start it.
func (s *Store) Trigger(ctx context.Context, a models.Actor, workflowID string) (*models.Trigger, error) {
	if _, err := s.Access(ctx, a, workflowID, models.AccessView); err != nil {
		return nil, err
	}
	var t models.Trigger
	err := s.read(ctx).Where("workflow_id = ?", workflowID).Take(&t).Error
	if err != nil {
		return nil, fault("read trigger", err)
	}
	return &t, nil
}

// Triggers gives the triggers of those workflows, by their ids. The caller has read the workflows for its actor.
func (s *Store) Triggers(ctx context.Context, workflowIDs ...string) (map[string]models.Trigger, error) {
	var rows []models.Trigger
	err := s.read(ctx).Where("workflow_id IN ?", workflowIDs).Find(&rows).Error
	all := make(map[string]models.Trigger, len(rows))
	for _, t := range rows {
		all[t.WorkflowID] = t
	}
	return all, fault("read triggers", err)
}

// UpdateTrigger changes the trigger of a workflow that the actor may edit, at once for every node.
func (s *Store) UpdateTrigger(ctx context.Context, a models.Actor, workflowID string, change func(*models.Trigger) error) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.WorkflowToEdit(ctx, a, workflowID); err != nil {
			return err
		}
		var t models.Trigger
		if err := tx.read(ctx).Clauses(tx.forUpdate()...).Where("workflow_id = ?", workflowID).Take(&t).Error; err != nil {
			return fault("read trigger", err)
		}
		if err := change(&t); err != nil {
			return err
		}
		if err := tx.write(ctx).Save(&t).Error; err != nil {
			return fault("change trigger", err)
		}
		return tx.bumpTrigger(ctx, workflowID)
	})
}

// forUpdate locks what is read, where the dialect can.
func (s *Store) forUpdate() []clause.Expression {
	if s.dialect == postgres {
		return []clause.Expression{clause.Locking{Strength: "UPDATE"}}
	}
	return nil
}

// Captured keeps the sample that a workflow's owner listens for, and ends the listening. It reports false when they no longer
// do: somebody else's event came first.
func (s *Store) Captured(ctx context.Context, workflowID, sample string) (bool, error) {
	first := false
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		now := s.clock.Now()
		r := tx.write(ctx).Model(&models.Trigger{}).Where("workflow_id = ? AND capture_until > ?", workflowID, now).
			Updates(map[string]any{"sample": sample, "sample_at": now, "capture_until": nil})
		first = r.RowsAffected > 0
		if r.Error != nil || !first {
			return fault("capture event", r.Error)
		}
		return tx.bumpTrigger(ctx, workflowID)
	})
	return first, err
}

// LiveTrigger is all that taking an event needs, as it was at Workflow.LiveRev.
type LiveTrigger struct {
	models.Trigger
	Workflow   models.Workflow
	Definition models.WorkflowDefinition // the live version, or the draft before the first
}

// LiveTrigger reads the trigger of a token or, without one, of a workflow's id. Whoever knows the token may ask.
func (s *Store) LiveTrigger(ctx context.Context, token, workflowID string) (*LiveTrigger, error) {
	var l LiveTrigger
	// One transaction, so that all parts are of one revision.
	err := s.snapshot(ctx, func(_ context.Context, tx *gorm.DB) error {
		where, arg := "token = ?", token
		if token == "" {
			where, arg = "workflow_id = ?", workflowID
		}
		if err := tx.Where(where, arg).Take(&l.Trigger).Error; err != nil {
			return err
		}
		if err := tx.Where("id = ? AND deleted_at IS NULL", l.WorkflowID).Take(&l.Workflow).Error; err != nil {
			return err
		}
		l.Definition = l.Workflow.Draft.V
		if l.Workflow.Version == 0 {
			return nil
		}
		var v models.WorkflowVersion
		err := tx.Where("workflow_id = ? AND version = ?", l.WorkflowID, l.Workflow.Version).Take(&v).Error
		l.Definition = v.Definition.V
		return err
	})
	if err != nil {
		return nil, fault("read live trigger", err)
	}
	return &l, nil
}

// WorkflowRev gives the revision of how a workflow is started, for caches to compare.
func (s *Store) WorkflowRev(ctx context.Context, workflowID string) (int64, error) {
	var w models.Workflow
	if err := s.read(ctx).Select("live_rev").Where("id = ? AND deleted_at IS NULL", workflowID).Take(&w).Error; err != nil {
		return 0, fault("read workflow revision", err)
	}
	return w.LiveRev, nil
}

// SentEvents gives the newest events that were sent to a workflow which the actor may see, tests as well.
func (s *Store) SentEvents(ctx context.Context, a models.Actor, workflowID string, limit int) ([]models.Event, error) {
	if _, err := s.Access(ctx, a, workflowID, models.AccessView); err != nil {
		return nil, err
	}
	var all []models.Event
	err := s.read(ctx).Where("workflow_id = ?", workflowID).Order("id DESC").Limit(limit).Find(&all).Error
	return all, fault("list events", err)
}

// SentEvent gives one event that was sent to a workflow which the actor may see.
func (s *Store) SentEvent(ctx context.Context, a models.Actor, workflowID, eventID string) (*models.Event, error) {
	if _, err := s.Access(ctx, a, workflowID, models.AccessView); err != nil {
		return nil, err
	}
	var e models.Event
	if err := s.read(ctx).Where("workflow_id = ? AND id = ?", workflowID, eventID).Take(&e).Error; err != nil {
		return nil, fault("read event", err)
	}
	return &e, nil
}

// PurgeEvents removes events before the cutoff that started no run, a small batch at a time: it gives how many.
func (s *Store) PurgeEvents(ctx context.Context, orgID string, cutoff time.Time) (int64, error) {
	r := s.write(ctx).Exec(`DELETE FROM events WHERE id IN (SELECT id FROM events WHERE workflow_id IS NOT NULL AND org_id = ? AND id < ?
		AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.event_id = events.id) ORDER BY id LIMIT ?)`, orgID, models.IDAt(models.PrefixEvent, cutoff), moveLimit)
	return r.RowsAffected, fault("purge events", r.Error)
}
