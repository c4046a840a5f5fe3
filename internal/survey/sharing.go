package survey

import (
	"context"
	"fmt"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Sharing gives people access to surveys and tells them so.
type Sharing struct {
	Store  *store.Store
	Outbox *mail.Outbox // nil: nobody is told
	Clock  clock.Clock
}

// Share lets a person see or edit a survey, or changes which of the two. Who gets more than they had is told under the bell
// and by mail, in the same transaction. Errors are those of [store.Store.ShareSurvey].
func (s Sharing) Share(ctx context.Context, a models.Actor, surveyID, userID string, access models.Access) error {
	return s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		before, err := tx.SurveyShares(ctx, a, surveyID)
		if err != nil {
			return err
		}
		if err := tx.ShareSurvey(ctx, a, surveyID, userID, access); err != nil {
			return err
		}
		for i := range before {
			if before[i].UserID == userID && before[i].Access.Allows(access) {
				return nil
			}
		}
		if s.Outbox == nil || userID == a.UserID {
			return nil
		}
		notices, err := s.notices(ctx, tx, a, surveyID, userID, access)
		if err != nil {
			return fmt.Errorf("tell of a share: %w", err)
		}
		return tx.Tell(ctx, notices)
	})
}

func (s Sharing) notices(ctx context.Context, tx *store.Store, a models.Actor, surveyID, userID string, access models.Access) (*models.Notices, error) {
	shared, err := tx.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, err
	}
	org, err := tx.Organisation(ctx, a)
	if err != nil {
		return nil, err
	}
	by, err := tx.User(ctx, a, a.UserID)
	if err != nil {
		return nil, err
	}
	to, err := tx.User(ctx, a, userID)
	if err != nil {
		return nil, err
	}
	letter := mail.SurveyShared{By: by.Name(), Survey: shared.Name, SurveyID: surveyID, Edits: access.Allows(models.AccessEdit)}
	m, err := s.Outbox.Write(ctx, mail.To(to, org), letter, "")
	if err != nil {
		return nil, err
	}
	return &models.Notices{
		Mails: []models.Mail{m},
		Notifications: []models.Notification{{
			ID: models.NewOrderedID(models.PrefixNotice, s.Clock.Now()), OrgID: org.ID, UserID: userID, Kind: models.NotifySurveyShared,
			Args: models.JSON[map[string]any]{V: map[string]any{"By": letter.By, "Survey": letter.Survey}}, Href: link.SurveyBuild(surveyID),
		}},
	}, nil
}
