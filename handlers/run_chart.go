package handlers

import (
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/runpages"
)

// hourlyUpTo is the longest period that the chart of runs shows hour by hour; longer ones go day by day.
const hourlyUpTo = 49 * time.Hour

// maxBars is how many bars the chart has at most: the longest retention, day by day.
const maxBars = 367

// runChart puts counts by hour into bars: hours, or days as they are in the zone. It begins where the filter does, or
// with the first run.
func runChart(hours []store.RunHour, f store.RunFilter, zone *time.Location, now time.Time) runpages.RunChart {
	if len(hours) == 0 {
		return runpages.RunChart{}
	}
	from, to := f.From, f.To
	if first := hours[0].Start(); from.IsZero() || from.Before(first) && first.Sub(from) > hourlyUpTo {
		from = first
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	chart := runpages.RunChart{Hourly: to.Sub(from) <= hourlyUpTo}
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	y, m, d := from.In(zone).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if chart.Hourly {
		start, next = from.Truncate(time.Hour), func(t time.Time) time.Time { return t.Add(time.Hour) }
	}
	for t := start; !t.After(to) && len(chart.Bars) < maxBars; t = next(t) {
		bar := runpages.RunBar{At: t, Counts: map[models.RunStatus]int64{}}
		for len(hours) > 0 && hours[0].Start().Before(next(t)) {
			if !hours[0].Start().Before(t) {
				bar.Counts[hours[0].Status] += hours[0].N
			}
			hours = hours[1:]
		}
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}
