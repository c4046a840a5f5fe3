package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// WebhookSecret gives the sealed secret of a task; see [models.WebhookSecretID].
func (s *Store) WebhookSecret(ctx context.Context, id string) (*models.WebhookSecret, error) {
	var row models.WebhookSecret
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return nil, fault("read webhook secret", err)
	}
	return &row, nil
}

// AddWebhookSecret adds the first secret of a workflow's task and gives the one that is there: of several that add one at once,
// one does. A deleted workflow gets none any more (models.CodeNotFound): its last run must not bring back what went with it.
func (s *Store) AddWebhookSecret(ctx context.Context, workflowID string, row *models.WebhookSecret) (*models.WebhookSecret, error) {
	var there *models.WebhookSecret
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var w models.Workflow
		err := tx.read(ctx).Clauses(tx.forUpdate()...).Select("id", "deleted_at").Where("id = ?", workflowID).Take(&w).Error
		if err == nil && w.DeletedAt != nil {
			err = gorm.ErrRecordNotFound
		}
		if err != nil {
			return fault("add webhook secret", err)
		}
		if err := tx.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error; err != nil {
			return fault("add webhook secret", err)
		}
		there, err = tx.WebhookSecret(ctx, row.ID)
		return err
	})
	return there, err
}

// ReplaceWebhookSecret writes a secret of a workflow over the one that was read: models.CodeConflict when somebody else was
// quicker, and as [Store.WorkflowToEdit] says for who may not edit the workflow.
func (s *Store) ReplaceWebhookSecret(ctx context.Context, a models.Actor, workflowID string, row *models.WebhookSecret, was string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, workflowID)
		if err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.WebhookSecret{}).Where("id = ? AND secret_sealed = ?", row.ID, was).
			Select("secret_sealed", "previous_sealed", "previous_until", "changed_at").Updates(row)
		if err := tx.changed(r, "replace webhook secret", "webhook.error.rotated"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditWorkflowSecret, Object: w.ID, Name: w.Name})
	})
}

// deleteWebhookSecrets removes the secrets of a workflow's tasks. Ids begin with the workflow's and a dot, which the slash
// follows.
func (s *Store) deleteWebhookSecrets(ctx context.Context, workflowID string) error {
	r := s.write(ctx).Where("id > ? AND id < ?", workflowID+".", workflowID+"/").Delete(&models.WebhookSecret{})
	return fault("delete webhook secrets", r.Error)
}
