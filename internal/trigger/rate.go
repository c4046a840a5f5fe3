package trigger

import (
	"sync"
	"time"

	"surveyflow/models"
)

// rates limits what one node accepts for each workflow whose owner set a limit (GCRA): so many a minute, evenly, with a burst
// of ten seconds' worth.
type rates struct {
	mu   sync.Mutex
	next map[string]time.Time // by workflow: when the next one would be in step
}

const burstShare = 10 * time.Second

// take counts an event, or tells how long to wait until one fits.
func (r *rates) take(id string, perMinute int, now time.Time) (wait time.Duration, ok bool) {
	interval := time.Minute / time.Duration(perMinute)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil || len(r.next) >= mostKept {
		r.next = map[string]time.Time{}
	}
	next := r.next[id]
	if next.Before(now) || next.Sub(now) > time.Hour { // a clock that was set back must not close it for long
		next = now
	}
	if ahead := next.Sub(now); ahead > max(burstShare-interval, 0) {
		return ahead - max(burstShare-interval, 0), false
	}
	r.next[id] = next.Add(interval)
	return 0, true
}

// Limit counts an event against the limit that the workflow's owner set: models.CodeThrottled when it is one too many.
func (s *Service) Limit(l *Live) error {
	if l.Event.RatePerMinute <= 0 {
		return nil
	}
	wait, ok := s.rates.take(l.ID, l.Event.RatePerMinute, s.Clock.Now())
	if ok {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return refuse(models.RefusedRate, &models.Error{Code: models.CodeThrottled, Key: "event.error.throttled", Args: map[string]any{"Seconds": seconds, "Max": l.Event.RatePerMinute}})
}
