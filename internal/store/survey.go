package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateSurvey adds a survey with its draft and a first, open link collector.
// It sets the revisions and times of both.
func (s *Store) CreateSurvey(ctx context.Context, a models.Actor, v *models.Survey, c *models.Collector) error {
	now := s.clock.Now()
	v.OrgID, v.State, v.DraftRev, v.LiveRev, v.CreatedAt, v.UpdatedAt = a.OrgID, models.SurveyDraft, 1, 1, now, now
	c.OrgID, c.SurveyID, c.CreatedAt = a.OrgID, v.ID, now
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Create(v).Error; err != nil {
			return fault("create survey", err)
		}
		return fault("create collector", tx.write(ctx).Create(c).Error)
	})
}

// SurveyFilter chooses surveys of a list.
type SurveyFilter struct {
	Search string // part of the name
	State  models.SurveyState
	Page
}

// Surveys lists surveys, the last changed first, without their drafts, and the cursor of the next page.
func (s *Store) Surveys(ctx context.Context, a models.Actor, f SurveyFilter) ([]models.Survey, string, error) {
	db := visible(s.read(ctx), "surveys", a).Omit("draft").Where("deleted_at IS NULL").Order("updated_at DESC, id DESC").Limit(f.limit() + 1)
	if f.Search != "" {
		db = db.Where(`lower(name) LIKE ? ESCAPE '\'`, "%"+escapeLike(strings.ToLower(f.Search))+"%")
	}
	if f.State != "" {
		db = db.Where("state = ?", f.State)
	}
	if f.Before != "" {
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return nil, "", err
		}
		db = db.Where("(updated_at, id) < (?, ?)", at, id)
	}
	var all []models.Survey
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list surveys", err)
	}
	all, next := cut(all, f.limit(), func(v *models.Survey) string { return cursor(v.UpdatedAt, v.ID) })
	return all, next, nil
}

// Survey gives a survey that the actor may see.
func (s *Store) Survey(ctx context.Context, a models.Actor, id string) (*models.Survey, error) {
	var v models.Survey
	err := visible(s.read(ctx), "surveys", a).Where("deleted_at IS NULL").Where("id = ?", id).Take(&v).Error
	if err != nil {
		return nil, fault("read survey", err)
	}
	return &v, nil
}

// SaveSurveyDraft writes name, draft and next question number. With rev it fails with models.CodeConflict when
// the draft is no longer the one of that revision; with rev 0 it overwrites. It gives the new revision.
func (s *Store) SaveSurveyDraft(ctx context.Context, a models.Actor, v *models.Survey, rev int64) (int64, error) {
	var saved int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		old, err := tx.Survey(ctx, a, v.ID)
		if err != nil {
			return err
		}
		if rev != 0 && rev != old.DraftRev {
			return models.Conflict("survey.error.changed", map[string]any{"Revision": old.DraftRev})
		}
		saved = old.DraftRev + 1
		// The row's own revision is the fence: a write between the read and this one makes it match nothing.
		r := tx.write(ctx).Model(&models.Survey{}).Where("id = ? AND draft_rev = ?", v.ID, old.DraftRev).
			Select("name", "draft", "draft_rev", "next_qid", "updated_at").
			Updates(&models.Survey{Name: v.Name, Draft: v.Draft, DraftRev: saved, NextQID: max(v.NextQID, old.NextQID), UpdatedAt: s.clock.Now()})
		return tx.changed(r, "save survey draft", "survey.error.changed")
	})
	return saved, err
}

// changed turns an update that met nothing into a conflict.
func (s *Store) changed(r *gorm.DB, tried, key string) error {
	if r.Error != nil {
		return fault(tried, r.Error)
	}
	if r.RowsAffected == 0 {
		return models.Conflict(key, nil)
	}
	return nil
}

