package runner_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/runner"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// tickets is a service that makes tickets at /tickets and takes notes of them at /notes, the first one only on its second try.
func tickets(t *testing.T) (url string, notes <-chan string) {
	t.Helper()
	got := make(chan string, 10)
	tries := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tickets" {
			fmt.Fprint(w, `{"ticket": {"id": 12345678901234567890, "state": "open", "tags": ["a", "b"], "token": null}, "unused": "x"}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// producing is a task with outputs.
func producing(url string) models.TaskSpec {
	return post(url, func(s *models.TaskSpec) {
		config := webConfig(s)
		config.Outputs = []models.OutputSpec{{Name: "ticketId", Path: "$.ticket.id"}, {Name: "state", Path: "$.ticket.state"}, {Name: "gone", Path: "$.nothing"}}
		setConfig(s, config)
	})
}

func webConfig(s *models.TaskSpec) models.WebServiceConfig {
	var c models.WebServiceConfig
	if err := json.Unmarshal(s.Config, &c); err != nil {
		panic(err)
	}
	return c
}

func setConfig(s *models.TaskSpec, c models.WebServiceConfig) {
	var err error
	if s.Config, err = models.MarshalJSON(c); err != nil {
		panic(err)
	}
}

// consuming is a task that sends what an earlier one found: by path, by name, by a path that no output has, and what is not there.
func consuming(url, earlier string) models.TaskSpec {
	return post(url, func(s *models.TaskSpec) {
		config := webConfig(s)
		config.Body.Pairs = []models.PairSpec{
			{Key: "id", Value: "~{ch://" + earlier + "/$.ticket.id}"},
			{Key: "state", Value: "~{ch://" + earlier + "/state}"},
			{Key: "tags", Value: "~{ch://" + earlier + "/$.ticket.tags[*]}"},
			{Key: "gone", Value: "~{ch://" + earlier + "/gone}"},
			{Key: "text", Value: "Ticket ~{ch://" + earlier + "/ticketId}!"},
		}
		setConfig(s, config)
	})
}

const note = `{"id":12345678901234567890,"state":"open","tags":["a","b"],"gone":null,"text":"Ticket 12345678901234567890!"}`

func TestLater_tasks_use_what_earlier_ones_found_also_after_a_restart(t *testing.T) {
	t.Parallel()
	url, notes := tickets(t)
	first := producing(url + "/tickets")
	second := consuming(url+"/notes", first.ID)
	skipped := post(url+"/notes", func(s *models.TaskSpec) {
		s.Condition = &models.Condition{Left: "~{ch://" + first.ID + "/$.ticket.state}", Operator: models.OpEqualTo, Right: "closed"}
	})
	b := newBench(t, first, second, skipped)
	stop := b.work(runner.Options{})
	id := b.complete("x")
	b.run(id, models.RunScheduled)
	if got := <-notes; got != note {
		t.Errorf("the first try sent\n%s; want\n%s", got, note)
	}
	stop()
	b.clock.Advance(time.Hour)
	b.work(runner.Options{}) // knows nothing but what is stored
	d := b.run(id, models.RunSucceeded)
	if got := <-notes; got != note {
		t.Errorf("the second try sent\n%s; want\n%s", got, note)
	}
	want := `{"$.ticket.tags[*]":["a","b"],"gone":null,"state":"open","ticketId":12345678901234567890}`
	if got := d.Attempts[0].Outputs; got == nil || *got != want {
		t.Errorf("the first task keeps %v; want %s", got, want)
	}
	wasSkipped := slices.ContainsFunc(d.Attempts, func(a models.Attempt) bool { return a.TaskID == skipped.ID && a.Result == models.AttemptSkipped })
	if !wasSkipped || len(notes) != 0 {
		t.Errorf("attempts %+v, %d more notes; want the last task skipped", d.Attempts, len(notes))
	}
}

// A newer revision may name more of a call's answer than was kept.
func TestA_replay_with_a_newer_revision_finds_what_it_names_in_the_recorded_answer(t *testing.T) {
	t.Parallel()
	got, fails := make(chan string, 10), make(chan bool, 1)
	fails <- true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/small":
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			fmt.Fprint(w, `{"id": 7, "owner": {"name": "Zoë"}, "none": null}`)
		case "/large":
			fmt.Fprintf(w, `{"pad": %q, "owner": {"name": "Zoë"}}`, strings.Repeat("x", 70_000))
		default:
			body, _ := io.ReadAll(r.Body)
			got <- string(body)
			select {
			case <-fails:
				w.WriteHeader(http.StatusBadRequest)
			default:
			}
		}
	}))
	t.Cleanup(s.Close)
	for _, c := range []struct{ path, again, want string }{
		{"/small", "~{ch://ID/$.owner.name} ~{ch://ID/renamed} ~{ch://ID/$.none} ~{ch://ID/$.nothing}", `{"note":"Zoë 7  "}`},
		{"/large", "~{ch://ID/$.owner.name}", ""},
	} {
		first := post(s.URL+c.path, func(s *models.TaskSpec) {
			config := webConfig(s)
			config.Outputs = []models.OutputSpec{{Name: "id", Path: "$.id"}}
			setConfig(s, config)
		})
		second := post(s.URL+"/notes", func(s *models.TaskSpec) {
			config := webConfig(s)
			config.Body.Pairs = []models.PairSpec{{Key: "note", Value: "~{ch://" + first.ID + "/id}"}}
			s.Retry = &models.RetrySpec{Delays: []string{}}
			setConfig(s, config)
		})
		b := newBench(t, first, second)
		b.work(runner.Options{})
		select {
		case fails <- true:
		default:
		}
		id := b.complete("x")
		b.run(id, models.RunFailed)
		<-got
		config := webConfig(&second)
		config.Body.Pairs[0].Value = strings.ReplaceAll(c.again, "ID", first.ID)
		setConfig(&second, config)
		config = webConfig(&first)
		config.Outputs[0].Name = "renamed"
		setConfig(&first, config)
		w := b.workflow
		w.Draft.V.Tasks = []models.TaskSpec{first, second}
		rev, err := b.Store.SaveWorkflowDraft(t.Context(), b.Actor, w, w.DraftRev)
		b.Check(err)
		_, err = b.Store.PutWorkflowLive(t.Context(), b.Actor, w.ID, rev)
		b.Check(err)
		again, err := workflow.Replay(t.Context(), b.Store, b.Actor, id, workflow.ReplayOptions{FromFailed: true})
		b.Check(err)
		d := b.run(again.ID, models.RunSucceeded, models.RunFailed)
		switch {
		case c.want == "":
			if e := models.DecodeRunError(d.Error); e == nil || e.Key != "run.error.output_not_kept" || e.Args["Path"] != "$.owner.name" || len(got) != 0 {
				t.Errorf("%s: %+v, %d calls", c.path, e, len(got))
			}
		case d.Status != models.RunSucceeded:
			t.Errorf("%s: %s", c.path, d.Error)
		default:
			if g := <-got; g != c.want {
				t.Errorf("%s: sent %s; want %s", c.path, g, c.want)
			}
		}
	}
}

func TestA_replay_from_the_failed_task_carries_outputs(t *testing.T) {
	t.Parallel()
	url, notes := tickets(t)
	first := producing(url + "/tickets")
	second := consuming(url+"/notes", first.ID)
	second.Retry = &models.RetrySpec{Delays: []string{}}
	b := newBench(t, first, second)
	b.work(runner.Options{})
	id := b.complete("x")
	b.run(id, models.RunFailed)
	again, err := workflow.Replay(t.Context(), b.Store, b.Actor, id, workflow.ReplayOptions{FromFailed: true})
	b.Check(err)
	d := b.run(again.ID, models.RunSucceeded)
	<-notes
	if got := <-notes; got != note || d.Attempts[0].Result != models.AttemptCarried {
		t.Errorf("the replay sent\n%s; want\n%s", got, note)
	}
}
