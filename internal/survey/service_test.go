package survey_test

import (
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// instance is a store with one organisation, one person and one survey.
type instance struct {
	store   *store.Store
	clock   *clock.Fake
	service *survey.Service
	actor   models.Actor
	survey  *models.Survey
	slug    string
}

// newInstance makes an instance whose survey is live with the definition.
func newInstance(t testing.TB, def models.SurveyDefinition) *instance {
	t.Helper()
	c := clock.NewFake(start)
	return newInstanceOn(t, storetest.SQLite(t, storetest.Options{Clock: c}), c, def)
}

// newInstanceOn is newInstance on a store.
func newInstanceOn(t testing.TB, s *store.Store, c *clock.Fake, def models.SurveyDefinition) *instance {
	t.Helper()
	admin := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com"}
	if err := s.AddUser(t.Context(), &models.Organisation{ID: "acme", Name: "Acme"}, admin); err != nil {
		t.Fatal(err)
	}
	in := &instance{store: s, clock: c, service: survey.New(s, c), actor: admin.Actor(models.ViaWeb), slug: models.NewCapability()}
	in.survey = &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: admin.ID, Name: "Feedback", NextQID: 100}
	in.survey.Draft.V = def
	collector := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Name: "Link", Slug: in.slug, Open: true, IsDefault: true}
	if err := s.CreateSurvey(t.Context(), in.actor, in.survey, collector); err != nil {
		t.Fatal(err)
	}
	in.putLive(t)
	return in
}

func (in *instance) putLive(t testing.TB) {
	t.Helper()
	if _, err := in.store.PutSurveyLive(t.Context(), in.actor, in.survey.ID, 0); err != nil {
		t.Fatal(err)
	}
	in.clock.Advance(time.Second) // the caches look again
}

// addWorkflow puts a workflow of the survey live that waits for completed responses.
func (in *instance) addWorkflow(t testing.TB, condition *models.Condition) *models.Workflow {
	t.Helper()
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &in.survey.ID, OwnerID: in.actor.UserID, Name: "Tell", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}}, Condition: condition,
		Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(`{"method":"GET","url":"https://example.com"}`)}},
	}
	if err := in.store.CreateWorkflow(t.Context(), in.actor, w); err != nil {
		t.Fatal(err)
	}
	if _, err := in.store.PutWorkflowLive(t.Context(), in.actor, w.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := in.store.SetWorkflowEnabled(t.Context(), in.actor, w.ID, true); err != nil {
		t.Fatal(err)
	}
	return w
}

// runs counts the runs of the organisation.
func (in *instance) runs(t testing.TB) int {
	t.Helper()
	all, _, err := in.store.Runs(t.Context(), in.actor, store.RunFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// completed lists the completed responses.
func (in *instance) completed(t testing.TB) []models.Response {
	t.Helper()
	all, _, err := in.store.Responses(t.Context(), in.actor, in.survey.ID, store.ResponseFilter{States: []models.ResponseState{models.ResponseCompleted}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
