package runner_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/pgtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// BenchmarkEngine measures the engine without HTTP in front of it: 64 callers accept completed responses, each starts a
// run that calls a service in the same process; an operation has ended when its run is on disk as succeeded.
func BenchmarkEngine(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkEngine(b, storetest.SQLite(b, storetest.Options{})) })
	b.Run("PostgreSQL", func(b *testing.B) {
		s, err := store.Open(b.Context(), store.Options{Postgres: pgtest.Start(b, pgtest.Options{Durable: true}).Database(b)})
		if err == nil {
			_, err = s.Migrate(b.Context())
		}
		if err == nil {
			err = s.Start(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() }) //nolint:errcheck // the cluster goes
		benchmarkEngine(b, s)
	})
}

func benchmarkEngine(b *testing.B, s *store.Store) {
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })) //nolint:errcheck // a sink
	b.Cleanup(service.Close)
	allow, err := outbound.ParseAllow("127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	types := task.NewRegistry(webservice.New(outbound.New(outbound.Options{Version: "bench", Allow: allow})))
	t := newSubject(b, s, types, service.URL)
	r := runner.New(runner.Options{Store: s, Types: types, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Workers: 64})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	rev, err := s.LiveRev(b.Context(), t.survey.ID)
	if err != nil {
		b.Fatal(err)
	}
	before := cpuTime()
	b.ResetTimer()
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := s.Accept(acceptance(t, rev)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	poll, patience := time.NewTicker(time.Millisecond), time.After(5*time.Minute)
	defer poll.Stop()
	for r.Stats().Succeeded.Load() < int64(b.N) {
		select {
		case <-poll.C:
		case <-patience:
			b.Fatalf("%d of %d runs have ended", r.Stats().Succeeded.Load(), b.N)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// subject is the survey and the workflow that are measured.
type subject struct {
	testing.TB
	actor  models.Actor
	survey *models.Survey
	live   *workflow.Compiled
}

func newSubject(b *testing.B, s *store.Store, types *task.Registry, address string) *subject {
	ctx, must := b.Context(), func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	user := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com", EmailKey: "ada@example.com", Role: models.RoleBrandAdmin, PasswordHash: "x"}
	must(s.AddUser(ctx, &models.Organisation{ID: "acme", Name: "Acme", TimeZone: "UTC"}, user))
	t := &subject{TB: b, actor: user.Actor(models.ViaWeb), survey: &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: user.ID, Name: "Feedback", NextQID: 2}}
	t.survey.Draft.V = models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
		{ID: "QID1", Type: models.QuestionShortText, Text: "What?"},
	}}}}
	must(s.CreateSurvey(ctx, t.actor, t.survey, &models.Collector{ID: models.NewID(models.PrefixCollector), Slug: models.NewCapability(), Type: models.CollectorLink, Open: true, IsDefault: true}))
	_, err := s.PutSurveyLive(ctx, t.actor, t.survey.ID, 0)
	must(err)
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &t.survey.ID, OwnerID: user.ID, Name: "Tell", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse}, Tasks: []models.TaskSpec{post(address)}}
	workflow.Normalize(&w.Draft.V)
	must(workflow.Check(types, &w.Draft.V, &t.survey.Draft.V))
	must(s.CreateWorkflow(ctx, t.actor, w))
	_, err = s.PutWorkflowLive(ctx, t.actor, w.ID, 0)
	must(err)
	must(s.SetWorkflowEnabled(ctx, t.actor, w.ID, true))
	t.live, err = workflow.Compile(w.ID, 1, w.Draft.V)
	must(err)
	return t
}

func acceptance(t *subject, rev int64) *store.Acceptance {
	now := clock.System{}.Now()
	r := &models.Response{
		ID: models.NewID(models.PrefixResponse), OrgID: t.actor.OrgID, SurveyID: t.survey.ID, SurveyVersion: 1, State: models.ResponseCompleted,
		Channel: models.ChannelAPI, Language: "en", Rev: 1, StartedAt: now, UpdatedAt: now, RecordedAt: &now,
	}
	r.Answers.V = models.Answers{"QID1": {Text: "The quick brown fox jumps over the lazy dog, again and again."}}
	event, runs, err := workflow.Plan([]*workflow.Compiled{t.live}, workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: t.actor.OrgID, SurveyID: t.survey.ID, Response: r, Definition: &t.survey.Draft.V, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &store.Acceptance{Response: r, Event: event, Runs: runs, SurveyRev: rev}
}

// cpuTime is what this process has used of its processors, the service included and a database server not. Unlike the time
// of day it says the same on a busy machine.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
