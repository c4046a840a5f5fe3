package wait

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
)

// hours are the working hours of a week.
type hours struct {
	on       [7]bool // by time.Weekday
	from, to int     // minutes since midnight
	zone     *time.Location
}

// readHours checks working hours.
func readHours(c *models.WorkingHours) (*hours, error) {
	h := &hours{}
	days := c.Days
	if len(days) == 0 {
		days = models.WeekDays[:5]
	}
	for _, name := range days {
		i := slices.Index(models.WeekDays, strings.ToLower(name))
		if i < 0 {
			return nil, models.Invalid(models.Field("workingHours.days", "task.error.wait_day", "Day", name))
		}
		h.on[(i+1)%7] = true
	}
	var ok bool
	if h.from, ok = minutes(c.From); !ok {
		return nil, models.Invalid(models.Field("workingHours.from", "task.error.wait_time"))
	}
	if h.to, ok = minutes(c.To); !ok {
		return nil, models.Invalid(models.Field("workingHours.to", "task.error.wait_time"))
	}
	if h.to <= h.from {
		return nil, models.Invalid(models.Field("workingHours.to", "task.error.wait_times"))
	}
	if c.TimeZone != "" {
		var err error
		if h.zone, err = time.LoadLocation(c.TimeZone); err != nil {
			return nil, models.Invalid(models.Field("workingHours.timeZone", "task.error.wait_zone"))
		}
	}
	return h, nil
}

// minutes reads a time of the day, 00:00 to 24:00.
func minutes(text string) (int, bool) {
	hour, minute, ok := strings.Cut(strings.TrimSpace(text), ":")
	h, err := strconv.Atoi(hour)
	m, wrong := strconv.Atoi(minute)
	if !ok || err != nil || wrong != nil || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}

// spans gives about how long so much working time takes, with the week in which it begins.
func (h *hours) spans(d time.Duration) time.Duration {
	days := 0
	for _, on := range h.on {
		if on {
			days++
		}
	}
	const week = 7 * 24 * time.Hour
	worked := time.Duration(days*(h.to-h.from)) * time.Minute
	if weeks := d / worked; weeks < longest/week {
		return (weeks + 1) * week
	}
	return 2 * longest
}

// after gives the moment at which so much working time has passed since another, by the clock of its zone: where clocks are
// changed in working hours, a day has an hour more or less of them.
func (h *hours) after(t time.Time, d time.Duration) time.Time {
	at := func(day time.Time, minutes int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, t.Location())
	}
	for day := t; ; day = time.Date(day.Year(), day.Month(), day.Day()+1, 12, 0, 0, 0, t.Location()) {
		if !h.on[day.Weekday()] {
			continue
		}
		begin, end := at(day, h.from), at(day, h.to)
		if begin.Before(t) {
			begin = t
		}
		if left := end.Sub(begin); left >= d {
			return begin.Add(d)
		} else if left > 0 {
			d -= left
		}
	}
}

// zoneOf gives the zone whose clock the working hours follow.
func (w *waitTask) zoneOf(ctx context.Context, orgID string) (*time.Location, error) {
	if w.hours.zone != nil || w.of == nil {
		if w.hours.zone == nil {
			return time.UTC, nil
		}
		return w.hours.zone, nil
	}
	name, err := w.of(ctx, orgID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // it was one when it was set
		return time.UTC, nil //nolint:nilerr // the hours are kept by another clock then
	}
	return zone, nil
}
