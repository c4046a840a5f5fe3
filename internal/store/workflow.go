package store

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateWorkflow adds a workflow with its draft; it is off and runs nothing yet.
// A workflow of a survey needs a survey that the actor may edit.
func (s *Store) CreateWorkflow(ctx context.Context, a models.Actor, w *models.Workflow) error {
	now := s.clock.Now()
	w.OrgID, w.DraftRev, w.CreatedAt, w.UpdatedAt, w.Enabled, w.Version = a.OrgID, 1, now, now, false, 0
	if w.OffAfter == 0 {
		w.OffAfter = models.DefaultOffAfter
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if w.SurveyID != nil {
			if _, err := tx.SurveyToEdit(ctx, a, *w.SurveyID); err != nil {
				return err
			}
		}
		if err := tx.write(ctx).Create(w).Error; err != nil {
			return fault("create workflow", err)
		}
		return tx.ensureTrigger(ctx, w.ID, w.Draft.V.Event)
	})
}

// WorkflowFilter chooses workflows of a list.
type WorkflowFilter struct {
	SurveyID string
	Search   string // part of the name
	Page
}

// Workflows lists workflows, the last changed first, with their drafts, and the cursor of the next page.
func (s *Store) Workflows(ctx context.Context, a models.Actor, f WorkflowFilter) ([]models.Workflow, string, error) {
	db := seen(s.read(ctx), "workflows", a, workflowsSeen).Where("deleted_at IS NULL").Order("updated_at DESC, id DESC").Limit(f.limit() + 1)
	if f.SurveyID != "" {
		db = db.Where("survey_id = ?", f.SurveyID)
	}
	if f.Search != "" {
		db = db.Where(`lower(name) LIKE ? ESCAPE '\'`, "%"+escapeLike(strings.ToLower(f.Search))+"%")
	}
	if f.Before != "" {
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return nil, "", err
		}
		db = db.Where("(updated_at, id) < (?, ?)", at, id)
	}
	var all []models.Workflow
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list workflows", err)
	}
	all, next := cut(all, f.limit(), func(w *models.Workflow) string { return cursor(w.UpdatedAt, w.ID) })
	return all, next, s.workflowAccess(ctx, a, pointers(all)...)
}

// Workflow gives a workflow that the actor may see, and how much they may do with it. Who changes or runs it asks
// [Store.WorkflowToEdit].
func (s *Store) Workflow(ctx context.Context, a models.Actor, id string) (*models.Workflow, error) {
	var w models.Workflow
	err := seen(s.read(ctx), "workflows", a, workflowsSeen).Where("deleted_at IS NULL").Where("id = ?", id).Take(&w).Error
	if err != nil {
		return nil, fault("read workflow", err)
	}
	return &w, s.workflowAccess(ctx, a, &w)
}

// SaveWorkflowDraft writes name and draft. With rev it fails with models.CodeConflict when the draft is no longer the one
// of that revision; with rev 0 it overwrites. It gives the new revision.
func (s *Store) SaveWorkflowDraft(ctx context.Context, a models.Actor, w *models.Workflow, rev int64) (int64, error) {
	var saved int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		old, err := tx.WorkflowToEdit(ctx, a, w.ID)
		if err != nil {
			return err
		}
		if rev != 0 && rev != old.DraftRev {
			return models.Conflict("workflow.error.changed", map[string]any{"Revision": old.DraftRev})
		}
		saved = old.DraftRev + 1
		eventType := old.EventType
		if old.Version == 0 {
			eventType = w.Draft.V.Event.Type
		}
		r := tx.write(ctx).Model(&models.Workflow{}).Where("id = ? AND draft_rev = ?", w.ID, old.DraftRev).
			Select("name", "draft", "draft_rev", "event_type", "updated_at").
			Updates(&models.Workflow{Name: w.Name, Draft: w.Draft, DraftRev: saved, EventType: eventType, UpdatedAt: s.clock.Now()})
		if err := tx.changed(r, "save workflow draft", "workflow.error.changed"); err != nil {
			return err
		}
		return tx.ensureTrigger(ctx, w.ID, w.Draft.V.Event)
	})
	return saved, err
}

// PutWorkflowLive makes the draft the live version, as an immutable row. The caller has checked the draft.
// With rev it fails with models.CodeConflict when the draft changed meanwhile. Whether it runs is Enabled's matter.
func (s *Store) PutWorkflowLive(ctx context.Context, a models.Actor, id string, rev int64) (*models.Workflow, error) {
	var live *models.Workflow
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if rev != 0 && rev != w.DraftRev {
			return models.Conflict("workflow.error.changed", map[string]any{"Revision": w.DraftRev})
		}
		now := s.clock.Now()
		version := w.Version + 1
		err = tx.write(ctx).Create(&models.WorkflowVersion{
			WorkflowID: id, Version: version, Definition: w.Draft, SavedBy: a.UserID, SavedAt: now,
		}).Error
		if err != nil {
			return fault("put workflow live", err)
		}
		r := tx.write(ctx).Model(&models.Workflow{}).Where("id = ? AND draft_rev = ? AND version = ?", id, w.DraftRev, w.Version).
			Updates(map[string]any{"version": version, "live_draft": w.DraftRev, "event_type": w.Draft.V.Event.Type, "live_at": now})
		w.Version, w.LiveDraft, w.EventType, w.LiveAt = version, w.DraftRev, w.Draft.V.Event.Type, &now
		live = w
		if err := tx.changed(r, "put workflow live", "workflow.error.changed"); err != nil {
			return err
		}
		err = tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditWorkflowLive, Object: id, Name: w.Name, Detail: models.Details("version", strconv.Itoa(version)),
		})
		if err != nil {
			return err
		}
		return tx.bumpWorkflow(ctx, w)
	})
	return live, err
}

