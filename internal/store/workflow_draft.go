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
		w, err := tx.Workflow(ctx, a, id)
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
		if _, err := tx.Workflow(ctx, a, id); err != nil {
			return err
		}
		return fault("rename workflow", tx.write(ctx).Model(&models.Workflow{}).Where("id = ?", id).Update("name", name).Error)
	})
}
