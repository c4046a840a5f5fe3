// Package cron tells when schedules are due: cron expressions of five fields, by the clock of a time zone, also where that
// clock is put forward or back.
package cron

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// What is wrong with a schedule.
var (
	ErrSyntax = errors.New("cron: no expression of five fields")
	ErrZone   = errors.New("cron: no time zone")
	ErrNever  = errors.New("cron: never due")
)

// MaxExpression is how many characters an expression may have.
const MaxExpression = 100

// Schedule says when something is due.
type Schedule struct {
	expr string
	zone *time.Location
	// hourly means that it goes by the hours that pass: the hour that the clock shows twice counts twice. What is due at hours
	// that are named is due once in it.
	hourly bool
}

// expression is what an expression may consist of; what of that has a meaning is the library's matter.
var expression = regexp.MustCompile(`^[0-9A-Za-z*/,#?-]+$`)

// Parse reads an expression of five fields (minute, hour, day of the month, month, day of the week) and an IANA time zone;
// an empty one is UTC. Errors are ErrSyntax, ErrZone and ErrNever.
func Parse(expr, zone string) (*Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, ErrZone
	}
	fields := strings.Fields(expr)
	if len(fields) != 5 || len(expr) > MaxExpression {
		return nil, ErrSyntax
	}
	for _, f := range fields {
		if !expression.MatchString(f) {
			return nil, ErrSyntax
		}
	}
	s := &Schedule{expr: strings.Join(fields, " "), zone: location, hourly: strings.HasPrefix(fields[1], "*")}
	if !gronx.IsValid(s.expr) {
		return nil, ErrSyntax
	}
	if _, ok := s.next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return nil, ErrNever
	}
	return s, nil
}

// Zone gives the time zone that the schedule goes by.
func (s *Schedule) Zone() *time.Location { return s.zone }

// next gives the next time after that one at which the expression is due, both as a clock on the wall shows them (in UTC).
func (s *Schedule) next(wall time.Time) (time.Time, bool) {
	next, err := gronx.NextTickAfter(s.expr, wall, false)
	return next, err == nil && next.After(wall)
}

// around is further than any clock is put forward or back.
const around = 4 * time.Hour

// After gives the first time after that one at which the schedule is due; the zero time when there is none. A time that the
// clock skips is due as much later as the clock was put forward. Of a time that it shows twice the first counts, unless the
// schedule names no hours: then both do.
func (s *Schedule) After(t time.Time) time.Time {
	if at, ok := s.quiet(t); ok {
		return at
	}
	var best time.Time
	wall := s.wall(t).Add(-around)
	for {
		var ok bool
		wall, ok = s.next(wall)
		if !ok || !best.IsZero() && wall.After(s.wall(best).Add(around)) {
			return best.UTC()
		}
		moments := s.moments(wall)
		if !s.hourly {
			moments = moments[:1]
		}
		for _, m := range moments {
			if m.After(t) && (best.IsZero() || m.Before(best)) {
				best = m
			}
		}
	}
}

// quiet is After where no clock is changed near the two times.
func (s *Schedule) quiet(t time.Time) (time.Time, bool) {
	if _, ok := s.steady(t); !ok {
		return time.Time{}, false
	}
	wall, ok := s.next(s.wall(t))
	if !ok {
		return time.Time{}, false
	}
	at := s.moments(wall)[0]
	_, ok = s.steady(at)
	return at.UTC(), ok && at.After(t)
}

// steady gives the offset of the zone at that time, and whether it stays the same around it.
func (s *Schedule) steady(t time.Time) (int, bool) {
	now := s.offset(t)
	return now, now == s.offset(t.Add(-around)) && now == s.offset(t.Add(around))
}

func (s *Schedule) offset(t time.Time) int {
	_, offset := t.In(s.zone).Zone()
	return offset
}

// wall gives what the clock shows at that time, in UTC.
func (s *Schedule) wall(t time.Time) time.Time {
	return t.UTC().Add(time.Duration(s.offset(t)) * time.Second)
}

// moments gives when the clock shows that time: once, twice where it is put back, and where it skips the time as much later as
// it is put forward.
func (s *Schedule) moments(wall time.Time) []time.Time {
	before := s.offset(wall.Add(-24 * time.Hour))
	after := s.offset(wall.Add(24 * time.Hour))
	first := wall.Add(-time.Duration(before) * time.Second)
	second := wall.Add(-time.Duration(after) * time.Second)
	var all []time.Time
	if s.wall(first).Equal(wall) {
		all = append(all, first)
	}
	if !second.Equal(first) && s.wall(second).Equal(wall) {
		all = append(all, second)
	}
	if len(all) == 0 {
		all = append(all, first)
	}
	if len(all) == 2 && all[1].Before(all[0]) {
		all[0], all[1] = all[1], all[0]
	}
	return all
}

// Next gives the next n times after that one; fewer when there are no more.
func (s *Schedule) Next(t time.Time, n int) []time.Time {
	var all []time.Time
	for range n {
		t = s.After(t)
		if t.IsZero() {
			break
		}
		all = append(all, t)
	}
	return all
}
