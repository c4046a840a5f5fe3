package storetest

import (
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Instance is an organisation with a brand admin and a live survey of one text question.
type Instance struct {
	testing.TB
	Store     *store.Store
	Clock     clock.Clock
	Actor     models.Actor // the brand admin
	Survey    *models.Survey
	Collector *models.Collector
}

// NewInstance sets the store's database up. Its times come from the clock; nil means the machine's.
func NewInstance(t testing.TB, s *store.Store, c clock.Clock) *Instance {
	t.Helper()
	if c == nil {
		c = clock.System{}
	}
	i := &Instance{TB: t, Store: s, Clock: c}
	i.Actor = i.User("ada@example.com", models.RoleBrandAdmin)
	i.Survey, i.Collector = i.NewSurvey(i.Actor)
	return i
}

// Check ends the test when there is an error.
func (i *Instance) Check(err error) {
	i.Helper()
	if err != nil {
		i.Fatal(err)
	}
}

// User adds a person and gives the actor that they are.
func (i *Instance) User(email string, role models.Role) models.Actor {
	i.Helper()
	u := &models.User{ID: models.NewID(models.PrefixUser), Email: email, EmailKey: email, Role: role, PasswordHash: "x"}
	i.Check(i.Store.AddUser(i.Context(), &models.Organisation{ID: "acme", Name: "Acme", TimeZone: "UTC"}, u))
	return u.Actor(models.ViaWeb)
}

// NewSurvey adds a live survey of one text question, QID1, with its link collector.
func (i *Instance) NewSurvey(owner models.Actor) (*models.Survey, *models.Collector) {
	i.Helper()
	v := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: owner.UserID, Name: "Feedback", NextQID: 2}
	v.Draft.V = models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
		{ID: "QID1", Type: models.QuestionShortText, Text: "What?"},
	}}}}
	c := &models.Collector{
		ID: models.NewID(models.PrefixCollector), Slug: models.NewCapability(), Type: models.CollectorLink, Name: "Link", Open: true, IsDefault: true,
	}
	i.Check(i.Store.CreateSurvey(i.Context(), owner, v, c))
	live, err := i.Store.PutSurveyLive(i.Context(), owner, v.ID, 0)
	i.Check(err)
	return live, c
}

// Workflow adds a workflow of the instance's survey that is live and on. Its tasks get ids where they have none.
func (i *Instance) Workflow(tasks ...models.TaskSpec) *models.Workflow {
	i.Helper()
	return i.WorkflowOf(i.Actor, i.Survey, tasks...)
}

// WorkflowOf adds a workflow of that person and survey that is live and on.
func (i *Instance) WorkflowOf(owner models.Actor, v *models.Survey, tasks ...models.TaskSpec) *models.Workflow {
	i.Helper()
	for n := range tasks {
		if tasks[n].ID == "" {
			tasks[n].ID = models.NewID(models.PrefixTask)
		}
		if tasks[n].OnFailure == "" {
			tasks[n].OnFailure = models.FailureContinue
		}
	}
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &v.ID, OwnerID: owner.UserID, Name: "Tell", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}}, Tasks: tasks,
		Notifications: models.Notifications{Recipients: []string{}},
	}
	i.Check(i.Store.CreateWorkflow(i.Context(), i.Actor, w))
	live, err := i.Store.PutWorkflowLive(i.Context(), i.Actor, w.ID, 0)
	i.Check(err)
	i.Check(i.Store.SetWorkflowEnabled(i.Context(), i.Actor, w.ID, true))
	live.Enabled = true
	return live
}

// Response makes a new response of the instance's survey, completed, without storing it.
func (i *Instance) Response() *models.Response {
	now := i.Clock.Now()
	r := &models.Response{
		ID: models.NewID(models.PrefixResponse), OrgID: i.Actor.OrgID, SurveyID: i.Survey.ID, SurveyVersion: 1, CollectorID: i.Collector.ID,
		State: models.ResponseCompleted, Channel: models.ChannelAPI, Language: "en", Rev: 1, StartedAt: now, UpdatedAt: now, RecordedAt: &now,
	}
	r.Answers.V = models.Answers{"QID1": {Text: "x"}}
	return r
}

// LiveRev gives the revision of the survey's live state.
func (i *Instance) LiveRev() int64 {
	i.Helper()
	rev, err := i.Store.LiveRev(i.Context(), i.Survey.ID)
	i.Check(err)
	return rev
}

// Event makes the event of a completed response, without storing it. Its snapshot is as small as one can be.
func (i *Instance) Event(r *models.Response) *models.Event {
	now := i.Clock.Now()
	return &models.Event{
		ID: models.NewOrderedID(models.PrefixEvent, now), OrgID: r.OrgID, Type: models.EventSurveyResponse, SurveyID: &r.SurveyID,
		SurveyVersion: &r.SurveyVersion, ResponseID: &r.ID, Payload: `{"v":1}`, CreatedAt: now,
	}
}

// Run makes a run of a workflow's live version for an event, without storing it.
func (i *Instance) Run(e *models.Event, w *models.Workflow) models.Run {
	return models.Run{
		ID: models.NewOrderedID(models.PrefixRun, e.CreatedAt), OrgID: e.OrgID, WorkflowID: w.ID, WorkflowVersion: w.Version, EventID: e.ID,
		Status: models.RunOpen, CreatedAt: e.CreatedAt,
	}
}

// Completed makes the acceptance of a completed response with a run for each of those workflows, without storing it.
func (i *Instance) Completed(ws ...*models.Workflow) *store.Acceptance {
	i.Helper()
	a := &store.Acceptance{Response: i.Response(), SurveyRev: i.LiveRev()}
	if len(ws) > 0 {
		a.Event = i.Event(a.Response)
	}
	for _, w := range ws {
		a.Runs = append(a.Runs, i.Run(a.Event, w))
	}
	return a
}

// Accept stores n completed responses with a run of the workflow each, and gives the ids of the runs.
func (i *Instance) Accept(w *models.Workflow, n int) []string {
	i.Helper()
	ids := make([]string, n)
	for k := range ids {
		a := i.Completed(w)
		i.Check(i.Store.Accept(a))
		ids[k] = a.Runs[0].ID
	}
	return ids
}

// Attempt makes a charged attempt of a run's task.
func (i *Instance) Attempt(run, task string, number int, result models.AttemptResult) models.Attempt {
	return models.Attempt{RunID: run, TaskID: task, Number: number, Result: result, Charged: true, StartedAt: i.Clock.Now(), DurationUS: 1000}
}

// Finish makes the end of a claimed run's step.
func Finish(c store.Claimed, next store.Next, attempts ...models.Attempt) *store.Finish {
	f := &store.Finish{
		RunID: c.Run.ID, WorkflowID: c.Run.WorkflowID, CreatedAt: c.Run.CreatedAt, Claim: c.Claim, Attempts: attempts, Next: next,
	}
	for _, a := range attempts {
		if a.Charged {
			f.Charged++
		}
	}
	return f
}

// Patience is how long a test waits for what must come: long enough for a machine that is busy with twenty tests at once, since
// a wait that is over early costs a whole run of them, and one that is too long costs only who broke something.
const Patience = 2 * time.Minute

// Eventually waits until the condition holds, and ends the test when it does not within the time.
func Eventually(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", within, what)
		case <-tick.C:
		}
	}
}
