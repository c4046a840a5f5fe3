package runner

import (
	"maps"
	"time"

	"surveyflow/models"
)

// newsPause is the least time between two mails of one workflow and kind.
const newsPause = time.Hour

// alert is what people are to be told of a workflow's health now.
type alert struct {
	news    []models.HealthNews
	told    models.HealthTold // what they know then
	failed  int64             // how many failed runs of those that were to be told are told with it
	refused int64
	off     int
	counted int64     // failed runs that are added to what they were told before, without a mail
	next    time.Time // when to look again; zero when there is nothing left to tell
}

// decide says what people are told of a workflow's health: that it fails, once, and then not before it is well again; that it
// is; that it switched itself off; that events are refused. Of each kind there is one mail an hour at most: what comes
// sooner is told with the next, by its count. It depends on nothing but its arguments.
func decide(h *models.WorkflowHealth, now time.Time) alert {
	a := alert{told: h.Told.V}
	a.told.At = maps.Clone(h.Told.V.At)
	if a.told.At == nil {
		a.told.At = map[models.HealthNews]time.Time{}
	}
	if h.OffN > 0 && a.may(models.NewsOff, now) {
		a.tell(models.NewsOff, now)
		a.off = h.OffN
	}
	a.decideFailed(h, now)
	a.decideRecovered(h, now)
	if h.RefusedN > 0 && a.may(models.NewsRefused, now) {
		a.tell(models.NewsRefused, now)
		a.refused = h.RefusedN
	}
	return a
}

func (a *alert) decideFailed(h *models.WorkflowHealth, now time.Time) {
	switch {
	case h.FailedN == 0:
	case a.told.Failing: // they know: only the count grows
		a.failed, a.counted = h.FailedN, h.FailedN
		a.told.Failures += h.FailedN
	case a.off > 0: // the news that it is off says it, too
		a.failed = h.FailedN
		a.begin(h.FailedN)
	case a.may(models.NewsFailed, now):
		a.tell(models.NewsFailed, now)
		a.failed = h.FailedN
		a.begin(h.FailedN)
	}
}

func (a *alert) begin(failures int64) {
	a.told.Failing, a.told.Failures = true, failures
	a.told.Episode++
}

func (a *alert) decideRecovered(h *models.WorkflowHealth, now time.Time) {
	well := h.ConsecutiveFailures == 0 && h.RecoveredAt != nil && (h.LastFailureAt == nil || !h.RecoveredAt.Before(*h.LastFailureAt))
	if a.told.Failing && well && a.may(models.NewsRecovered, now) {
		a.tell(models.NewsRecovered, now)
		a.told.Failing = false
	}
}

// may reports whether the last mail of the kind is long enough ago; else it has somebody look again when it is.
func (a *alert) may(kind models.HealthNews, now time.Time) bool {
	last, known := a.told.At[kind]
	again := last.Add(newsPause)
	if !known || !now.Before(again) {
		return true
	}
	if a.next.IsZero() || again.Before(a.next) {
		a.next = again
	}
	return false
}

func (a *alert) tell(kind models.HealthNews, now time.Time) {
	a.news = append(a.news, kind)
	a.told.At[kind] = now
}
