package store_test

import (
	"slices"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// reach is what one person is told about a survey, its workflow and a run.
type reach struct {
	survey, workflow, run models.Access
	lists                 bool // the lists have them
}

func reachOf(t *testing.T, s *store.Store, a models.Actor, surveyID, workflowID, runID string) reach {
	t.Helper()
	var r reach
	if v, err := s.Survey(t.Context(), a, surveyID); err == nil {
		r.survey = v.Access
	} else {
		wantCode(t, err, models.CodeNotFound)
	}
	if w, err := s.Workflow(t.Context(), a, workflowID); err == nil {
		r.workflow = w.Access
	} else {
		wantCode(t, err, models.CodeNotFound)
	}
	if d, err := s.Run(t.Context(), a, runID); err == nil {
		r.run = d.Access
	} else {
		wantCode(t, err, models.CodeNotFound)
	}
	surveys, _, err := s.Surveys(t.Context(), a, store.SurveyFilter{})
	wantCode(t, err, "")
	workflows, _, err := s.Workflows(t.Context(), a, store.WorkflowFilter{SurveyID: surveyID})
	wantCode(t, err, "")
	runs, _, err := s.Runs(t.Context(), a, store.RunFilter{})
	wantCode(t, err, "")
	inSurveys := slices.ContainsFunc(surveys, func(v models.Survey) bool { return v.ID == surveyID && v.Access == r.survey })
	inWorkflows := slices.ContainsFunc(workflows, func(w models.Workflow) bool { return w.ID == workflowID && w.Access == r.workflow })
	inRuns := slices.ContainsFunc(runs, func(w store.RunRow) bool { return w.ID == runID })
	r.lists = inSurveys && inWorkflows && inRuns
	if inSurveys != inWorkflows || inWorkflows != inRuns {
		t.Errorf("the lists differ: surveys %t, workflows %t, runs %t", inSurveys, inWorkflows, inRuns)
	}
	for id, got := range map[string]models.Access{surveyID: r.survey, workflowID: r.workflow, runID: r.run} {
		for need, enough := range map[models.Access]models.Code{
			models.AccessView: map[bool]models.Code{false: models.CodeNotFound}[got.Allows(models.AccessView)],
			models.AccessEdit: map[models.Access]models.Code{models.AccessNone: models.CodeNotFound, models.AccessView: models.CodeForbidden}[got],
			models.AccessOwn: map[models.Access]models.Code{
				models.AccessNone: models.CodeNotFound, models.AccessView: models.CodeForbidden, models.AccessEdit: models.CodeForbidden,
			}[got],
		} {
			if err := s.CheckAccess(t.Context(), a, id, need); models.ErrorCode(err) != enough || enough == "" && err != nil {
				t.Errorf("%s to %s with %q: %v", id, need, got, err)
			}
		}
	}
	return r
}

func TestWhoReachesASurveyAndAllThatBelongsToIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		owner, viewer := i.User("owner@example.com", models.RoleMember), i.User("viewer@example.com", models.RoleMember)
		editor, stranger := i.User("editor@example.com", models.RoleMember), i.User("stranger@example.com", models.RoleMember)
		i.Survey, i.Collector = i.NewSurvey(owner)
		i.Check(s.ShareSurvey(t.Context(), owner, i.Survey.ID, viewer.UserID, models.AccessView))
		i.Check(s.ShareSurvey(t.Context(), owner, i.Survey.ID, editor.UserID, models.AccessEdit))
		w := i.WorkflowOf(editor, i.Survey) // the editor's own work belongs to the survey as well
		a := i.Completed(w)
		i.Check(s.Accept(a))
		run := a.Runs[0].ID

		api := func(a models.Actor, wide bool) models.Actor {
			a.Via, a.Wide = models.ViaAPI, wide
			return a
		}
		all := func(x models.Access) reach { return reach{x, x, x, x != models.AccessNone} }
		for name, test := range map[string]struct {
			actor models.Actor
			want  reach
		}{
			"owner":                           {owner, all(models.AccessOwn)},
			"who may edit":                    {editor, all(models.AccessEdit)},
			"who may view":                    {viewer, all(models.AccessView)},
			"stranger":                        {stranger, all(models.AccessNone)},
			"stranger who asks for all":       {api(stranger, true), all(models.AccessNone)},
			"who may view, by the API":        {api(viewer, false), all(models.AccessView)},
			"brand admin":                     {i.Actor, all(models.AccessOwn)},
			"brand admin by the API":          {api(i.Actor, false), all(models.AccessNone)},
			"brand admin who asks for all":    {api(i.Actor, true), all(models.AccessOwn)},
			"brand admin of another one":      {models.Actor{OrgID: "other", UserID: "UR_x", Role: models.RoleBrandAdmin}, all(models.AccessNone)},
			"owner's id in another one":       {models.Actor{OrgID: "other", UserID: owner.UserID, Role: models.RoleMember}, all(models.AccessNone)},
			"the program":                     {models.SystemActor(owner.OrgID), all(models.AccessOwn)},
			"who may view, twice over by ids": {models.Actor{OrgID: owner.OrgID, UserID: viewer.UserID, Role: models.RoleMember}, all(models.AccessView)},
		} {
			if got := reachOf(t, s, test.actor, i.Survey.ID, w.ID, run); got != test.want {
				t.Errorf("%s: %+v, want %+v", name, got, test.want)
			}
		}

		// What was taken back is gone, also what the person made while they could.
		i.Check(s.ShareSurvey(t.Context(), owner, i.Survey.ID, editor.UserID, models.AccessNone))
		if got := reachOf(t, s, editor, i.Survey.ID, w.ID, run); got != all(models.AccessNone) {
			t.Errorf("after it was taken back the editor has %+v", got)
		}
		// The workflow is the owner's matter now.
		_, err := s.DeleteWorkflow(t.Context(), owner, w.ID)
		i.Check(err)
	})
}

func TestWhoMayOnlyViewChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		viewer, editor, stranger := i.User("viewer@example.com", models.RoleMember), i.User("editor@example.com", models.RoleMember), i.User("no@example.com", models.RoleMember)
		i.Check(s.ShareSurvey(t.Context(), i.Actor, i.Survey.ID, viewer.UserID, models.AccessView))
		i.Check(s.ShareSurvey(t.Context(), i.Actor, i.Survey.ID, editor.UserID, models.AccessEdit))
		w := i.Workflow()
		accept := i.Completed(w)
		i.Check(s.Accept(accept))
		survey, run, response := i.Survey.ID, accept.Runs[0].ID, accept.Response.ID

		ctx := t.Context()
		edits := map[string]func(a models.Actor) error{
			"save draft": func(a models.Actor) error { _, err := s.SaveSurveyDraft(ctx, a, i.Survey, 0); return err },
			"put live":   func(a models.Actor) error { _, err := s.PutSurveyLive(ctx, a, survey, 0); return err },
			"close":      func(a models.Actor) error { return s.SetSurveyState(ctx, a, survey, models.SurveyClosed) },
			"rename":     func(a models.Actor) error { return s.RenameSurvey(ctx, a, survey, "x") },
			"dates":      func(a models.Actor) error { return s.SetSurveyDates(ctx, a, survey, nil, nil) },
			"collector":  func(a models.Actor) error { return s.SetCollectorOpen(ctx, a, survey, i.Collector.ID, true) },
			"new workflow": func(a models.Actor) error {
				return s.CreateWorkflow(ctx, a, &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &survey, OwnerID: a.UserID})
			},
			"workflow":      func(a models.Actor) error { _, err := s.SaveWorkflowDraft(ctx, a, w, 0); return err },
			"workflow live": func(a models.Actor) error { _, err := s.PutWorkflowLive(ctx, a, w.ID, 0); return err },
			"workflow off":  func(a models.Actor) error { return s.SetWorkflowEnabled(ctx, a, w.ID, true) },
			"workflow name": func(a models.Actor) error { return s.RenameWorkflow(ctx, a, w.ID, "x") },
			"discard":       func(a models.Actor) error { _, err := s.DiscardWorkflowDraft(ctx, a, w.ID, 0); return err },
			"cancel run":    func(a models.Actor) error { return s.CancelRun(ctx, a, run) },
		}
		for name, edit := range edits {
			for who, test := range map[string]struct {
				actor models.Actor
				want  models.Code
			}{"viewer": {viewer, models.CodeForbidden}, "stranger": {stranger, models.CodeNotFound}} {
				if err := edit(test.actor); models.ErrorCode(err) != test.want {
					t.Errorf("%s by a %s: %v, want %s", name, who, err, test.want)
				}
			}
			if err := edit(editor); err != nil {
				t.Errorf("%s by an editor: %v", name, err)
			}
		}
		wantCode(t, s.PlayRun(ctx, viewer, run), models.CodeForbidden)
		wantCode(t, s.DeleteResponse(ctx, viewer, survey, response), models.CodeForbidden)
		wantCode(t, s.DeleteResponse(ctx, stranger, survey, response), models.CodeNotFound)

		// Only the owner, and who reaches everything, shares it, gives it away and deletes it.
		for who, a := range map[string]models.Actor{"viewer": viewer, "editor": editor} {
			for name, own := range map[string]func() error{
				"share":  func() error { return s.ShareSurvey(ctx, a, survey, stranger.UserID, models.AccessView) },
				"give":   func() error { return s.SetSurveyOwner(ctx, a, survey, a.UserID) },
				"delete": func() error { _, err := s.DeleteSurvey(ctx, a, survey); return err },
			} {
				if err := own(); models.ErrorCode(err) != models.CodeForbidden {
					t.Errorf("%s by a %s: %v", name, who, err)
				}
			}
		}
		if _, _, err := s.Responses(ctx, viewer, survey, store.ResponseFilter{}); err != nil {
			t.Errorf("a viewer does not see responses: %v", err)
		}
	})
}

func TestSharesAreGivenChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		bob, eve := i.User("bob@example.com", models.RoleMember), i.User("eve@example.com", models.RoleMember)
		ctx, id := t.Context(), i.Survey.ID
		rev := i.LiveRev()
		i.Check(s.ShareSurvey(ctx, i.Actor, id, bob.UserID, models.AccessView))
		if i.LiveRev() == rev {
			t.Error("other nodes do not hear of a share")
		}
		i.Check(s.ShareSurvey(ctx, i.Actor, id, bob.UserID, models.AccessEdit))
		rows, err := s.SurveyShares(ctx, bob, id)
		i.Check(err)
		if len(rows) != 1 || rows[0].Access != models.AccessEdit || rows[0].Person.Email != "bob@example.com" || rows[0].Person.PasswordHash != "" {
			t.Errorf("shares = %+v", rows)
		}
		wantCode(t, s.ShareSurvey(ctx, i.Actor, id, i.Actor.UserID, models.AccessView), models.CodeConflict)
		wantCode(t, s.ShareSurvey(ctx, i.Actor, id, "UR_nobody", models.AccessView), models.CodeNotFound)
		wantCode(t, s.ShareSurvey(ctx, i.Actor, id, eve.UserID, models.AccessOwn), models.CodeInvalid)
		wantCode(t, s.ShareSurvey(ctx, i.Actor, id, eve.UserID, models.AccessNone), models.CodeNotFound)
		_, err = s.SurveyShares(ctx, eve, id)
		wantCode(t, err, models.CodeNotFound)

		shared, _, err := s.Surveys(ctx, bob, store.SurveyFilter{Shared: true})
		i.Check(err)
		if len(shared) != 1 || shared[0].ID != id {
			t.Errorf("shared with Bob: %d surveys", len(shared))
		}
		i.Check(s.ShareSurvey(ctx, bob, id, bob.UserID, models.AccessNone)) // he leaves by himself
		_, err = s.Survey(ctx, bob, id)
		wantCode(t, err, models.CodeNotFound)

		// A new owner needs no share, and a disabled person gets none.
		i.Check(s.ShareSurvey(ctx, i.Actor, id, bob.UserID, models.AccessView))
		i.Check(s.SetSurveyOwner(ctx, i.Actor, id, bob.UserID))
		if rows, err = s.SurveyShares(ctx, bob, id); err != nil || len(rows) != 0 {
			t.Errorf("the owner has a share: %+v, %v", rows, err)
		}
		i.Check(s.SetUserDisabled(ctx, i.Actor, eve.UserID, true))
		wantCode(t, s.ShareSurvey(ctx, bob, id, eve.UserID, models.AccessView), models.CodeNotFound)
	})
}
