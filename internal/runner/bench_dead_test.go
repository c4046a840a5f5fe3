package runner_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

// BenchmarkDeadReceiver measures how long the others wait while a hundred thousand deliveries are held for a receiver that
// is down: 50 responses a second are accepted, each starts a run, and the 99th percentile of the time from the acceptance to
// the call is reported, before and with what is held, by turns.
func BenchmarkDeadReceiver(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkDead(b, storetest.NewSQLite(b)) })
	b.Run("PostgreSQL", func(b *testing.B) { benchmarkDead(b, storetest.NewPostgres(b)) })
}

func benchmarkDead(b *testing.B, d storetest.Database) {
	s := d.Open(b, storetest.Options{})
	arrived := make(chan time.Time, 1)
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a sink
		arrived <- time.Now()
	}))
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
	measure := func(n int) []time.Duration {
		rev, err := s.LiveRev(b.Context(), t.survey.ID)
		if err != nil {
			b.Fatal(err)
		}
		took := make([]time.Duration, n)
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for i := range took {
			<-pace.C
			began := time.Now()
			if err := s.Accept(acceptance(t, rev)); err != nil {
				b.Fatal(err)
			}
			took[i] = (<-arrived).Sub(began)
		}
		slices.Sort(took)
		return took
	}
	measure(100)
	before := measure(b.N)
	hold(b, s, d, t)
	measure(100)
	after := measure(b.N)
	b.ReportMetric(float64(before[len(before)*99/100].Microseconds()), "p99-us-before")
	b.ReportMetric(float64(after[len(after)*99/100].Microseconds()), "p99-us-held")
	b.ReportMetric(float64(before[len(before)/2].Microseconds()), "p50-us-before")
	b.ReportMetric(float64(after[len(after)/2].Microseconds()), "p50-us-held")
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// hold puts runs into the database that are held for a receiver at which nobody listens.
func hold(b *testing.B, s *store.Store, d storetest.Database, t *subject) {
	const dead = "http://127.0.0.1:1"
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: &t.survey.ID, OwnerID: t.actor.UserID, Name: "Dead", EventType: models.EventSurveyResponse}
	w.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse}, Tasks: []models.TaskSpec{post(dead)}}
	for _, do := range []func() error{
		func() error { return s.CreateWorkflow(b.Context(), t.actor, w) },
		func() error { _, err := s.PutWorkflowLive(b.Context(), t.actor, w.ID, 0); return err },
		func() error { return s.SetWorkflowEnabled(b.Context(), t.actor, w.ID, true) },
		func() error {
			_, err := s.HostFailed(b.Context(), t.actor.OrgID, dead, store.HostFailures{N: store.BreakAfter, Error: `{"key":"outbound.connection.refused"}`})
			return err
		},
	} {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	now := time.Now().UTC()
	db := d.SQL(b)
	const rows = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) `
	for _, sql := range []string{
		rows + `INSERT INTO runs (id, org_id, workflow_id, workflow_version, event_id, test, status, error, attempts, created_at)
			SELECT 'RN_dead' || (1000000 + i), '` + t.actor.OrgID + `', '` + w.ID + `', 1, (SELECT MIN(id) FROM events), FALSE, 'open', '', 0, '` + now.Format("2006-01-02 15:04:05") + `' FROM n`,
		rows + `INSERT INTO queue (id, kind, state, state_at, rank, due_at, lane, hold, host, starts, canceling)
			SELECT 'RN_dead' || (1000000 + i), 'run', 'held', 1, i, ` + time.Now().Add(time.Hour).Format("20060102") + `00000000000, '` + w.ID + `', 'host', '` + dead + `', 0, FALSE FROM n`,
	} {
		if _, err := db.ExecContext(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}
