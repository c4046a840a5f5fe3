package store

import (
	"context"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// keptRemovedTasks is how many removed tasks of a workflow are kept to be put back.
const keptRemovedTasks = 20

// KeepRemovedTask keeps a task that is removed from a workflow's draft, so that it can be put back. Of each workflow the
// last twenty are kept.
func (s *Store) KeepRemovedTask(ctx context.Context, a models.Actor, workflowID string, position int, spec models.TaskSpec) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.WorkflowToEdit(ctx, a, workflowID); err != nil {
			return err
		}
		kept := models.RemovedTask{
			WorkflowID: workflowID, TaskID: spec.ID, Position: position, Spec: models.JSON[models.TaskSpec]{V: spec}, RemovedAt: s.clock.Now(),
		}
		if err := tx.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&kept).Error; err != nil {
			return fault("keep removed task", err)
		}
		return fault("forget removed tasks", tx.write(ctx).Exec(`DELETE FROM removed_tasks WHERE workflow_id = ? AND task_id NOT IN (
			SELECT task_id FROM removed_tasks WHERE workflow_id = ? ORDER BY removed_at DESC, task_id LIMIT ?)`,
			workflowID, workflowID, keptRemovedTasks).Error)
	})
}

// RemovedTask gives a task that was removed from a workflow's draft. It fails with models.CodeNotFound when it is not
// kept any more.
func (s *Store) RemovedTask(ctx context.Context, a models.Actor, workflowID, taskID string) (*models.RemovedTask, error) {
	if _, err := s.WorkflowToEdit(ctx, a, workflowID); err != nil {
		return nil, err
	}
	var t models.RemovedTask
	err := s.read(ctx).Where("workflow_id = ? AND task_id = ?", workflowID, taskID).Take(&t).Error
	if err != nil {
		return nil, fault("read removed task", err)
	}
	return &t, nil
}
