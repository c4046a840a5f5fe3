package workflow

import (
	"errors"
	"time"

	"surveyflow/internal/cron"
	"surveyflow/models"
)

// tickFields are the parts of an event of a schedule.
var tickFields = []models.EventField{
	{Name: "scheduledAt", Path: "$.scheduledAt"},
	{Name: "localTime", Path: "$.localTime"},
	{Name: "date", Path: "$.date"},
	{Name: "time", Path: "$.time"},
	{Name: "timeZone", Path: "$.timeZone"},
	{Name: "cron", Path: "$.cron"},
	{Name: "nextAt", Path: "$.nextAt"},
}

// Tick is what an event of a schedule carries: the time that it was due, and the next one.
type Tick struct {
	ScheduledAt time.Time  `json:"scheduledAt"` // in UTC
	LocalTime   string     `json:"localTime"`   // the same in the zone, RFC 3339
	Date        string     `json:"date"`        // the day in the zone
	Time        string     `json:"time"`        // the clock in the zone
	TimeZone    string     `json:"timeZone"`
	Cron        string     `json:"cron"`
	NextAt      *time.Time `json:"nextAt"` // null when there is none
}

// NewTick gives the event of a schedule at one of its times.
func NewTick(e models.EventSpec, s *cron.Schedule, at time.Time) Tick {
	local := at.In(s.Zone())
	t := Tick{
		ScheduledAt: at.UTC(), LocalTime: local.Format(time.RFC3339), Date: local.Format(time.DateOnly), Time: local.Format("15:04"),
		TimeZone: s.Zone().String(), Cron: e.Cron,
	}
	if next := s.After(at); !next.IsZero() {
		t.NextAt = &next
	}
	return t
}

// TickKey names one time of a workflow: a second event of it is the same event.
func TickKey(workflowID string, at time.Time) string {
	return workflowID + "@" + at.UTC().Format(time.RFC3339)
}

// PlanTick gives the event and run of a workflow at one of its times; nothing when its condition does not hold.
func PlanTick(w *Compiled, org string, surveyID *string, tick Tick, now time.Time) (*models.Event, []models.Run, error) {
	payload, err := models.MarshalJSON(tick)
	if err != nil {
		return nil, nil, err
	}
	key := TickKey(w.ID, tick.ScheduledAt)
	f := Fact{Type: models.EventSchedule, Org: org, Payload: payload, WorkflowID: &w.ID, Dedupe: &key, Now: now}
	if surveyID != nil {
		f.SurveyID = *surveyID
	}
	return Plan([]*Compiled{w}, f)
}

// SampleTick makes up an event of a schedule, so that a workflow can be tried before its time: the next one, or now while it
// says none.
func SampleTick(e models.EventSpec, now time.Time) Tick {
	s, err := cron.Parse(e.Cron, e.TimeZone)
	if err != nil {
		if s, err = cron.Parse("* * * * *", "UTC"); err != nil {
			return Tick{ScheduledAt: now}
		}
		e.TimeZone = ""
	}
	return NewTick(e, s, s.After(now))
}

// NextTicks gives the next n times of an event of a schedule; none while it says none.
func NextTicks(e models.EventSpec, now time.Time, n int) []time.Time {
	s, err := cron.Parse(e.Cron, e.TimeZone)
	if err != nil {
		return nil
	}
	all := s.Next(now, n)
	for i := range all {
		all[i] = all[i].In(s.Zone())
	}
	return all
}

func checkSchedule(e models.EventSpec) []models.FieldError {
	if p, ok := cron.ParsePlain(e.Cron); ok && p.Every == cron.Week && len(p.Weekdays) == 0 {
		return []models.FieldError{models.Field("event.weekdays", "event.error.weekdays")}
	}
	_, err := cron.Parse(e.Cron, e.TimeZone)
	switch {
	case e.Cron == "":
		return []models.FieldError{models.Field("event.cron", "event.error.cron_empty")}
	case errors.Is(err, cron.ErrZone):
		return []models.FieldError{models.Field("event.timeZone", "event.error.zone", "Zone", e.TimeZone)}
	case errors.Is(err, cron.ErrNever):
		return []models.FieldError{models.Field("event.cron", "event.error.cron_never")}
	case err != nil:
		return []models.FieldError{models.Field("event.cron", "event.error.cron")}
	}
	return nil
}
