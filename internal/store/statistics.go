package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// openNow is what a survey is that takes answers at a time, which is to be given twice.
const openNow = `state = 'open' AND version > 0 AND deleted_at IS NULL AND (opens_at IS NULL OR opens_at <= ?) AND (closes_at IS NULL OR closes_at > ?)`

// endless stands for the end of what has none, where ends are put in order.
var endless = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// OpenSurveyFilter chooses surveys that take answers.
type OpenSurveyFilter struct {
	Search     string // part of the name
	Subscribed bool   // only those whose statistics the actor gets
	Page
}

// OpenSurveys lists the surveys that the actor sees and that take answers now, with their figures, and the cursor of the next page. Those
// that close first come first.
func (s *Store) OpenSurveys(ctx context.Context, a models.Actor, f OpenSurveyFilter) ([]models.OpenSurvey, string, error) {
	now := s.clock.Now()
	db := seen(s.read(ctx), "surveys", a, surveysSeen).Omit("draft").Where(openNow, now, now)
	if f.Search != "" {
		db = db.Where(`lower(name) LIKE ? ESCAPE '\'`, "%"+escapeLike(strings.ToLower(f.Search))+"%")
	}
	if f.Subscribed {
		db = db.Where("id IN (SELECT survey_id FROM survey_subscribers WHERE user_id = ?)", a.UserID)
	}
	if f.Before != "" {
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return nil, "", err
		}
		db = db.Where("(COALESCE(closes_at, ?), id) > (?, ?)", endless, at, id)
	}
	var found []models.Survey
	err := db.Order(clause.OrderBy{Expression: clause.Expr{SQL: "COALESCE(closes_at, ?), id", Vars: []any{endless}}}).Limit(f.limit() + 1).Find(&found).Error
	if err != nil {
		return nil, "", fault("list open surveys", err)
	}
	found, next := cut(found, f.limit(), func(v *models.Survey) string {
		if v.ClosesAt == nil {
			return cursor(endless, v.ID)
		}
		return cursor(*v.ClosesAt, v.ID)
	})
	if len(found) == 0 {
		return nil, "", nil
	}
	all, err := s.openSurveys(ctx, a, found)
	return all, next, err
}

// openSurveys adds to surveys what their list shows.
func (s *Store) openSurveys(ctx context.Context, a models.Actor, found []models.Survey) ([]models.OpenSurvey, error) {
	if err := s.surveyAccess(ctx, a, pointers(found)...); err != nil {
		return nil, err
	}
	ids, owners := make([]string, len(found)), make([]string, len(found))
	for i := range found {
		ids[i], owners[i] = found[i].ID, found[i].OwnerID
	}
	figures, err := s.SurveyFigures(ctx, ids...)
	if err != nil {
		return nil, err
	}
	people, err := s.People(ctx, a, owners...)
	if err != nil {
		return nil, err
	}
	var mine []string
	if err := s.read(ctx).Model(&models.SurveySubscriber{}).Where("user_id = ? AND survey_id IN ?", a.UserID, ids).Pluck("survey_id", &mine).Error; err != nil {
		return nil, fault("read subscriptions", err)
	}
	subscribed := make(map[string]bool, len(mine))
	for _, id := range mine {
		subscribed[id] = true
	}
	all := make([]models.OpenSurvey, len(found))
	for i, v := range found {
		all[i] = models.OpenSurvey{Survey: v, Owner: people[v.OwnerID].Name(), Subscribed: subscribed[v.ID], SurveyFigures: figures[v.ID]}
	}
	return all, nil
}

// SurveyFigures gives the basic figures of surveys by their ids. The surveys are those that the caller has been given for somebody: it
// asks nobody's rights.
func (s *Store) SurveyFigures(ctx context.Context, surveyIDs ...string) (map[string]models.SurveyFigures, error) {
	responses, err := s.ResponseCounts(ctx, surveyIDs...)
	if err != nil {
		return nil, err
	}
	collectors, err := s.CollectorsOf(ctx, surveyIDs...)
	if err != nil {
		return nil, err
	}
	var emails []string
	for _, some := range collectors {
		for i := range some {
			if some[i].Type == models.CollectorEmail {
				emails = append(emails, some[i].ID)
			}
		}
	}
	invited := map[string]map[models.InvitationStatus]int64{}
	if len(emails) > 0 {
		if invited, err = s.InvitationCounts(ctx, emails...); err != nil {
			return nil, err
		}
	}
	all := make(map[string]models.SurveyFigures, len(surveyIDs))
	for _, id := range surveyIDs {
		n := responses[id]
		f := models.SurveyFigures{Completed: n[models.ResponseCompleted], Partial: n[models.ResponsePartial], InProgress: n[models.ResponseInProgress]}
		for i := range collectors[id] {
			n := invited[collectors[id][i].ID]
			f.Answered += n[models.InvitationFinished]
			for _, status := range []models.InvitationStatus{
				models.InvitationSent, models.InvitationOpened, models.InvitationStarted, models.InvitationFinished, models.InvitationOptedOut,
			} {
				f.Reached += n[status]
			}
		}
		all[id] = f
	}
	return all, nil
}

// SetSubscribed says whether the actor gets the statistics of a survey that they may see.
func (s *Store) SetSubscribed(ctx context.Context, a models.Actor, surveyID string, on bool) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Survey(ctx, a, surveyID); err != nil {
			return err
		}
		row := models.SurveySubscriber{SurveyID: surveyID, UserID: a.UserID, CreatedAt: s.clock.Now()}
		if !on {
			return fault("unsubscribe", tx.write(ctx).Delete(&row).Error)
		}
		return fault("subscribe", tx.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error)
	})
}

// Subscribed reports whether the actor gets the statistics of a survey.
func (s *Store) Subscribed(ctx context.Context, a models.Actor, surveyID string) (bool, error) {
	err := s.read(ctx).Where("survey_id = ? AND user_id = ?", surveyID, a.UserID).Take(&models.SurveySubscriber{}).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	return err == nil, fault("read subscription", err)
}
