package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// SurveyLabels gives the data labels of a survey that the actor may see, and their revision.
func (s *Store) SurveyLabels(ctx context.Context, a models.Actor, surveyID string) (models.DataLabels, int, error) {
	v, err := s.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, 0, err
	}
	labels, err := s.LabelsAt(ctx, surveyID, v.LabelsRev)
	return labels, v.LabelsRev, err
}

// LabelsAt gives the data labels of a survey as they were at one of their revisions. Revisions never change, so that
// callers may keep them.
func (s *Store) LabelsAt(ctx context.Context, surveyID string, rev int) (models.DataLabels, error) {
	if rev == 0 {
		return models.DataLabels{}, nil
	}
	var row models.SurveyLabels
	if err := s.read(ctx).Where("survey_id = ? AND rev = ?", surveyID, rev).Take(&row).Error; err != nil {
		return nil, fault("read data labels", err)
	}
	return row.Labels.V, nil
}

// LabelsRevAt gives which revision of a survey's data labels was the newest at a moment; 0 before the first.
func (s *Store) LabelsRevAt(ctx context.Context, surveyID string, at time.Time) (int, error) {
	var rev int
	err := s.read(ctx).Model(&models.SurveyLabels{}).Select("COALESCE(max(rev), 0)").
		Where("survey_id = ? AND saved_at <= ?", surveyID, at).Scan(&rev).Error
	return rev, fault("read data labels", err)
}

// SaveSurveyLabels replaces the data labels of a survey. They hold from the next event on, without putting anything live.
// It fails with models.CodeConflict when rev is no longer the newest revision, and gives the new one.
func (s *Store) SaveSurveyLabels(ctx context.Context, a models.Actor, surveyID string, rev int, labels models.DataLabels) (int, error) {
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, surveyID)
		if err != nil {
			return err
		}
		// The revision is also the fence of every node's cache: an answer that was matched against the older one comes back.
		r := tx.write(ctx).Model(&models.Survey{}).Where("id = ? AND labels_rev = ?", surveyID, rev).
			Updates(map[string]any{"labels_rev": rev + 1, "live_rev": gorm.Expr("live_rev + 1")})
		if err := tx.changed(r, "save data labels", "label.error.changed"); err != nil {
			return err
		}
		if err := tx.addSurveyLabels(ctx, a, surveyID, rev+1, labels); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSurveyLabels, Object: surveyID, Name: v.Name})
	})
	return rev + 1, err
}

func (s *Store) addSurveyLabels(ctx context.Context, a models.Actor, surveyID string, rev int, labels models.DataLabels) error {
	row := &models.SurveyLabels{SurveyID: surveyID, Rev: rev, SavedBy: a.UserID, SavedAt: s.clock.Now()}
	row.Labels.V = labels
	return fault("save data labels", s.write(ctx).Create(row).Error)
}

// SurveyName gives the name of a survey, also when it was deleted.
func (s *Store) SurveyName(ctx context.Context, surveyID string) (string, error) {
	var v models.Survey
	if err := s.read(ctx).Select("name").Where("id = ?", surveyID).Take(&v).Error; err != nil {
		return "", fault("read survey", err)
	}
	return v.Name, nil
}
