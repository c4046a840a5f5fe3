package store_test

import (
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestWaitingRunsMoveWhereTheirNextTaskStillExists(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		ids := b.Accept(b.w, 4)
		claimed := b.claim(store.ClaimOptions{Limit: 2}) // 0 has done its first task, 1 has not
		done := models.Attempt{RunID: claimed[0].Run.ID, TaskID: "OCAC_1", Number: 1, Result: models.AttemptSucceeded, StartedAt: b.clock.Now()}
		b.finish(claimed[0], b.waits(claimed[0].Run.ID, b.clock.Now().Add(time.Hour)), done)
		b.finish(claimed[1], b.waits(claimed[1].Run.ID, b.clock.Now().Add(time.Hour)))
		held := b.claim(store.ClaimOptions{Limit: 1}) // is in hand
		w, err := b.Store.Workflow(t.Context(), b.Actor, b.w.ID)
		b.Check(err)
		before := w.Version
		w.Draft.V.Tasks = []models.TaskSpec{{ID: "OCAC_new", Config: []byte("{}")}, w.Draft.V.Tasks[1]} // the first task is gone
		_, err = b.Store.SaveWorkflowDraft(t.Context(), b.Actor, w, 0)
		b.Check(err)
		live, err := b.Store.PutWorkflowLive(t.Context(), b.Actor, w.ID, 0)
		b.Check(err)
		moved, stayed, err := b.Store.MoveWaitingRuns(t.Context(), b.Actor, w.ID, live.Version)
		if err != nil || moved != 1 || stayed != 2 {
			t.Errorf("moved %d, stayed %d, %v; want 1 and 2", moved, stayed, err)
		}
		for _, id := range ids {
			want := before
			if id == claimed[0].Run.ID {
				want = live.Version
			}
			d, err := b.Store.Run(t.Context(), b.Actor, id)
			if err != nil || d.WorkflowVersion != want {
				t.Errorf("run %s has version %d, %v; want %d", id, d.WorkflowVersion, err, want)
			}
		}
		b.finish(held[0], store.Next{State: store.NextDone, Status: models.RunSucceeded})
		if _, _, err := b.Store.MoveWaitingRuns(t.Context(), models.Actor{OrgID: "other", UserID: "UR_1"}, w.ID, live.Version); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("another's runs: %v, want not found", err)
		}
	})
}

func TestATestedDraftIsNoVersionOfTheList(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		first, err := b.Store.KeepDraftVersion(t.Context(), b.Actor, b.w.ID)
		b.Check(err)
		again, err := b.Store.KeepDraftVersion(t.Context(), b.Actor, b.w.ID)
		if err != nil || first >= 0 || again != first {
			t.Errorf("kept as %d and %d, %v; want the same number below zero", first, again, err)
		}
		all, err := b.Store.WorkflowVersions(t.Context(), b.Actor, b.w.ID, 10)
		if err != nil || len(all) != 1 || all[0].Version != 1 {
			t.Errorf("listed %+v, %v; want what was put live alone", all, err)
		}
	})
}

func TestARemovedTaskIsKeptUntilTwentyOthersWere(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		first := models.TaskSpec{ID: "OCAC_gone", Summary: "Tell the CRM", Config: []byte(`{"a":1}`)}
		b.Check(b.Store.KeepRemovedTask(t.Context(), b.Actor, b.w.ID, 1, first))
		b.Check(b.Store.KeepRemovedTask(t.Context(), b.Actor, b.w.ID, 1, first))
		kept, err := b.Store.RemovedTask(t.Context(), b.Actor, b.w.ID, first.ID)
		if err != nil || kept.Position != 1 || kept.Spec.V.Summary != first.Summary || string(kept.Spec.V.Config) != string(first.Config) {
			t.Errorf("kept %+v, %v", kept, err)
		}
		for range 20 {
			b.clock.Advance(time.Second)
			b.Check(b.Store.KeepRemovedTask(t.Context(), b.Actor, b.w.ID, 0, models.TaskSpec{ID: models.NewID(models.PrefixTask)}))
		}
		if _, err := b.Store.RemovedTask(t.Context(), b.Actor, b.w.ID, first.ID); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("the oldest is still there: %v", err)
		}
	})
}
