package task

import (
	"math/rand/v2"
	"time"

	"surveyflow/models"
)

// DefaultDelays are the pauses between tries when a task names none (contract §7): eight tries in about a day.
var DefaultDelays = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// Limits of a task's own retry schedule.
const (
	MaxRetries    = 20
	MaxRetryDelay = 7 * 24 * time.Hour
)

// Delays gives the pauses between tries of a task: its own, or the default ones.
// It fails with models.CodeInvalid when a pause cannot be read or is out of bounds.
func Delays(spec *models.RetrySpec) ([]time.Duration, error) {
	if spec == nil || spec.Delays == nil {
		return DefaultDelays, nil
	}
	if len(spec.Delays) > MaxRetries {
		return nil, models.Invalid(models.Field("retry.delays", "task.error.too_many_retries", "Max", MaxRetries))
	}
	delays := make([]time.Duration, len(spec.Delays))
	for i, text := range spec.Delays {
		d, err := models.ParseDuration(text)
		if err != nil || d < time.Second || d > MaxRetryDelay {
			return nil, models.Invalid(models.Field("retry.delays", "task.error.retry_delay", "Value", text))
		}
		delays[i] = d
	}
	return delays, nil
}

// NextTry decides when a task is tried again after its n-th charged try (1 for the first), and whether it is.
// A pause that the receiver asks for counts when it is longer than the schedule's; the schedule's pauses get up to a
// tenth more, so that many runs that failed together do not come back together.
func NextTry(delays []time.Duration, n int, asked time.Duration, random *rand.Rand) (time.Duration, bool) {
	if n > len(delays) {
		return 0, false
	}
	d := delays[n-1]
	d += time.Duration(random.Int64N(int64(d)/10 + 1))
	return max(d, asked), true
}
