package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"surveyflow/models"
)

// Who reaches what is decided in this file alone. Surveys are reached by their owners, by whom they are shared with, and by
// those who see the whole organisation. What belongs to a survey is reached through it, whoever made it: else a person
// whose share was taken back would keep a workflow that sends them every answer. Workflows without a survey, and
// receivers, belong to their owners alone.

// owned limits a query to rows of the organisation and, unless the actor sees all, to their own. The table must have the
// columns org_id and owner_id.
func owned(db *gorm.DB, table string, a models.Actor) *gorm.DB {
	db = db.Where(table+".org_id = ?", a.OrgID)
	if !a.SeesAll() {
		db = db.Where(table+".owner_id = ?", a.UserID)
	}
	return db
}

// surveysSeen spells which rows of a table of surveys the actor sees.
func surveysSeen(a models.Actor, table string) (string, []any) {
	if a.SeesAll() {
		return table + ".org_id = ?", []any{a.OrgID}
	}
	return strings.ReplaceAll(`v.org_id = ? AND (v.owner_id = ? OR EXISTS
		(SELECT 1 FROM survey_shares sh WHERE sh.survey_id = v.id AND sh.user_id = ?))`, "v.", table+"."), []any{a.OrgID, a.UserID, a.UserID}
}

// workflowsSeen spells which rows of a table of workflows the actor sees.
func workflowsSeen(a models.Actor, table string) (string, []any) {
	if a.SeesAll() {
		return table + ".org_id = ?", []any{a.OrgID}
	}
	surveys, args := surveysSeen(a, "sv")
	sql := strings.ReplaceAll(`t.org_id = ? AND (t.survey_id IS NULL AND t.owner_id = ? OR
		t.survey_id IN (SELECT sv.id FROM surveys sv WHERE `, "t.", table+".") + surveys + "))"
	return sql, append([]any{a.OrgID, a.UserID}, args...)
}

// seen adds what one of the two spells to a query.
func seen(db *gorm.DB, table string, a models.Actor, spell func(models.Actor, string) (string, []any)) *gorm.DB {
	sql, args := spell(a, table)
	return db.Where(sql, args...)
}

// surveyAccess fills in what the actor may do with surveys that they see.
func (s *Store) surveyAccess(ctx context.Context, a models.Actor, all ...*models.Survey) error {
	shared := map[string][]*models.Survey{}
	for _, v := range all {
		if v.Access = models.AccessOwn; !a.SeesAll() && v.OwnerID != a.UserID {
			v.Access = models.AccessNone
			shared[v.ID] = append(shared[v.ID], v)
		}
	}
	access, err := s.sharesOf(ctx, a, sortedKeys(shared))
	for id, vs := range shared {
		for _, v := range vs {
			v.Access = access[id]
		}
	}
	return err
}

// workflowAccess fills in what the actor may do with workflows that they see.
func (s *Store) workflowAccess(ctx context.Context, a models.Actor, all ...*models.Workflow) error {
	bySurvey := map[string][]*models.Workflow{}
	for _, w := range all {
		switch {
		case a.SeesAll() || w.SurveyID == nil && w.OwnerID == a.UserID:
			w.Access = models.AccessOwn
		case w.SurveyID != nil:
			bySurvey[*w.SurveyID] = append(bySurvey[*w.SurveyID], w)
		}
	}
	if len(bySurvey) == 0 {
		return nil
	}
	var surveys []*models.Survey // deleted ones too: their runs are still there
	err := seen(s.read(ctx), "surveys", a, surveysSeen).Select("id", "owner_id").Where("id IN ?", sortedKeys(bySurvey)).Find(&surveys).Error
	if err != nil {
		return fault("read access", err)
	}
	if err := s.surveyAccess(ctx, a, surveys...); err != nil {
		return err
	}
	for _, v := range surveys {
		for _, w := range bySurvey[v.ID] {
			w.Access = v.Access
		}
	}
	return nil
}

