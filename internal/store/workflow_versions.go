package store

import (
	"context"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// SavedVersion is a version of a workflow with the name of who put it live.
type SavedVersion struct {
	models.WorkflowVersion
	SavedByName string // empty when they are gone
}

// WorkflowVersions lists what was live of a workflow that the actor may see, the newest first, at most limit.
func (s *Store) WorkflowVersions(ctx context.Context, a models.Actor, workflowID string, limit int) ([]SavedVersion, error) {
	if _, err := s.Workflow(ctx, a, workflowID); err != nil {
		return nil, err
	}
	var all []SavedVersion
	err := s.read(ctx).Table("workflow_versions v").Select("v.*, COALESCE(NULLIF(TRIM(u.first_name || ' ' || u.last_name), ''), u.email, '') AS saved_by_name").
		Joins("LEFT JOIN users u ON u.id = v.saved_by").Where("v.workflow_id = ? AND v.version > 0", workflowID).
		Order("v.version DESC").Limit(limit).Find(&all).Error
	return all, fault("list workflow versions", err)
}

// KeepDraftVersion makes the draft of a workflow a version that a test can run: it gives its number, which is below zero
// and no part of the list of versions. The caller has checked the draft.
func (s *Store) KeepDraftVersion(ctx context.Context, a models.Actor, workflowID string) (int, error) {
	version := 0
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		w, err := tx.WorkflowToEdit(ctx, a, workflowID)
		if err != nil {
			return err
		}
		version = -int(w.DraftRev)
		return fault("keep draft version", tx.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&models.WorkflowVersion{
			WorkflowID: workflowID, Version: version, Definition: w.Draft, SavedBy: a.UserID, SavedAt: s.clock.Now(),
		}).Error)
	})
	return version, err
}

// MoveWaitingRuns lets the runs of a workflow that wait go on with a version of it, where that still has their next task;
// the others keep theirs, as do tests and runs that a worker has in hand. It gives how many were moved, and how many that wait
// stay. Runs are moved some hundred at a time, each lot whole.
func (s *Store) MoveWaitingRuns(ctx context.Context, a models.Actor, workflowID string, version int) (moved, stayed int, err error) {
	if _, err := s.WorkflowToEdit(ctx, a, workflowID); err != nil {
		return 0, 0, err
	}
	target, err := s.WorkflowVersion(ctx, workflowID, version)
	if err != nil {
		return 0, 0, err
	}
	m := runMove{target: target, versions: map[int]*models.WorkflowDefinition{}}
	for more := true; more; {
		err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
			more, err = m.next(ctx, tx)
			return err
		})
		if err != nil {
			return m.moved, m.stayed, err
		}
		m.moved, m.stayed = m.moved+m.batchMoved, m.stayed+m.batchStayed
	}
	return m.moved, m.stayed, nil
}

// runMove is the moving of a workflow's runs under way.
type runMove struct {
	target                  *models.WorkflowVersion
	versions                map[int]*models.WorkflowDefinition
	after                   string // the last run that was looked at
	batchMoved, batchStayed int
	moved, stayed           int
}

// next looks at the next runs that wait; false when there were none. A claim under way holds its rows: those runs are
// left alone.
func (m *runMove) next(ctx context.Context, tx *Store) (bool, error) {
	m.batchMoved, m.batchStayed = 0, 0
	var ids []string
	err := tx.write(ctx).Raw(`SELECT id FROM queue WHERE lane = ? AND id > ? AND kind = 'run' AND state IN ('ready', 'waiting', 'held')
		ORDER BY id LIMIT ?`+tx.skipLocked(), m.target.WorkflowID, m.after, moveLimit).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return false, fault("find waiting runs", err)
	}
	m.after = ids[len(ids)-1]
	var runs []struct {
		ID              string
		WorkflowVersion int
	}
	err = tx.write(ctx).Raw("SELECT id, workflow_version FROM runs WHERE id IN ? AND workflow_version <> ? AND test = ?", ids, m.target.Version, false).Scan(&runs).Error
	if err != nil {
		return false, fault("read waiting runs", err)
	}
	var ended []struct{ RunID, TaskID string }
	err = tx.write(ctx).Raw("SELECT run_id, task_id FROM attempts WHERE run_id IN ? AND result NOT IN ?", ids,
		[]models.AttemptResult{models.AttemptRetried, models.AttemptLost}).Scan(&ended).Error
	if err != nil {
		return false, fault("read attempts of waiting runs", err)
	}
	done := map[[2]string]bool{}
	for _, e := range ended {
		done[[2]string{e.RunID, e.TaskID}] = true
	}
	var move []string
	for _, r := range runs {
		def, err := m.definition(ctx, tx, r.WorkflowVersion)
		if err != nil {
			return false, err
		}
		next := def.NextTask(func(id string) bool { return done[[2]string{r.ID, id}] })
		if next != "" && m.target.Definition.V.Has(next) {
			move = append(move, r.ID)
		}
	}
	m.batchMoved, m.batchStayed = len(move), len(runs)-len(move)
	if len(move) > 0 {
		err = tx.write(ctx).Exec("UPDATE runs SET workflow_version = ? WHERE id IN ?", m.target.Version, move).Error
	}
	return true, fault("move waiting runs", err)
}

func (m *runMove) definition(ctx context.Context, tx *Store, version int) (*models.WorkflowDefinition, error) {
	if def, ok := m.versions[version]; ok {
		return def, nil
	}
	v, err := tx.WorkflowVersion(ctx, m.target.WorkflowID, version)
	if err != nil {
		return nil, err
	}
	m.versions[version] = &v.Definition.V
	return &v.Definition.V, nil
}
