package store

import (
	"context"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// ShareRow is a person whom a survey is shared with.
type ShareRow struct {
	models.SurveyShare
	Person models.User `gorm:"embedded;embeddedPrefix:person_"` // without the password hash
}

// SurveyShares lists whom a survey that the actor may see is shared with, by address.
func (s *Store) SurveyShares(ctx context.Context, a models.Actor, surveyID string) ([]ShareRow, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var rows []ShareRow
	err := s.read(ctx).Table("survey_shares").Select("survey_shares.*, "+personColumns).
		Joins("JOIN users ON users.id = survey_shares.user_id").Where("survey_shares.survey_id = ?", surveyID).
		Order("users.email_key").Find(&rows).Error
	for i := range rows {
		rows[i].Person.PasswordHash = ""
	}
	return rows, fault("list shares", err)
}

// ShareSurvey lets a person of the organisation see or edit a survey of the actor's; models.AccessNone takes it back, also
// when a person takes it from themselves. models.CodeNotFound when there is no such person, or a disabled one;
// models.CodeConflict when the survey is theirs.
func (s *Store) ShareSurvey(ctx context.Context, a models.Actor, surveyID, userID string, access models.Access) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		need := models.AccessOwn
		if access == models.AccessNone && userID == a.UserID {
			need = models.AccessView
		}
		v, err := tx.surveyFor(ctx, a, surveyID, need)
		if err != nil {
			return err
		}
		u, err := tx.User(ctx, a, userID)
		if err != nil {
			return err
		}
		if access == models.AccessNone {
			return tx.unshare(ctx, a, v, u)
		}
		switch {
		case u.DisabledAt != nil:
			return models.NotFound("error.not_found")
		case u.ID == v.OwnerID:
			return models.Conflict("share.error.owner", map[string]any{"Name": u.Name()})
		case access != models.AccessView && access != models.AccessEdit:
			return models.Invalid(models.Field("access", "share.error.access"))
		}
		share := models.SurveyShare{SurveyID: v.ID, UserID: u.ID, Access: access, SharedBy: a.UserID, CreatedAt: s.clock.Now()}
		err = tx.write(ctx).Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "survey_id"}, {Name: "user_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"access", "shared_by"}),
		}).Create(&share).Error
		if err != nil {
			return fault("share survey", err)
		}
		if err := tx.bumpSurvey(ctx, v.ID); err != nil { // who answers by API is checked against the live state
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{
			Action: models.AuditSurveyShare, Object: v.ID, Name: v.Name, Detail: models.Details("person", u.Email, "access", string(access)),
		})
	})
}

func (s *Store) unshare(ctx context.Context, a models.Actor, v *models.Survey, u *models.User) error {
	r := s.write(ctx).Where("survey_id = ? AND user_id = ?", v.ID, u.ID).Delete(&models.SurveyShare{})
	if err := found(r, "take share back"); err != nil {
		return err
	}
	if err := s.bumpSurvey(ctx, v.ID); err != nil {
		return err
	}
	return s.Audit(ctx, a, models.AuditEntry{
		Action: models.AuditSurveyUnshare, Object: v.ID, Name: v.Name, Detail: models.Details("person", u.Email),
	})
}

// People gives the people with those ids, without their password hashes, for pages that name them.
func (s *Store) People(ctx context.Context, a models.Actor, ids ...string) (map[string]models.User, error) {
	people := make(map[string]models.User, len(ids))
	if len(ids) == 0 {
		return people, nil
	}
	var all []models.User
	err := s.read(ctx).Omit("password_hash").Where("org_id = ? AND id IN ?", a.OrgID, ids).Find(&all).Error
	for _, u := range all {
		people[u.ID] = u
	}
	return people, fault("read people", err)
}
