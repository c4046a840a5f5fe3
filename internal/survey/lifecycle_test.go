package survey_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// listensTo makes a workflow of the instance's survey that is on and waits for changes of it.
func listensTo(i *storetest.Instance, condition *models.Condition, on ...string) *models.Workflow {
	i.Helper()
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &i.Survey.ID, OwnerID: i.Actor.UserID, Name: "Hear", EventType: models.EventSurveyDefinition}
	w.Draft.V = models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyDefinition, On: on}, Condition: condition,
		Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWait, OnFailure: models.FailureContinue}},
	}
	workflow.Normalize(&w.Draft.V)
	i.Check(i.Store.CreateWorkflow(i.Context(), i.Actor, w))
	_, err := i.Store.PutWorkflowLive(i.Context(), i.Actor, w.ID, 0)
	i.Check(err)
	i.Check(i.Store.SetWorkflowEnabled(i.Context(), i.Actor, w.ID, true))
	return w
}

// changes gives what started the runs of a workflow, in the order of the alphabet: two of one moment have no order.
func changes(i *storetest.Instance, w *models.Workflow) []string {
	i.Helper()
	runs, _, err := i.Store.Runs(i.Context(), i.Actor, store.RunFilter{WorkflowID: w.ID})
	i.Check(err)
	all := []string{}
	for _, r := range runs {
		e, err := i.Store.SentEvent(i.Context(), i.Actor, w.ID, r.EventID)
		i.Check(err)
		snapshot, err := workflow.SnapshotOf(e)
		i.Check(err)
		var told workflow.SurveyChange
		i.Check(json.Unmarshal(snapshot.Payload, &told))
		if told.SurveyID != i.Survey.ID || told.SurveyName != i.Survey.Name || (told.ChangedByEmail == "") != (told.ChangedBy == "") || told.Version == 0 || told.ChangedAt.IsZero() {
			i.Errorf("the event says %+v", told)
		}
		all = append(all, told.Change)
	}
	slices.Sort(all)
	return all
}

func TestChangesOfASurveyStartTheWorkflowsThatWaitForThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		every := listensTo(i, nil)
		closed := listensTo(i, nil, models.OnClosed)
		never := listensTo(i, &models.Condition{Left: "~{aedj://change}", Operator: models.OpEqualTo, Right: "renamed"})
		opened := listensTo(i, &models.Condition{Left: "~{aedj://change}", Operator: models.OpEqualTo, Right: models.OnActivated}, models.OnActivated)
		other := i.Workflow(models.TaskSpec{Type: models.TaskWait})
		c := survey.Change{Actor: i.Actor, SurveyID: i.Survey.ID}
		for _, state := range []models.SurveyState{models.SurveyOpen, models.SurveyClosed, models.SurveyClosed, models.SurveyOpen} {
			i.Check(survey.SetState(t.Context(), s, c, state))
		}
		_, err := survey.PutLive(t.Context(), s, c, 0)
		i.Check(err)
		for w, want := range map[*models.Workflow][]string{
			every: {models.OnActivated, models.OnClosed, models.OnPublished}, closed: {models.OnClosed}, never: {}, opened: {models.OnActivated},
		} {
			if got := changes(i, w); !slices.Equal(got, want) {
				t.Errorf("started by %v, want %v", got, want)
			}
		}
		if runs, _, err := s.Runs(t.Context(), i.Actor, store.RunFilter{WorkflowID: other.ID}); err != nil || len(runs) != 0 {
			t.Errorf("a workflow that waits for responses has %d runs, %v", len(runs), err)
		}
	})
}

func TestAFirstVersionOpensASurvey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		v := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: i.Actor.UserID, Name: "Another", NextQID: 2}
		v.Draft.V = i.Survey.Draft.V
		i.Check(s.CreateSurvey(t.Context(), i.Actor, v, &models.Collector{ID: models.NewID(models.PrefixCollector), Slug: models.NewCapability(), Type: models.CollectorLink, Open: true, IsDefault: true}))
		i.Survey = v
		w := listensTo(i, nil)
		_, err := survey.PutLive(t.Context(), s, survey.Change{Actor: i.Actor, SurveyID: v.ID}, 0)
		i.Check(err)
		if got := changes(i, w); !slices.Equal(got, []string{models.OnActivated, models.OnPublished}) {
			t.Errorf("started by %v", got)
		}
	})
}

func TestAChangeThatDoesNotHappenStartsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		w := listensTo(i, nil)
		c := survey.Change{Actor: i.Actor, SurveyID: i.Survey.ID}
		stranger := c
		stranger.Actor = i.User("bob@example.com", models.RoleMember)
		if err := survey.SetState(t.Context(), s, stranger, models.SurveyClosed); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("a stranger closes it: %v", err)
		}
		if _, err := survey.PutLive(t.Context(), s, c, 999); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("a stale revision: %v", err)
		}
		undone := errors.New("undone")
		err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
			i.Check(survey.SetState(ctx, tx, c, models.SurveyClosed))
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		deep := c
		deep.Depth = models.MaxChainDepth + 1
		i.Check(survey.SetState(t.Context(), s, deep, models.SurveyClosed))
		if got := changes(i, w); len(got) != 0 {
			t.Errorf("started by %v", got)
		}
	})
}

func TestAWorkflowThatSwitchedItselfOffHoldsItsRunsOfSurveyChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		w := listensTo(i, nil)
		i.Check(s.SwitchOff(t.Context(), w.ID, (&models.RunError{Key: "workflow.off.gone"}).Encode()))
		i.Check(survey.SetState(t.Context(), s, survey.Change{Actor: i.Actor, SurveyID: i.Survey.ID}, models.SurveyClosed))
		runs, _, err := s.Runs(t.Context(), i.Actor, store.RunFilter{WorkflowID: w.ID})
		if err != nil || len(runs) != 1 || runs[0].Hold == nil || *runs[0].Hold != models.HoldOff {
			t.Errorf("%+v, %v", runs, err)
		}
	})
}
