package runner_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/outbound"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// message is what the receiver got.
type message struct {
	id   string
	body struct {
		Type     string         `json:"type"`
		ReplayOf string         `json:"replayOf"`
		Data     map[string]any `json:"data"`
	}
}

func TestARetrySendsTheLabelsOfItsEventAndAReplayThoseOfNow(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		got := make(chan message, 8)
		var up atomic.Bool
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m := message{id: r.Header.Get(signing.HeaderID)}
			body, _ := io.ReadAll(r.Body)
			if json.Unmarshal(body, &m.body) != nil || !up.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			got <- m
		}))
		t.Cleanup(receiver.Close)

		b := newBenchOn(t, d, post("http://127.0.0.1:1/"))
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, b.workflow.ID, false))
		sealer, err := secret.Open(t.Context(), b.Store, [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, b.clock)
		b.Check(err)
		allow, err := outbound.ParseAllow("127.0.0.1,::1")
		b.Check(err)
		client := outbound.New(outbound.Options{Version: "test", Allow: allow})
		t.Cleanup(client.CloseIdle)
		b.types = task.NewRegistry(outboundwebhook.New(webservice.New(client), signing.NewKeeper(b.Store, sealer, b.clock), b.clock))
		b.workflow = b.Workflow(models.TaskSpec{
			Type: models.TaskOutboundWebhook, OnFailure: models.FailureContinue, Config: []byte(`{"url":"` + receiver.URL + `","labels":"data"}`),
		})
		surveys := survey.New(b.Store, b.clock)
		label := func(text string) {
			b.Check(surveys.Relabel(t.Context(), b.Actor, b.Survey.ID, map[string]*string{"QID1": &text}))
			b.clock.Advance(time.Second)
		}
		label("first")
		b.work(runner.Options{Sealer: sealer})
		_, err = surveys.Create(t.Context(), survey.Creation{SurveyID: b.Survey.ID, Values: map[string]json.RawMessage{"QID1_TEXT": []byte(`"hello"`)}})
		b.Check(err)
		tried := <-got
		runs, _, err := b.Store.Runs(t.Context(), b.Actor, store.RunFilter{WorkflowID: b.workflow.ID})
		b.Check(err)
		b.run(runs[0].ID, models.RunScheduled) // the retry's time is known before the clock moves on
		label("second")
		up.Store(true)
		b.clock.Advance(time.Minute)
		retried := <-got
		if tried.body.Data["first"] != "hello" || retried.body.Data["first"] != "hello" || tried.id != retried.id || tried.body.Type != "survey.response.completed" {
			t.Errorf("the retry sends %+v after %+v", retried, tried)
		}
		b.run(runs[0].ID, models.RunSucceeded)
		replay, err := workflow.Replay(t.Context(), b.Store, b.Actor, runs[0].ID, workflow.ReplayOptions{})
		b.Check(err)
		again := <-got
		if again.body.Data["second"] != "hello" || again.id == tried.id || again.body.ReplayOf != runs[0].ID {
			t.Errorf("the replay sends %+v", again)
		}
		b.run(replay.ID, models.RunSucceeded)
	})
}