// PutSurveyLive makes the draft the live version, as an immutable row, and opens a survey that was never live.
// The caller has checked the draft. With rev it fails with models.CodeConflict when the draft changed meanwhile.
func (s *Store) PutSurveyLive(ctx context.Context, a models.Actor, id string, rev int64) (*models.Survey, error) {
	var live *models.Survey
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.Survey(ctx, a, id)
		if err != nil {
			return err
		}
		if rev != 0 && rev != v.DraftRev {
			return models.Conflict("survey.error.changed", map[string]any{"Revision": v.DraftRev})
		}
		now := s.clock.Now()
		version := v.Version + 1
		err = tx.write(ctx).Create(&models.SurveyVersion{
			SurveyID: id, Version: version, Definition: v.Draft, CreatedBy: a.UserID, CreatedAt: now,
		}).Error
		if err != nil {
			return fault("put survey live", err)
		}
		if v.State == models.SurveyDraft {
			v.State = models.SurveyOpen
		}
		r := tx.write(ctx).Model(&models.Survey{}).Where("id = ? AND draft_rev = ? AND version = ?", id, v.DraftRev, v.Version).
			Updates(map[string]any{"version": version, "state": v.State, "live_draft": v.DraftRev, "live_rev": gorm.Expr("live_rev + 1"), "live_at": now})
		v.Version, v.LiveDraft, v.LiveAt, v.LiveRev = version, v.DraftRev, &now, v.LiveRev+1
		live = v
		return tx.changed(r, "put survey live", "survey.error.changed")
	})
	return live, err
}

// SetSurveyState opens or closes a survey that has been live.
func (s *Store) SetSurveyState(ctx context.Context, a models.Actor, id string, state models.SurveyState) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.Survey(ctx, a, id)
		if err != nil {
			return err
		}
		if v.Version == 0 {
			return models.Conflict("survey.error.never_live", nil)
		}
		return fault("open or close survey", tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
			Updates(map[string]any{"state": state, "live_rev": gorm.Expr("live_rev + 1")}).Error)
	})
}

// RenameSurvey changes the name alone; it shows at once.
func (s *Store) RenameSurvey(ctx context.Context, a models.Actor, id, name string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Survey(ctx, a, id); err != nil {
			return err
		}
		return fault("rename survey", tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
			Updates(map[string]any{"name": name, "live_rev": gorm.Expr("live_rev + 1")}).Error)
	})
}

// DeleteSurvey removes a survey from sight: its links end, its workflows are deleted and their waiting runs canceled.
// Rows stay, because runs name them. It gives the number of runs that it canceled.
func (s *Store) DeleteSurvey(ctx context.Context, a models.Actor, id string) (canceled int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		canceled = 0
		if _, err := tx.Survey(ctx, a, id); err != nil {
			return err
		}
		var workflows []models.Workflow // also those of others: without the survey they can never run again
		if err := tx.read(ctx).Where("survey_id = ? AND deleted_at IS NULL", id).Find(&workflows).Error; err != nil {
			return fault("delete survey", err)
		}
		for i := range workflows {
			n, err := tx.deleteWorkflow(ctx, &workflows[i])
			if err != nil {
				return err
			}
			canceled += n
		}
		return fault("delete survey", tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
			Updates(map[string]any{"deleted_at": s.clock.Now(), "state": models.SurveyClosed, "live_rev": gorm.Expr("live_rev + 1")}).Error)
	})
	return canceled, err
}

// SurveyVersion gives one version of a survey. Versions never change, so that callers may keep it.
func (s *Store) SurveyVersion(ctx context.Context, surveyID string, version int) (*models.SurveyVersion, error) {
	var v models.SurveyVersion
	if err := s.read(ctx).Where("survey_id = ? AND version = ?", surveyID, version).Take(&v).Error; err != nil {
		return nil, fault("read survey version", err)
	}
	return &v, nil
}

// LiveSurvey is all that taking an answer needs: the survey, its live version and the workflows that wait for answers,
// as they were at Survey.LiveRev.
type LiveSurvey struct {
	Survey     models.Survey
	Definition models.SurveyDefinition // of the live version; empty when there is none
	Collectors []models.Collector
	Workflows  []LiveWorkflow // those that are on
}

// LiveWorkflow is a workflow that is on, with its live version.
type LiveWorkflow struct {
	ID         string
	Version    int
	Definition models.WorkflowDefinition
}

