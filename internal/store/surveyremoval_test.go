package store_test

import (
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestWhatWasRemovedFromASurveyIsKeptUntilItIsBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		bob := i.User("bob@example.com", models.RoleMember)
		v, err := s.Survey(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		part := models.RemovedPart{Question: &models.Question{ID: "QID7", Text: "Gone?"}, BlockID: "BL_1", At: 2}
		var first *models.SurveyRemoval
		for n := range 55 { // more than are kept
			rev, r, err := s.RemoveFromSurvey(t.Context(), i.Actor, v, v.DraftRev, part)
			i.Check(err)
			if rev != v.DraftRev+1 {
				t.Fatalf("revision %d after %d", rev, v.DraftRev)
			}
			v.DraftRev = rev
			if n == 0 {
				first = r
			}
			if n == 54 {
				got, err := s.SurveyRemoval(t.Context(), i.Actor, v.ID, r.ID)
				i.Check(err)
				if got.Part.V.Question == nil || got.Part.V.Question.Text != "Gone?" || got.Part.V.At != 2 || got.RemovedBy != i.Actor.UserID {
					t.Errorf("kept %+v", got)
				}
				_, err = s.SurveyRemoval(t.Context(), bob, v.ID, r.ID)
				wantCode(t, err, models.CodeNotFound)
				_, _, err = s.RemoveFromSurvey(t.Context(), bob, v, 0, part)
				wantCode(t, err, models.CodeNotFound)
				_, err = s.PutBackIntoSurvey(t.Context(), i.Actor, v, rev-1, r.ID)
				wantCode(t, err, models.CodeConflict)
				_, err = s.PutBackIntoSurvey(t.Context(), i.Actor, v, rev, r.ID)
				i.Check(err)
				_, err = s.SurveyRemoval(t.Context(), i.Actor, v.ID, r.ID)
				wantCode(t, err, models.CodeNotFound)
			}
		}
		_, err = s.SurveyRemoval(t.Context(), i.Actor, v.ID, first.ID)
		wantCode(t, err, models.CodeNotFound) // too old
	})
}

func TestVersionsOfASurveyAreListedForWhoSeesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		bob := i.User("bob@example.com", models.RoleMember)
		before, err := s.Survey(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		for range 3 {
			_, err := s.PutSurveyLive(t.Context(), i.Actor, i.Survey.ID, 0)
			i.Check(err)
		}
		newest := before.Version + 3
		all, err := s.SurveyVersions(t.Context(), i.Actor, i.Survey.ID, 0, 2)
		i.Check(err)
		if len(all) != 2 || all[0].Version != newest || all[1].Version != newest-1 || all[0].CreatedBy != i.Actor.UserID {
			t.Errorf("versions: %+v", all)
		}
		all, err = s.SurveyVersions(t.Context(), i.Actor, i.Survey.ID, newest-1, 50)
		i.Check(err)
		if len(all) != newest-2 || all[0].Version != newest-2 {
			t.Errorf("%d versions before %d", len(all), newest-1)
		}
		_, err = s.SurveyVersions(t.Context(), bob, i.Survey.ID, 0, 2)
		wantCode(t, err, models.CodeNotFound)
	})
}
