package runner

import (
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

func answered(status int) *models.Exchange {
	return &models.Exchange{Response: &models.ExchangeResponse{Status: status}}
}

func TestOnlyAReceiverThatIsDownOpensItsBreaker(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out  task.Outcome
		want calledState
	}{
		"no connection":         {task.Outcome{Result: task.Retry, Exchange: &models.Exchange{}}, calledDown},
		"500":                   {task.Outcome{Result: task.Retry, Exchange: answered(500)}, calledDown},
		"503":                   {task.Outcome{Result: task.Retry, Exchange: answered(503), After: time.Hour}, calledDown},
		"an answer broken off":  {task.Outcome{Result: task.Retry, Exchange: answered(200)}, calledDown},
		"429":                   {task.Outcome{Result: task.Retry, Exchange: answered(429)}, calledWell},
		"408":                   {task.Outcome{Result: task.Retry, Exchange: answered(408)}, calledWell},
		"404":                   {task.Outcome{Result: task.Failed, Exchange: answered(404)}, calledWell},
		"410":                   {task.Outcome{Result: task.Gone, Exchange: answered(410)}, calledWell},
		"a redirect":            {task.Outcome{Result: task.Failed, Exchange: answered(302)}, calledWell},
		"200":                   {task.Outcome{Result: task.Done, Exchange: answered(200)}, calledWell},
		"a refused address":     {task.Outcome{Result: task.Failed, Exchange: &models.Exchange{}}, calledNobody},
		"a token that is late":  {task.Outcome{Result: task.Retry}, calledNobody},
		"a script":              {task.Outcome{Result: task.Failed, Exchange: &models.Exchange{Script: &models.ScriptRecord{}}}, calledNobody},
		"the program's own end": {task.Outcome{Result: task.Interrupted}, calledNobody},
	} {
		if got := stateOf(c.out); got != c.want {
			t.Errorf("%s says %d; want %d", name, got, c.want)
		}
	}
}

func TestABreakerOpensAfterTenFailuresInARow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	down, well := call{state: calledDown}, call{state: calledWell}
	var b breaker
	for range 9 {
		b.called(down, now)
	}
	if b.called(well, now); b.open || b.failures != 0 {
		t.Fatalf("%+v; want a success to start the count anew", b)
	}
	for range 9 {
		if n := b.called(down, now); n != newsNone {
			t.Fatalf("news %d before the tenth failure", n)
		}
	}
	if n := b.called(down, now); n != newsFailed || !b.open || !b.retryAt.Equal(now.Add(10*time.Second)) {
		t.Fatalf("news %d, %+v; want it to open for 10 s", n, b)
	}
	if n := b.called(down, now); n != newsNone { // one that was under way
		t.Errorf("news %d", n)
	}
	if n := b.called(call{state: calledDown, probe: true}, now); n != newsProbe {
		t.Errorf("news %d; want a failed probe", n)
	}
	if n := b.called(call{state: calledWell, probe: true}, now); n != newsWell || b.open {
		t.Errorf("news %d, %+v; want it to close", n, b)
	}
	for range store.BackAtOnce - 1 {
		b.called(down, now)
	}
	if b.open {
		t.Error("it opened before all of the first calls had failed")
	}
	if b.called(down, now); !b.open {
		t.Error("it is not open although all of the first calls failed")
	}
	b.called(well, now)
	for i := range steadyAfter - 1 {
		if n := b.called(well, now); n != newsNone && i < steadyAfter-2 {
			t.Errorf("news %d after %d calls", n, i)
		}
	}
	if n := b.called(well, now); n != newsSteady && b.cautious > 0 {
		t.Errorf("news %d, %+v; want it to be well", n, b)
	}
}

func TestWhoComesTooEarlyKeepsItsTurn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var p pace
	for i, run := range []string{"a", "b", "c"} {
		if at := p.slot(run, now.Add(time.Second), time.Second); !at.Equal(now.Add(time.Duration(i+1) * time.Second)) {
			t.Errorf("%s waits until %s", run, at)
		}
	}
	if at := p.slot("a", now.Add(1500*time.Millisecond), time.Second); !at.Equal(now.Add(1500 * time.Millisecond)) {
		t.Errorf("a waits until %s; want the next free place", at)
	}
	p.tidy(now.Add(time.Hour))
	if !p.idle() {
		t.Error("runs that never came are remembered")
	}
}