// LiveSurvey reads what taking an answer needs. Deleted surveys are there too, closed, so that links can say so.
func (s *Store) LiveSurvey(ctx context.Context, id string) (*LiveSurvey, error) {
	var l LiveSurvey
	// One transaction, so that all parts are of one revision.
	err := s.snapshot(ctx, func(ctx context.Context, tx *gorm.DB) error {
		if err := tx.Omit("draft").Where("id = ?", id).Take(&l.Survey).Error; err != nil {
			return err
		}
		if l.Survey.Version > 0 {
			var v models.SurveyVersion
			if err := tx.Where("survey_id = ? AND version = ?", id, l.Survey.Version).Take(&v).Error; err != nil {
				return err
			}
			l.Definition = v.Definition.V
		}
		if err := tx.Where("survey_id = ? AND deleted_at IS NULL", id).Order("created_at, id").Find(&l.Collectors).Error; err != nil {
			return err
		}
		var versions []models.WorkflowVersion
		err := tx.Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version").
			Where("w.survey_id = ? AND w.deleted_at IS NULL AND (w.enabled OR w.off_reason <> '')", id).Order("workflow_id").Find(&versions).Error
		for _, v := range versions {
			l.Workflows = append(l.Workflows, LiveWorkflow{ID: v.WorkflowID, Version: v.Version, Definition: v.Definition.V})
		}
		return err
	})
	if err != nil {
		return nil, fault("read live survey", err)
	}
	return &l, nil
}

// LiveRev gives the revision of a survey's live state, for caches to compare.
func (s *Store) LiveRev(ctx context.Context, surveyID string) (int64, error) {
	var v models.Survey
	if err := s.read(ctx).Select("live_rev").Where("id = ?", surveyID).Take(&v).Error; err != nil {
		return 0, fault("read live revision", err)
	}
	return v.LiveRev, nil
}

// CollectorBySlug gives the collector that a public link names.
func (s *Store) CollectorBySlug(ctx context.Context, slug string) (*models.Collector, error) {
	var c models.Collector
	if err := s.read(ctx).Where("slug = ? AND deleted_at IS NULL", slug).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	return &c, nil
}

// DefaultCollector gives the collector that /jfe/form/{surveyId} leads to.
func (s *Store) DefaultCollector(ctx context.Context, surveyID string) (*models.Collector, error) {
	var c models.Collector
	if err := s.read(ctx).Where("survey_id = ? AND is_default AND deleted_at IS NULL", surveyID).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	return &c, nil
}

// Collectors lists the collectors of a survey that the actor may see, the oldest first.
func (s *Store) Collectors(ctx context.Context, a models.Actor, surveyID string) ([]models.Collector, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var all []models.Collector
	err := s.read(ctx).Where("survey_id = ? AND deleted_at IS NULL", surveyID).Order("created_at, id").Find(&all).Error
	return all, fault("list collectors", err)
}

// SetCollectorOpen opens or closes one collector of a survey.
func (s *Store) SetCollectorOpen(ctx context.Context, a models.Actor, surveyID, id string, open bool) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Survey(ctx, a, surveyID); err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.Collector{}).Where("id = ? AND survey_id = ? AND deleted_at IS NULL", id, surveyID).Update("open", open)
		if r.Error == nil && r.RowsAffected == 0 {
			return models.NotFound("error.not_found")
		}
		if r.Error != nil {
			return fault("open or close collector", r.Error)
		}
		return tx.bumpSurvey(ctx, surveyID)
	})
}

// bumpSurvey tells every node's cache that what respondents get, or which workflows run, has changed.
func (s *Store) bumpSurvey(ctx context.Context, id string) error {
	return fault("mark survey changed", s.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
		Update("live_rev", gorm.Expr("live_rev + 1")).Error)
}

// snapshot runs several reads that see one moment.
func (s *Store) snapshot(ctx context.Context, fn func(ctx context.Context, tx *gorm.DB) error) error {
	if ctx.Value(inTx{}) != nil {
		return fn(ctx, s.read(ctx))
	}
	options := &sql.TxOptions{} // a transaction of SQLite sees one moment anyway
	if s.dialect == postgres {
		options = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return s.read(ctx).Transaction(func(tx *gorm.DB) error { return fn(ctx, tx) }, options)
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// cursor names a place in a list that is sorted by time and id.
func cursor(at time.Time, id string) string { return at.UTC().Format(cursorTime) + "~" + id }

const cursorTime = "20060102T150405.000000"

func parseCursor(c string) (time.Time, string, error) {
	at, id, ok := strings.Cut(c, "~")
	t, err := time.Parse(cursorTime, at)
	if !ok || err != nil {
		return time.Time{}, "", models.Invalid(models.Field("skipToken", "error.cursor"))
	}
	return t, id, nil
}
