package models

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ISO 8601 durations of days and below: months and years have no fixed length, so that they are not durations here.
var isoDuration = regexp.MustCompile(`^P(?:(\d{1,5})W|(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.(\d{1,6}))?S)?)?)$`)

// ParseDuration reads an ISO 8601 duration such as PT5S, PT1H30M, P2D or P1W. Months and years are refused.
func ParseDuration(text string) (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, fmt.Errorf("%q is no ISO 8601 duration such as PT5S or P1D", text)
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return 0, fmt.Errorf("read duration %q: %w", text, err)
		}
		d += time.Duration(n) * unit
	}
	if m[6] != "" {
		micros, err := strconv.Atoi((m[6] + "000000")[:6])
		if err != nil {
			return 0, fmt.Errorf("read duration %q: %w", text, err)
		}
		d += time.Duration(micros) * time.Microsecond
	}
	return d, nil
}

// FormatDuration writes a duration of whole seconds as ISO 8601, in the largest units that fit.
func FormatDuration(d time.Duration) string {
	if d < time.Second {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteByte('P')
	if days := d / (24 * time.Hour); days > 0 {
		fmt.Fprintf(&b, "%dD", days)
		d -= days * 24 * time.Hour
	}
	if d > 0 {
		b.WriteByte('T')
	}
	for _, u := range []struct {
		unit   time.Duration
		letter byte
	}{{time.Hour, 'H'}, {time.Minute, 'M'}, {time.Second, 'S'}} {
		if n := d / u.unit; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, u.letter)
			d -= n * u.unit
		}
	}
	return b.String()
}