// sharesOf gives what the actor's shares of those surveys allow.
func (s *Store) sharesOf(ctx context.Context, a models.Actor, ids []string) (map[string]models.Access, error) {
	access := make(map[string]models.Access, len(ids))
	if len(ids) == 0 {
		return access, nil
	}
	var rows []models.SurveyShare
	err := s.read(ctx).Where("user_id = ? AND survey_id IN ?", a.UserID, ids).Find(&rows).Error
	for _, r := range rows {
		access[r.SurveyID] = r.Access
	}
	return access, fault("read shares", err)
}

// SurveyToEdit is [Store.Survey] for who is about to change it or what belongs to it: models.CodeForbidden when the actor
// may only see it.
func (s *Store) SurveyToEdit(ctx context.Context, a models.Actor, id string) (*models.Survey, error) {
	return s.surveyFor(ctx, a, id, models.AccessEdit)
}

// SurveyToOwn is [Store.Survey] for who is about to share it, give it away or delete it: models.CodeForbidden when that is
// not for the actor.
func (s *Store) SurveyToOwn(ctx context.Context, a models.Actor, id string) (*models.Survey, error) {
	return s.surveyFor(ctx, a, id, models.AccessOwn)
}

func (s *Store) surveyFor(ctx context.Context, a models.Actor, id string, need models.Access) (*models.Survey, error) {
	v, err := s.Survey(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return v, enough(v.Access, need)
}

// WorkflowToEdit is [Store.Workflow] for who is about to change or run it: models.CodeForbidden when the actor may only
// see it.
func (s *Store) WorkflowToEdit(ctx context.Context, a models.Actor, id string) (*models.Workflow, error) {
	w, err := s.Workflow(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return w, enough(w.Access, models.AccessEdit)
}

// enough turns too little access into an error: "not found" for none, so that nobody learns what is there.
func enough(got, need models.Access) error {
	switch {
	case got.Allows(need):
		return nil
	case got == models.AccessNone:
		return models.NotFound("error.not_found")
	case need == models.AccessOwn:
		return &models.Error{Code: models.CodeForbidden, Key: "access.error.owner"}
	}
	return &models.Error{Code: models.CodeForbidden, Key: "access.error.view"}
}

// CheckAccess reports whether the actor may do so much with the survey, workflow or run with that id: models.CodeNotFound
// when it is not there for them, models.CodeForbidden when they may do less.
func (s *Store) CheckAccess(ctx context.Context, a models.Actor, id string, need models.Access) error {
	_, err := s.Access(ctx, a, id, need)
	return err
}

// Access is [Store.CheckAccess] that also gives what the actor may do.
func (s *Store) Access(ctx context.Context, a models.Actor, id string, need models.Access) (models.Access, error) {
	access, err := models.AccessNone, error(nil)
	prefix, _, _ := strings.Cut(id, "_")
	switch models.Prefix(prefix + "_") {
	case models.PrefixSurvey:
		var v models.Survey
		err = seen(s.read(ctx), "surveys", a, surveysSeen).Select("id", "owner_id").Where("id = ? AND deleted_at IS NULL", id).Take(&v).Error
		if err == nil {
			err = s.surveyAccess(ctx, a, &v)
		}
		access = v.Access
	case models.PrefixWorkflow:
		var w models.Workflow
		err = seen(s.read(ctx), "workflows", a, workflowsSeen).Select("id", "owner_id", "survey_id").
			Where("id = ? AND deleted_at IS NULL", id).Take(&w).Error
		if err == nil {
			err = s.workflowAccess(ctx, a, &w)
		}
		access = w.Access
	case models.PrefixRun:
		access, err = s.runAccess(ctx, a, id)
	}
	if err != nil {
		return models.AccessNone, fault("check access", err)
	}
	return access, enough(access, need)
}

// runAccess gives what the actor may do with a run: as much as with its workflow, also when that is deleted.
func (s *Store) runAccess(ctx context.Context, a models.Actor, id string) (models.Access, error) {
	var w models.Workflow
	err := seen(s.read(ctx), "workflows", a, workflowsSeen).Select("id", "owner_id", "survey_id").
		Where("id = (SELECT r.workflow_id FROM runs r WHERE r.id = ? AND r.org_id = ?)", id, a.OrgID).Take(&w).Error
	if err != nil {
		return models.AccessNone, fault("read run", err)
	}
	err = s.workflowAccess(ctx, a, &w)
	return w.Access, err
}
