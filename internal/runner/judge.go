package runner

import (
	"math/rand/v2"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// progress is how far a task of a run is, by its earlier attempts.
type progress struct {
	number  int // of the last attempt
	charged int // tries that count
	final   bool
	failed  bool
	err     *models.RunError
	first   time.Time // start of the first try
	played  bool      // while it waited, somebody let the run go on
}

// progressOf sums up the attempts of a run by task.
func progressOf(attempts []models.Attempt) map[string]progress {
	all := map[string]progress{}
	for _, a := range attempts {
		p := all[a.TaskID]
		if p.first.IsZero() && a.Result != models.AttemptCarried {
			p.first = a.StartedAt
		}
		p.number = max(p.number, a.Number)
		p.played = p.played || !a.Charged && a.Error != nil && models.DecodeRunError(*a.Error).Key == models.PlayedKey
		if a.Charged {
			p.charged++
		}
		if a.Result.Final() {
			p.final = true
			p.failed = a.Result == models.AttemptFailed
			if a.Error != nil {
				p.err = models.DecodeRunError(*a.Error)
			}
		}
		all[a.TaskID] = p
	}
	return all
}

// verdict is what follows from an outcome: how the attempt's row reads, and what the run does next.
// NextContinue means that the task has ended.
type verdict struct {
	result models.AttemptResult
	next   store.Next
}

// judge decides what follows from the outcome of the n-th try that counts. It depends on nothing but its arguments, and on
// chance for the spread of retries.
func judge(out task.Outcome, n int, delays []time.Duration, now time.Time) verdict {
	switch out.Result {
	case task.Done:
		return verdict{result: models.AttemptSucceeded}
	case task.Retry:
		pause, again := task.NextTry(delays, n, out.After, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))) //nolint:gosec // spreads load, hides nothing
		if !again {
			return verdict{result: models.AttemptFailed}
		}
		return verdict{result: models.AttemptRetried, next: store.Next{State: store.NextWait, Until: now.Add(pause)}}
	case task.Wait, task.Defer:
		return verdict{result: models.AttemptRetried, next: store.Next{State: store.NextWait, Until: out.Until}}
	case task.Interrupted:
		return verdict{result: models.AttemptRetried, next: store.Next{State: store.NextRelease}}
	}
	return verdict{result: models.AttemptFailed}
}
