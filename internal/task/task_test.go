package task_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

func TestMaskHidesSecretsWhereverTheyAppear(t *testing.T) {
	t.Parallel()
	x := &models.Exchange{
		Request: models.ExchangeRequest{
			URL:     "https://user:hunter2hunter2@example.com/x?a=1&access_token=abc%20defgh&b=2#f",
			Headers: []models.Header{{Name: "Authorization", Value: "Basic dXNlcjpzM2NyM3RzM2NyM3Q="}, {Name: "Idempotency-Key", Value: "RN_1.OCAC_1"}, {Name: "X-Plain", Value: "abc defgh"}},
			Body:    `{"password_was":"s3cr3ts3cr3t"}`,
		},
		Response: &models.ExchangeResponse{Headers: []models.Header{{Name: "Set-Cookie", Value: "sid=123456789"}}, Body: "you sent abc+defgh, dXNlcjpzM2NyM3RzM2NyM3Q= and hunter2hunter2 hunter2"},
		Hops:     []string{"https://example.com/?api-key=zzzzzzzz"},
	}
	task.Mask(x)
	text, err := models.MarshalJSON(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2hunter2@", "abc%20defgh", "abc+defgh", "abc defgh", "dXNlcjpz", "s3cr3ts3cr3t", "123456789", "zzzzzzzz"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is still there: %s", secret, text)
		}
	}
	for _, kept := range []string{"RN_1.OCAC_1", "a=1", "b=2", "#f", "example.com"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%q is gone: %s", kept, text)
		}
	}
}

func TestTriesFollowTheSchedule(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	total := time.Duration(0)
	for n := 1; n <= len(task.DefaultDelays); n++ {
		d, again := task.NextTry(task.DefaultDelays, n, 0, random)
		if want := task.DefaultDelays[n-1]; !again || d < want || d > want+want/10 {
			t.Errorf("after try %d: %v, %v; want %v and up to a tenth", n, d, again, want)
		}
		total += d
	}
	if _, again := task.NextTry(task.DefaultDelays, len(task.DefaultDelays)+1, 0, random); again {
		t.Error("the last try is followed by another")
	}
	if d, _ := task.NextTry(task.DefaultDelays, 1, time.Hour, random); d != time.Hour {
		t.Errorf("a receiver that asks for an hour gets %v", d)
	}
	if d, _ := task.NextTry(task.DefaultDelays, 4, time.Second, random); d < 30*time.Minute {
		t.Errorf("a receiver that asks for a second shortens the pause to %v", d)
	}
	if total < 20*time.Hour || total > 28*time.Hour {
		t.Errorf("all tries take %v; want about a day", total)
	}
}

func TestDelaysAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec *models.RetrySpec
		want int
		ok   bool
	}{
		{nil, len(task.DefaultDelays), true},
		{&models.RetrySpec{}, len(task.DefaultDelays), true},
		{&models.RetrySpec{Delays: []string{}}, 0, true},
		{&models.RetrySpec{Delays: []string{"PT5S", "PT1M"}}, 2, true},
		{&models.RetrySpec{Delays: []string{"PT0S"}}, 0, false},
		{&models.RetrySpec{Delays: []string{"P8D"}}, 0, false},
		{&models.RetrySpec{Delays: []string{"soon"}}, 0, false},
		{&models.RetrySpec{Delays: make([]string, task.MaxRetries+1)}, 0, false},
	} {
		got, err := task.Delays(c.spec)
		if (err == nil) != c.ok || c.ok && len(got) != c.want {
			t.Errorf("%+v gives %v, %v", c.spec, got, err)
		}
	}
}

type broken struct{}

func (broken) Refs() []pipedtext.Ref                        { return nil }
func (broken) Host() string                                 { return "" }
func (broken) Run(context.Context, task.Input) task.Outcome { panic("oops") }

func TestAPanicIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	out, a := task.Exec(t.Context(), clock.System{}, slog.New(slog.NewTextHandler(&log, nil)), broken{}, task.Input{RunID: "RN_1", TaskID: "OCAC_1"})
	if out.Result != task.Failed || a.Result != models.AttemptFailed || models.DecodeRunError(*a.Error).Key != "run.error.panic" {
		t.Errorf("outcome %+v, attempt %+v", out, a)
	}
	if !strings.Contains(log.String(), "oops") || !strings.Contains(log.String(), "trace=") {
		t.Errorf("the log has no trace: %s", log.String())
	}
}
