package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateSurvey adds a survey with its draft and a first, open link collector.
// It sets the revisions and times of both. Its labels, if there are any, become the first ones.
func (s *Store) CreateSurvey(ctx context.Context, a models.Actor, v *models.Survey, c *models.Collector) error {
	now := s.clock.Now()
	v.OrgID, v.State, v.DraftRev, v.LiveRev, v.CreatedAt, v.UpdatedAt = a.OrgID, models.SurveyDraft, 1, 1, now, now
	c.OrgID, c.SurveyID, c.CreatedAt = a.OrgID, v.ID, now
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if v.LabelsRev = 0; len(v.Labels) > 0 {
			v.LabelsRev = 1
		}
		if err := tx.write(ctx).Create(v).Error; err != nil {
			return fault("create survey", err)
		}
		if v.LabelsRev > 0 {
			if err := tx.addSurveyLabels(ctx, a, v.ID, v.LabelsRev, v.Labels); err != nil {
				return err
			}
		}
		return fault("create collector", tx.write(ctx).Create(c).Error)
	})
}

// SurveyFilter chooses surveys of a list.
type SurveyFilter struct {
	Search string // part of the name
	State  models.SurveyState
	Shared bool       // only those that others share with the actor
	Owner  string     // a person's id; empty for all
	Sort   SurveySort // empty means the last changed first
	Page
}

// SurveySort is an order of the list of surveys.
type SurveySort string

// The orders of the list beside the last changed first.
const (
	SortName    SurveySort = "name"
	SortCreated SurveySort = "created" // the newest first
)

// sorted gives a query its order, and where a page of it begins: behind the survey that the cursor names.
func (f SurveyFilter) sorted(db *gorm.DB) (*gorm.DB, error) {
	switch f.Sort {
	case SortName:
		if f.Before != "" {
			db = db.Where("(lower(name), id) > (SELECT lower(name), id FROM surveys AS last WHERE last.id = ?)", f.Before)
		}
		return db.Order("lower(name), id"), nil
	case SortCreated:
		if f.Before != "" {
			db = db.Where("(created_at, id) < (SELECT created_at, id FROM surveys AS last WHERE last.id = ?)", f.Before)
		}
		return db.Order("created_at DESC, id DESC"), nil
	}
	if f.Before != "" {
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return nil, err
		}
		db = db.Where("(updated_at, id) < (?, ?)", at, id)
	}
	return db.Order("updated_at DESC, id DESC"), nil
}

// cursor names the place of a survey in the list.
func (f SurveyFilter) cursor(v *models.Survey) string {
	if f.Sort != "" {
		return v.ID
	}
	return cursor(v.UpdatedAt, v.ID)
}

// Surveys lists surveys without their drafts, and the cursor of the next page.
func (s *Store) Surveys(ctx context.Context, a models.Actor, f SurveyFilter) ([]models.Survey, string, error) {
	db := seen(s.read(ctx), "surveys", a, surveysSeen).Omit("draft").Where("deleted_at IS NULL").Limit(f.limit() + 1)
	if f.Search != "" {
		db = db.Where(`lower(name) LIKE ? ESCAPE '\'`, "%"+escapeLike(strings.ToLower(f.Search))+"%")
	}
	if f.State != "" {
		db = db.Where("state = ?", f.State)
	}
	if f.Shared {
		db = db.Where("id IN (SELECT survey_id FROM survey_shares WHERE user_id = ?)", a.UserID)
	}
	if f.Owner != "" {
		db = db.Where("owner_id = ?", f.Owner)
	}
	db, err := f.sorted(db)
	if err != nil {
		return nil, "", err
	}
	var all []models.Survey
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list surveys", err)
	}
	all, next := cut(all, f.limit(), f.cursor)
	return all, next, s.surveyAccess(ctx, a, pointers(all)...)
}

// Survey gives a survey that the actor may see, and how much they may do with it. Who changes it asks [Store.SurveyToEdit].
func (s *Store) Survey(ctx context.Context, a models.Actor, id string) (*models.Survey, error) {
	var v models.Survey
	err := seen(s.read(ctx), "surveys", a, surveysSeen).Where("deleted_at IS NULL").Where("id = ?", id).Take(&v).Error
	if err != nil {
		return nil, fault("read survey", err)
	}
	return &v, s.surveyAccess(ctx, a, &v)
}

