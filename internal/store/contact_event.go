package store

import (
	"context"

	"surveyflow/models"
)

// ListWorkflow is a workflow that waits for new contacts, with who it belongs to.
type ListWorkflow struct {
	LiveWorkflow
	OwnerID string
	Admin   bool // its owner reaches every list
}

// Sees reports whether the workflow's owner sees a list: what one may not see starts no workflow of theirs.
func (w *ListWorkflow) Sees(l *models.ContactList) bool {
	return w.Admin || l.Shared || l.OwnerID == w.OwnerID
}

// ListWorkflowRev gives the revision of an organisation's live workflows without a survey.
func (s *Store) ListWorkflowRev(ctx context.Context, orgID string) (int64, error) {
	var o models.Organisation
	err := s.read(ctx).Select("workflow_rev").Where("id = ?", orgID).Take(&o).Error
	return o.WorkflowRev, fault("read revision of workflows", err)
}

// ListWorkflows reads the workflows of an organisation that are on, belong to no survey and wait for new contacts. Those of
// people who may not sign in any more rest.
func (s *Store) ListWorkflows(ctx context.Context, orgID string) ([]ListWorkflow, error) {
	var rows []struct {
		models.WorkflowVersion
		OwnerID string
		Role    models.Role
	}
	err := s.read(ctx).Table("workflow_versions").Select("workflow_versions.*, w.owner_id, u.role").
		Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version JOIN users u ON u.id = w.owner_id").
		Where("w.org_id = ? AND w.survey_id IS NULL AND w.event_type = ? AND w.deleted_at IS NULL AND (w.enabled OR w.off_reason <> '') AND u.disabled_at IS NULL", orgID, models.EventContactList).
		Order("workflow_id").Find(&rows).Error
	all := make([]ListWorkflow, len(rows))
	for i, r := range rows {
		all[i] = ListWorkflow{LiveWorkflow{ID: r.WorkflowID, Version: r.Version, Definition: r.Definition.V}, r.OwnerID, r.Role == models.RoleBrandAdmin}
	}
	return all, fault("read workflows for new contacts", err)
}
