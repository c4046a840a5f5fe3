package runner_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const echoed = "s3cret/that-comes+back"

// parrot is a service that repeats the header Authorization at /echo and takes what it gets at /use, a first time only after a
// refusal and for ever with another one after fail was set.
func parrot(t *testing.T) (url string, got <-chan string, fail func(bool)) {
	t.Helper()
	bodies, failing, tries := make(chan string, 10), make(chan bool, 1), 0
	failing <- false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/echo" {
			fmt.Fprintf(w, `{"you": %q, "id": 7}`, r.Header.Get("Authorization"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		f := <-failing
		failing <- f
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		} else if f {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s.URL, bodies, func(f bool) { <-failing; failing <- f }
}

// TestAnOutputThatRepeatsASecretIsUsableAndNowhereToBeRead follows such an output through a restart, a replay, a rotation of keys
// and the removal of its runs.
func TestAnOutputThatRepeatsASecretIsUsableAndNowhereToBeRead(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, database storetest.Database) {
		url, got, fail := parrot(t)
		first := post(url+"/echo", func(s *models.TaskSpec) {
			config := webConfig(s)
			config.Headers = []models.HeaderSpec{{Key: "Authorization", Value: "Bearer " + echoed}}
			config.Outputs = []models.OutputSpec{{Name: "you", Path: "$.you"}, {Name: "id", Path: "$.id"}}
			setConfig(s, config)
		})
		second := post(url+"/use", func(s *models.TaskSpec) {
			config := webConfig(s)
			config.Body.Pairs = []models.PairSpec{{Key: "note", Value: "~{ch://" + first.ID + "/you}"}}
			config.Outputs = []models.OutputSpec{{Name: "again", Path: "$.note"}}
			s.Retry, s.OnFailure = &models.RetrySpec{Delays: []string{"PT1M"}}, models.FailureStop
			setConfig(s, config)
		})
		third := post(url+"/use", func(s *models.TaskSpec) {
			config := webConfig(s)
			config.Body.Pairs = []models.PairSpec{{Key: "note", Value: "~{ch://" + second.ID + "/again}!"}}
			s.Condition = &models.Condition{Left: "~{ch://" + first.ID + "/you}", Operator: models.OpEqualTo, Right: "Bearer " + echoed}
			s.Retry = &models.RetrySpec{Delays: []string{}}
			setConfig(s, config)
		})
		b := newBenchOn(t, database, first, second, third)
		sealer, err := secret.Open(t.Context(), b.Store, [][]byte{bytes.Repeat([]byte("k"), 32)}, b.clock)
		b.Check(err)
		want := func(body string) {
			t.Helper()
			if g := <-got; g != body {
				t.Errorf("the service got %s; want %s", g, body)
			}
		}
		note := `{"note":"Bearer ` + echoed + `"}`
		noted := `{"note":"Bearer ` + echoed + `!"}`

		stop := b.work(runner.Options{Sealer: sealer})
		id := b.complete("x")
		b.run(id, models.RunScheduled)
		want(note)
		stop()
		fail(true)
		b.clock.Advance(time.Hour)
		stop = b.work(runner.Options{Sealer: sealer}) // knows nothing but what is stored
		b.run(id, models.RunFailed)
		want(note)
		stop()
		_, err = sealer.Rotate(t.Context())
		b.Check(err)
		if st, err := sealer.Status(t.Context()); err != nil || len(st.Keys) != 2 || st.Keys[0].Values != 0 || st.Keys[1].Values == 0 {
			t.Errorf("keys %+v, %v", st.Keys, err)
		}
		fail(false)
		b.work(runner.Options{Sealer: sealer})
		again, err := workflow.Replay(t.Context(), b.Store, b.Actor, id, workflow.ReplayOptions{FromFailed: true})
		b.Check(err)
		d := b.run(again.ID, models.RunSucceeded)
		want(note)
		want(noted)

		if out := *d.Attempts[0].Outputs; out != `{"id":7,"you":"`+task.Masked+`"}` || d.Attempts[0].Result != models.AttemptCarried {
			t.Errorf("people see %s", out)
		}
		db := database.SQL(t)
		for _, query := range []string{"SELECT COALESCE(outputs, '') || COALESCE(exchange, '') || COALESCE(error, '') FROM attempts", "SELECT outputs_sealed FROM attempt_secrets"} {
			rows, err := db.QueryContext(t.Context(), query)
			b.Check(err)
			for rows.Next() {
				var text string
				b.Check(rows.Scan(&text))
				if strings.Contains(text, echoed) {
					t.Errorf("%s gives %s", query, text)
				}
			}
			b.Check(rows.Err())
			b.Check(rows.Close())
		}

		count := func() (n int) {
			b.Check(db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM attempt_secrets").Scan(&n))
			return n
		}
		if n := count(); n != 2 {
			t.Errorf("%d sealed outputs; want those of the first task, shared, and of the second", n)
		}
		for b.clock.Advance(time.Hour); ; {
			n, err := b.Store.Purge(t.Context(), b.Actor.OrgID, b.clock.Now())
			b.Check(err)
			if n == 0 {
				break
			}
		}
		b.Check(b.Store.PurgeCounts(t.Context(), b.clock.Now().Add(time.Hour)))
		if n := count(); n != 0 {
			t.Errorf("%d sealed outputs are left of runs that are gone", n)
		}
	})
}