// SaveSurveyDraft writes name, draft and next question number. With rev it fails with models.CodeConflict when
// the draft is no longer the one of that revision; with rev 0 it overwrites. It gives the new revision.
func (s *Store) SaveSurveyDraft(ctx context.Context, a models.Actor, v *models.Survey, rev int64) (int64, error) {
	var saved int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		old, err := tx.SurveyToEdit(ctx, a, v.ID)
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
	return s.PutSurveyLiveAs(ctx, a, id, rev, "")
}

// PutSurveyLiveAs is PutSurveyLive with a description of the version.
func (s *Store) PutSurveyLiveAs(ctx context.Context, a models.Actor, id string, rev int64, description string) (*models.Survey, error) {
	var live *models.Survey
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if rev != 0 && rev != v.DraftRev {
			return models.Conflict("survey.error.changed", map[string]any{"Revision": v.DraftRev})
		}
		now := s.clock.Now()
		version := v.Version + 1
		err = tx.write(ctx).Create(&models.SurveyVersion{
			SurveyID: id, Version: version, Definition: v.Draft, Description: description, CreatedBy: a.UserID, CreatedAt: now,
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
		if err := tx.changed(r, "put survey live", "survey.error.changed"); err != nil {
			return err
		}
		if version == 1 {
			if err := tx.followSurvey(ctx, a, id); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditSurveyLive, Object: id, Name: v.Name, Detail: models.Details("version", strconv.Itoa(version)),
		})
	})
	return live, err
}

// SetSurveyState opens or closes a survey that has been live.
func (s *Store) SetSurveyState(ctx context.Context, a models.Actor, id string, state models.SurveyState) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if v.Version == 0 {
			return models.Conflict("survey.error.never_live", nil)
		}
		err = tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
			Updates(map[string]any{"state": state, "live_rev": gorm.Expr("live_rev + 1")}).Error
		if err != nil {
			return fault("open or close survey", err)
		}
		if err := tx.followSurvey(ctx, a, id); err != nil {
			return err
		}
		action := models.AuditSurveyOpen
		if state == models.SurveyClosed {
			action = models.AuditSurveyClose
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: action, Object: id, Name: v.Name})
	})
}

// RenameSurvey changes the name alone; it shows at once.
func (s *Store) RenameSurvey(ctx context.Context, a models.Actor, id, name string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, id); err != nil {
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
		v, err := tx.SurveyToOwn(ctx, a, id)
		if err != nil {
			return err
		}
		var workflows []models.Workflow // also those of others: without the survey they can never run again
		if err := tx.read(ctx).Where("survey_id = ? AND deleted_at IS NULL", id).Find(&workflows).Error; err != nil {
			return fault("delete survey", err)
		}
		for i := range workflows {
			n, err := tx.deleteWorkflow(ctx, a, &workflows[i])
			if err != nil {
				return err
			}
			canceled += n
		}
		err = tx.write(ctx).Model(&models.Survey{}).Where("id = ?", id).
			Updates(map[string]any{"deleted_at": s.clock.Now(), "state": models.SurveyClosed, "live_rev": gorm.Expr("live_rev + 1")}).Error
		if err != nil {
			return fault("delete survey", err)
		}
		if err := tx.followSurvey(ctx, a, id); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSurveyDelete, Object: id, Name: v.Name})
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
	Shares     []models.SurveyShare
}

// LiveWorkflow is a workflow that is on, with its live version.
type LiveWorkflow struct {
	ID         string
	Version    int
	Definition models.WorkflowDefinition
	Off        string // why it is off by itself; empty while it is on
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
		if err := tx.Where("survey_id = ?", id).Find(&l.Shares).Error; err != nil {
			return err
		}
		var versions []struct {
			models.WorkflowVersion
			OffReason string
		}
		err := tx.Model(&models.WorkflowVersion{}).Select("workflow_versions.*, CASE WHEN w.enabled THEN '' ELSE w.off_reason END AS off_reason").
			Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version").
			Where("w.survey_id = ? AND w.deleted_at IS NULL AND (w.enabled OR w.off_reason <> '')", id).Order("workflow_id").Find(&versions).Error
		for _, v := range versions {
			l.Workflows = append(l.Workflows, LiveWorkflow{ID: v.WorkflowID, Version: v.Version, Definition: v.Definition.V, Off: v.OffReason})
		}
		if err != nil {
			return err
		}
		subscribed, err := widely(tx, id, models.EventSurveyResponse)
		l.Workflows = append(l.Workflows, subscribed...)
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
	err := s.read(ctx).Transaction(func(tx *gorm.DB) error { return fn(ctx, tx) }, options)
	if models.ErrorCode(err) == "" && unreachable(err) { // it could not begin or end
		return fault("begin a snapshot", err)
	}
	return err
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
