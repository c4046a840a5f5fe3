package store

import (
	"context"

	"surveyflow/models"
)

// DiscardWorkflowDraft makes the draft what is live again, so that nothing is left to put live. With rev it fails with
// models.CodeConflict when the draft is no longer the one of that revision, and always when nothing was ever live.
func (s *Store) DiscardWorkflowDraft(ctx context.Context, a models.Actor, id string, rev int64) (*models.Workflow, error) {
	var back *models.Workflow
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if rev != 0 && rev != w.DraftRev {
			return models.Conflict("workflow.error.changed", map[string]any{"Revision": w.DraftRev})
		}
		if w.Version == 0 {
			return models.Conflict("workflow.error.never_live", nil)
		}
		v, err := tx.WorkflowVersion(ctx, id, w.Version)
		if err != nil {
			return err
		}
		now, old := s.clock.Now(), w.DraftRev
		v.Definition.V.Notifications = w.Draft.V.Notifications // no part of what is put live
		w.Draft, w.DraftRev, w.LiveDraft, w.UpdatedAt = v.Definition, old+1, old+1, now
		back = w
		r := tx.write(ctx).Model(&models.Workflow{}).Where("id = ? AND draft_rev = ?", id, old).
			Select("draft", "draft_rev", "live_draft", "updated_at").Updates(w)
		return tx.changed(r, "discard workflow draft", "workflow.error.changed")
	})
	return back, err
}

// RenameWorkflow changes the name alone; it shows at once and is no change of the draft.
func (s *Store) RenameWorkflow(ctx context.Context, a models.Actor, id, name string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.WorkflowToEdit(ctx, a, id); err != nil {
			return err
		}
		return fault("rename workflow", tx.write(ctx).Model(&models.Workflow{}).Where("id = ?", id).Update("name", name).Error)
	})
}

// ChangeNotifications changes who is told how a workflow does. It counts at once, whatever is live, and makes no difference
// between draft and live version.
func (s *Store) ChangeNotifications(ctx context.Context, a models.Actor, id string, change func(*models.Notifications) error) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if err := change(&w.Draft.V.Notifications); err != nil {
			return err
		}
		changes := map[string]any{"draft": w.Draft, "draft_rev": w.DraftRev + 1, "updated_at": s.clock.Now()}
		if w.LiveDraft == w.DraftRev {
			changes["live_draft"] = w.DraftRev + 1
		}
		r := tx.write(ctx).Model(&models.Workflow{}).Where("id = ? AND draft_rev = ?", id, w.DraftRev).Updates(changes)
		return tx.changed(r, "save who is told", "workflow.error.changed")
	})
}

// SetOffAfter says after how many failed runs in a row the workflow switches itself off; 0 means never. It counts at once.
func (s *Store) SetOffAfter(ctx context.Context, a models.Actor, id string, failures int) error {
	if failures < 0 || failures > models.MaxOffAfter {
		return models.Invalid(models.Field("switchOffAfter", "workflow.off_after.error", "Max", models.MaxOffAfter))
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.WorkflowToEdit(ctx, a, id); err != nil {
			return err
		}
		return fault("set when a workflow switches itself off", tx.write(ctx).Model(&models.Workflow{}).Where("id = ?", id).Update("off_after", failures).Error)
	})
}
