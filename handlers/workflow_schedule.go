package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/cron"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/workflowpages"
)

const (
	// nextTicks is how many of the next times of a schedule are shown.
	nextTicks = 3
	// firstCron is what a new schedule begins as.
	firstCron = "0 9 * * *"
)

// readSchedule reads the form of an event of the clock. What it does not say stays as it was, or as a new one begins.
func readSchedule(form url.Values, old models.EventSpec, e *models.EventSpec) {
	e.Cron, e.TimeZone = old.Cron, strings.TrimSpace(form.Get("event.timeZone"))
	if e.TimeZone == "" {
		e.TimeZone = old.TimeZone
	}
	every := form.Get("event.every")
	switch {
	case every == "" && e.Cron == "": // its part of the form was not there
		e.Cron = firstCron
		return
	case every == workflowpages.EveryCron:
		e.Cron = strings.TrimSpace(form.Get("event.cron"))
		return
	case !slices.Contains([]cron.Every{cron.Hour, cron.Day, cron.Week, cron.Month, cron.Year}, cron.Every(every)):
		return
	}
	p := cron.Plain{Every: cron.Every(every), Day: form.Get("event.day"), Month: between(form.Get("event.month"), 1, 12)}
	if n := between(p.Day, 1, 31); p.Day != cron.LastDay {
		p.Day = strconv.Itoa(n)
	}
	if p.Every == cron.Hour {
		p.Minute = between(form.Get("event.minute"), 0, 59)
	} else if at, err := time.Parse("15:04", form.Get("event.time")); err == nil {
		p.Hour, p.Minute = at.Hour(), at.Minute()
	}
	for d := range 7 {
		if slices.Contains(form["event.weekdays"], strconv.Itoa(d)) {
			p.Weekdays = append(p.Weekdays, d)
		}
	}
	e.Cron = p.Cron()
}

// between reads a number and gives the nearest to it that is allowed.
func between(text string, low, high int) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return low
	}
	return min(max(n, low), high)
}

// zoneOptions offers the time zones that forms offer, and those that are in use already.
func zoneOptions(inUse ...string) []components.Option {
	names := zones()
	for _, name := range inUse {
		if name != "" && !slices.Contains(names, name) {
			names = append([]string{name}, names...)
		}
	}
	options := make([]components.Option, len(names))
	for i, name := range names {
		options[i] = components.Option{Value: name, Label: strings.ReplaceAll(name, "_", " ")}
	}
	return options
}
