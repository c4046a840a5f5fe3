package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Every says how often a plain schedule is due.
type Every string

// How often.
const (
	Hour  Every = "hour"
	Day   Every = "day"
	Week  Every = "week"
	Month Every = "month"
	Year  Every = "year"
)

// LastDay stands for the last day of a month.
const LastDay = "L"

// Plain is a schedule as people say it: every Monday at 9.
type Plain struct {
	Every    Every
	Minute   int // 0 to 59
	Hour     int // 0 to 23; not of Hour
	Weekdays []int
	Day      string // of the month, 1 to 31, or LastDay: of Month and Year
	Month    int    // 1 to 12: of Year
}

// Cron writes the schedule as an expression. One of no weekday has four fields, which is no expression.
func (p Plain) Cron() string {
	switch p.Every {
	case Hour:
		return fmt.Sprintf("%d * * * *", p.Minute)
	case Week:
		days := make([]string, len(p.Weekdays))
		for i, d := range p.Weekdays {
			days[i] = strconv.Itoa(d)
		}
		return strings.TrimSpace(fmt.Sprintf("%d %d * * %s", p.Minute, p.Hour, strings.Join(days, ",")))
	case Month:
		return fmt.Sprintf("%d %d %s * *", p.Minute, p.Hour, p.Day)
	case Year:
		return fmt.Sprintf("%d %d %s %d *", p.Minute, p.Hour, p.Day, p.Month)
	}
	return fmt.Sprintf("%d %d * * *", p.Minute, p.Hour)
}

// ParsePlain reads what [Plain.Cron] writes; false for any other expression.
func ParsePlain(expr string) (Plain, bool) {
	f := strings.Fields(expr)
	if len(f) == 4 {
		f = append(f, "")
	}
	if len(f) != 5 {
		return Plain{}, false
	}
	var p Plain
	var ok bool
	if p.Minute, ok = number(f[0], 0, 59); !ok {
		return Plain{}, false
	}
	if f[1] == "*" {
		p.Every = Hour
		return p, f[2] == "*" && f[3] == "*" && f[4] == "*"
	}
	if p.Hour, ok = number(f[1], 0, 23); !ok {
		return Plain{}, false
	}
	switch {
	case f[2] == "*" && f[3] == "*" && f[4] == "*":
		p.Every = Day
		return p, true
	case f[2] == "*" && f[3] == "*":
		p.Every = Week
		for _, d := range strings.FieldsFunc(f[4], func(r rune) bool { return r == ',' }) {
			n, ok := number(d, 0, 6)
			if !ok || slices.Contains(p.Weekdays, n) {
				return Plain{}, false
			}
			p.Weekdays = append(p.Weekdays, n)
		}
		return p, !strings.Contains(","+f[4]+",", ",,") || f[4] == ""
	case f[4] != "*":
		return Plain{}, false
	}
	if _, ok := number(f[2], 1, 31); !ok && f[2] != LastDay {
		return Plain{}, false
	}
	p.Every, p.Day = Month, f[2]
	if f[3] == "*" {
		return p, true
	}
	p.Every = Year
	p.Month, ok = number(f[3], 1, 12)
	return p, ok
}

// number reads a number without a sign or leading zeros.
func number(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high && strconv.Itoa(n) == s
}
