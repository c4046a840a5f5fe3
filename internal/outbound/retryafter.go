package outbound

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter returns how long the service asks to wait before the next try, at most [MaxRetryAfter], and whether it
// asks at all. It reads both forms of the header, seconds and an HTTP date (RFC 9110 §10.2.3); a date in the past is
// no wait.
func RetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range, ParseUint returns the largest number
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(date.Sub(now), 0), MaxRetryAfter), true
}
