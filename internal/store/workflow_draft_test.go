package store_test

import (
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestDiscardingADraftLeavesNothingToPutLive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := storetest.NewInstance(t, s, clock.System{})
		owner := in.User("mia@example.com", models.RoleMember)
		v, _ := in.NewSurvey(owner)
		w := in.WorkflowOf(owner, v, models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(`{}`)})
		changed, err := s.Workflow(t.Context(), owner, w.ID)
		if err != nil {
			t.Fatal(err)
		}
		changed.Draft.V.Tasks = nil
		rev, err := s.SaveWorkflowDraft(t.Context(), owner, changed, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DiscardWorkflowDraft(t.Context(), owner, w.ID, rev-1); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("discard with an older revision: %v, want a conflict", err)
		}
		if _, err := s.DiscardWorkflowDraft(t.Context(), owner, w.ID, rev); err != nil {
			t.Fatal(err)
		}
		back, err := s.Workflow(t.Context(), owner, w.ID)
		if err != nil || back.Changed() || len(back.Draft.V.Tasks) != 1 || back.DraftRev != rev+1 {
			t.Errorf("after discarding: changed %v, %d tasks, revision %d, %v", back.Changed(), len(back.Draft.V.Tasks), back.DraftRev, err)
		}
		if err := s.RenameWorkflow(t.Context(), owner, w.ID, "Another name"); err != nil {
			t.Fatal(err)
		}
		if back, err = s.Workflow(t.Context(), owner, w.ID); err != nil || back.Name != "Another name" || back.Changed() {
			t.Errorf("after renaming: %q, changed %v, %v", back.Name, back.Changed(), err)
		}
	})
}

func TestAWorkflowThatWasNeverLiveHasNothingToGoBackTo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := storetest.NewInstance(t, s, clock.System{})
		owner := in.User("mia@example.com", models.RoleMember)
		v, _ := in.NewSurvey(owner)
		w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &v.ID, OwnerID: owner.UserID, Name: "New", EventType: models.EventSurveyResponse}
		if err := s.CreateWorkflow(t.Context(), owner, w); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DiscardWorkflowDraft(t.Context(), owner, w.ID, 0); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("discard: %v, want a conflict", err)
		}
	})
}