// SetWorkflowEnabled turns a workflow on or off. Its waiting runs are held while it is off and go on when it is on again.
func (s *Store) SetWorkflowEnabled(ctx context.Context, a models.Actor, id string, on bool) error {
	_, err := s.setWorkflowEnabled(ctx, a, id, on, false)
	return err
}

// TurnOnCanceling turns a workflow on and cancels the runs that were held because it was off. It gives how many.
func (s *Store) TurnOnCanceling(ctx context.Context, a models.Actor, id string) (canceled int, err error) {
	return s.setWorkflowEnabled(ctx, a, id, true, true)
}

func (s *Store) setWorkflowEnabled(ctx context.Context, a models.Actor, id string, on, cancel bool) (canceled int, err error) { //nolint:revive // two switches
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if on && w.Version == 0 {
			return models.Conflict("workflow.error.never_live", nil)
		}
		err = tx.write(ctx).Model(&models.Workflow{}).Where("id = ?", id).Updates(map[string]any{"enabled": on, "off_reason": "", "off_at": nil}).Error
		if err != nil {
			return fault("turn workflow on or off", err)
		}
		action := models.AuditWorkflowOff
		if on {
			action = models.AuditWorkflowOn
		}
		if err := tx.Audit(ctx, a, models.AuditEntry{Action: action, Object: id, Name: w.Name}); err != nil {
			return err
		}
		if err := tx.bumpWorkflow(ctx, w); err != nil {
			return err
		}
		if !on {
			return tx.holdLane(ctx, id, "")
		}
		if cancel {
			if _, canceled, err = tx.cancelQueue(ctx, "hold = 'off' AND lane = ?", id); err != nil {
				return err
			}
		}
		if err := tx.releaseLane(ctx, id); err != nil {
			return err
		}
		return tx.restoreHealth(ctx, id)
	})
	if err == nil && on {
		s.signalWork()
	}
	return canceled, err
}

// DeleteWorkflow removes a workflow from sight and cancels its waiting runs; running ones end at the next task.
// The row stays, because runs name it; the secrets of its webhooks go. It gives the number of runs that it canceled.
func (s *Store) DeleteWorkflow(ctx context.Context, a models.Actor, id string) (canceled int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		canceled, err = tx.deleteWorkflow(ctx, a, w)
		return err
	})
	return canceled, err
}

func (s *Store) deleteWorkflow(ctx context.Context, a models.Actor, w *models.Workflow) (canceled int, err error) {
	err = s.write(ctx).Model(&models.Workflow{}).Where("id = ?", w.ID).
		Updates(map[string]any{"deleted_at": s.clock.Now(), "enabled": false}).Error
	if err != nil {
		return 0, fault("delete workflow", err)
	}
	if err := s.deleteWebhookSecrets(ctx, w.ID); err != nil {
		return 0, err
	}
	if err := s.Audit(ctx, a, models.AuditEntry{Action: models.AuditWorkflowDelete, Object: w.ID, Name: w.Name}); err != nil {
		return 0, err
	}
	if canceled, err = s.cancelLane(ctx, w.ID); err != nil {
		return 0, err
	}
	return canceled, s.bumpWorkflow(ctx, w)
}

// WorkflowVersion gives one version of a workflow. Versions never change, so that callers may keep it.
func (s *Store) WorkflowVersion(ctx context.Context, workflowID string, version int) (*models.WorkflowVersion, error) {
	var v models.WorkflowVersion
	if err := s.read(ctx).Where("workflow_id = ? AND version = ?", workflowID, version).Take(&v).Error; err != nil {
		return nil, fault("read workflow version", err)
	}
	return &v, nil
}

// WorkflowOwner gives the id of the person that a workflow belongs to, also when it was deleted.
func (s *Store) WorkflowOwner(ctx context.Context, workflowID string) (string, error) {
	var w models.Workflow
	if err := s.read(ctx).Select("owner_id").Where("id = ?", workflowID).Take(&w).Error; err != nil {
		return "", fault("read workflow", err)
	}
	return w.OwnerID, nil
}

// bumpWorkflow tells every node's cache that which workflows run has changed.
func (s *Store) bumpWorkflow(ctx context.Context, w *models.Workflow) error {
	if err := s.bumpTrigger(ctx, w.ID); err != nil {
		return err
	}
	if err := s.planTicks(ctx, w.ID); err != nil {
		return err
	}
	if w.SurveyID != nil {
		return s.bumpSurvey(ctx, *w.SurveyID)
	}
	if err := s.bumpSubscribed(ctx, w); err != nil {
		return err
	}
	return fault("mark workflows changed", s.write(ctx).Model(&models.Organisation{}).Where("id = ?", w.OrgID).
		Update("workflow_rev", gorm.Expr("workflow_rev + 1")).Error)
}

// WaitingRuns counts the unfinished runs of a workflow.
func (s *Store) WaitingRuns(ctx context.Context, workflowID string) (int64, error) {
	var n int64
	err := s.read(ctx).Model(&models.QueueItem{}).Table("queue").Where("lane = ?", workflowID).Count(&n).Error
	return n, fault("count waiting runs", err)
}
