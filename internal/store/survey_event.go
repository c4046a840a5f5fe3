package store

import (
	"context"

	"surveyflow/models"
)

// SurveyListeners reads the workflows of a survey that are on, or switched themselves off, and whose live version waits for
// changes of the survey itself; those of no survey too whose owners see it.
func (s *Store) SurveyListeners(ctx context.Context, surveyID string) ([]LiveWorkflow, error) {
	var rows []struct {
		models.WorkflowVersion
		OffReason string
	}
	err := s.read(ctx).Model(&models.WorkflowVersion{}).Select("workflow_versions.*, CASE WHEN w.enabled THEN '' ELSE w.off_reason END AS off_reason").
		Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version").
		Where("w.survey_id = ? AND w.deleted_at IS NULL AND (w.enabled OR w.off_reason <> '')", surveyID).Order("workflow_id").Find(&rows).Error
	var all []LiveWorkflow
	for _, r := range rows {
		if r.Definition.V.Event.Type == models.EventSurveyDefinition {
			all = append(all, LiveWorkflow{ID: r.WorkflowID, Version: r.Version, Definition: r.Definition.V, Off: r.OffReason})
		}
	}
	if err != nil {
		return nil, fault("read workflows of survey", err)
	}
	wide, err := widely(s.read(ctx), surveyID, models.EventSurveyDefinition)
	return append(all, wide...), fault("read workflows for changes of surveys", err)
}
