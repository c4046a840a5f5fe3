package i18n

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/number"
)

// calendar is how a language writes days and times. It comes from the catalogue (format.en.json): layouts are Go's
// (2006-01-02 15:04:05) with Jan standing for the month's short name.
type calendar struct {
	months   []string
	date     string
	dateTime string
	exact    string
	clock    string
}

// newCalendar reads the calendar of a speaker's catalogue.
func newCalendar(s *speaker) calendar {
	return calendar{
		months:   strings.Split(s.text("format.months", nil), "|"),
		date:     s.text("format.date", nil),
		dateTime: s.text("format.date_time", nil),
		exact:    s.text("format.exact", nil),
		clock:    s.text("format.clock", nil),
	}
}

// write formats t by a layout of the calendar.
func (c calendar) write(t time.Time, layout string) string {
	before, after, named := strings.Cut(layout, "Jan")
	if !named || len(c.months) != 12 {
		return t.Format(layout)
	}
	return t.Format(before) + c.months[t.Month()-1] + t.Format(after)
}

// Time returns the day and time to the minute as the reader writes it in their zone: "22 Nov 2026, 10:42". A zero time
// is the empty string.
func Time(ctx context.Context, t time.Time) string {
	r := from(ctx)
	return r.format(t, r.speaker.calendar.dateTime)
}

// ExactTime returns the day, the time to the millisecond and the zone: "22 Nov 2026, 10:42:07.123 CET". A zero time is
// the empty string.
func ExactTime(ctx context.Context, t time.Time) string {
	r := from(ctx)
	return r.format(t, r.speaker.calendar.exact)
}

// Date returns the day alone in the reader's zone: "22 Nov 2026". A zero time is the empty string.
func Date(ctx context.Context, t time.Time) string {
	r := from(ctx)
	return r.format(t, r.speaker.calendar.date)
}

// Clock returns the time of day in the reader's zone, "10:42", as in "Saved 10:42". A zero time is the empty string.
func Clock(ctx context.Context, t time.Time) string {
	r := from(ctx)
	return r.format(t, r.speaker.calendar.clock)
}

// format writes t in the reader's zone.
func (r reader) format(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return r.speaker.calendar.write(t.In(r.zone), layout)
}

const day = 24 * time.Hour

// RelativeTime says how far t is from now, in the past or the future, in the largest fitting unit: "5 minutes ago",
// "in 2 hours". Beyond 30 days, or when now is zero, it is the day and time. A zero t is the empty string.
func RelativeTime(ctx context.Context, t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	if now.IsZero() {
		return Time(ctx, t)
	}
	side, distance := "ago", now.Sub(t)
	if distance < 0 {
		side, distance = "in", -distance
	}
	switch {
	case distance < 10*time.Second && side == "ago":
		return T(ctx, "format.now")
	case distance < time.Minute:
		return T(ctx, "format."+side+".seconds", "Count", int(distance/time.Second))
	case distance < time.Hour:
		return T(ctx, "format."+side+".minutes", "Count", int(distance/time.Minute))
	case distance < day:
		return T(ctx, "format."+side+".hours", "Count", int(distance/time.Hour))
	case distance <= 30*day:
		return T(ctx, "format."+side+".days", "Count", int(distance/day))
	}
	return Time(ctx, t)
}

// Duration writes a length of time with the precision people compare runs by: "0 ms", "132 ms", "1.3 s", "2 min 5 s",
// "3 h 10 min".
func Duration(ctx context.Context, d time.Duration) string {
	switch {
	case d < 0:
		d = 0
		fallthrough
	case d < time.Second:
		return T(ctx, "format.milliseconds", "N", Number(ctx, d.Milliseconds()))
	case d < time.Minute:
		return T(ctx, "format.seconds", "N", Decimal(ctx, d.Seconds(), 1))
	case d < time.Hour:
		return T(ctx, "format.minutes", "N", int(d/time.Minute), "S", int(d%time.Minute/time.Second))
	}
	return T(ctx, "format.hours", "N", Number(ctx, int64(d/time.Hour)), "M", int(d%time.Hour/time.Minute))
}

// Number writes a whole number with the reader's digit grouping: "12,345".
func Number[N ~int | ~int32 | ~int64 | ~uint | ~uint64](ctx context.Context, n N) string {
	return from(ctx).speaker.printer.Sprint(number.Decimal(n))
}

// Decimal writes a number with at most the given digits after the reader's decimal separator.
func Decimal(ctx context.Context, n float64, digits int) string {
	return from(ctx).speaker.printer.Sprint(number.Decimal(n, number.MaxFractionDigits(digits)))
}

// Bytes writes a size in the units people know: "512 B", "1.5 kB", "10 MB" (powers of 1000).
func Bytes(ctx context.Context, n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 1000 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return Decimal(ctx, size, 1) + "\u00a0" + units[unit]
}
