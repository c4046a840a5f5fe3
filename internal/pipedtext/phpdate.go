package pipedtext

import (
	"strconv"
	"strings"
	"time"
)

// defaultShort is what the format DS stands for.
const defaultShort = "m/d/Y"

// appendDate formats t like PHP's date(): a letter stands for a part, a backslash keeps the letter after it, and
// everything else is itself. English names, as PHP's.
func appendDate(dst []byte, t time.Time, format string) []byte {
	if format == "DS" {
		format = defaultShort
	}
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c == '\\' {
			if i++; i < len(format) {
				dst = append(dst, format[i])
			}
			continue
		}
		if layout := goLayouts[c]; layout != "" {
			dst = t.AppendFormat(dst, layout)
			continue
		}
		dst = appendDatePart(dst, t, c)
	}
	return dst
}

// goLayouts are the PHP letters that a layout of package time can say.
var goLayouts = [256]string{
	'd': "02", 'D': "Mon", 'j': "2", 'l': "Monday",
	'F': "January", 'M': "Jan", 'm': "01", 'n': "1",
	'Y': "2006", 'y': "06",
	'a': "pm", 'A': "PM", 'g': "3", 'h': "03", 'H': "15", 'i': "04", 's': "05",
	'O': "-0700", 'P': "-07:00", 'p': "Z07:00", 'T': "MST",
	'c': "2006-01-02T15:04:05-07:00", 'r': "Mon, 02 Jan 2006 15:04:05 -0700",
}

// appendDatePart appends what one of the other letters stands for, or the character itself.
func appendDatePart(dst []byte, t time.Time, letter byte) []byte {
	switch letter {
	case 'N': // day of the week, Monday is 1
		return appendInt(dst, (int(t.Weekday())+6)%7+1, 1)
	case 'w': // day of the week, Sunday is 0
		return appendInt(dst, int(t.Weekday()), 1)
	case 'S':
		return append(dst, ordinal(t.Day())...)
	case 'z': // day of the year, from 0
		return appendInt(dst, t.YearDay()-1, 1)
	case 't': // days of the month
		return appendInt(dst, time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day(), 1)
	case 'L': // 1 in a leap year
		return appendInt(dst, time.Date(t.Year(), time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()-365, 1)
	case 'W':
		_, week := t.ISOWeek()
		return appendInt(dst, week, 2)
	case 'o': // year of the ISO week
		year, _ := t.ISOWeek()
		return appendInt(dst, year, 1)
	case 'G':
		return appendInt(dst, t.Hour(), 1)
	case 'B': // Swatch Internet Time: thousandths of a day at UTC+1
		seconds := (t.Unix()%86400 + 3600 + 86400) % 86400
		return appendInt(dst, int(seconds*1000/86400), 3)
	case 'u':
		return appendInt(dst, t.Nanosecond()/1000, 6)
	case 'v':
		return appendInt(dst, t.Nanosecond()/1_000_000, 3)
	case 'e':
		return append(dst, t.Location().String()...)
	case 'I': // 1 in daylight saving time
		if t.IsDST() {
			return append(dst, '1')
		}
		return append(dst, '0')
	case 'Z': // seconds east of UTC
		_, offset := t.Zone()
		return strconv.AppendInt(dst, int64(offset), 10)
	case 'U':
		return strconv.AppendInt(dst, t.Unix(), 10)
	}
	return append(dst, letter)
}

// appendInt appends n with at least width digits.
func appendInt(dst []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// ordinal gives the English ending of a day's number.
func ordinal(day int) string {
	if day/10 != 1 {
		switch day % 10 {
		case 1:
			return "st"
		case 2:
			return "nd"
		case 3:
			return "rd"
		}
	}
	return "th"
}

// offset is a distance from a time.
type offset struct {
	years, months, days int
	exact               time.Duration
}

// maxOffset bounds each number of an offset; more than a hundred years of days is a mistake.
const maxOffset = 100_000

// from gives the time at the offset from t. Like PHP, a day that a month lacks runs on into the next month.
func (o offset) from(t time.Time) time.Time {
	return t.AddDate(o.years, o.months, o.days).Add(o.exact)
}

// splitOffset separates the format of a date from the offset after its last slash, when there is one.
func splitOffset(path string) (format string, off offset) {
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		if off, ok := parseOffset(path[slash+1:]); ok {
			return path[:slash], off
		}
	}
	return path, offset{}
}

// parseOffset reads an offset as PHP writes it: "-1 day", "+2 weeks 3 hours". It begins with a sign, which also holds
// for what follows until the next one.
func parseOffset(s string) (off offset, ok bool) {
	sign := 0
	for s = strings.ToLower(strings.TrimSpace(s)); s != ""; s = strings.TrimLeft(s, " ") {
		switch s[0] {
		case '+':
			sign, s = 1, s[1:]
		case '-':
			sign, s = -1, s[1:]
		}
		s = strings.TrimLeft(s, " ")
		digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
		s = strings.TrimLeft(s[len(digits):], " ")
		unit := s[:len(s)-len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz"))]
		s = s[len(unit):]
		n, err := strconv.Atoi(digits)
		if sign == 0 || err != nil || n > maxOffset || !off.add(sign*n, unit) {
			return offset{}, false
		}
		ok = true
	}
	return off, ok
}

// add adds n units.
func (o *offset) add(n int, unit string) bool {
	switch strings.TrimSuffix(unit, "s") {
	case "year":
		o.years += n
	case "month":
		o.months += n
	case "fortnight":
		o.days += 14 * n
	case "week":
		o.days += 7 * n
	case "day":
		o.days += n
	case "hour":
		o.exact += time.Duration(n) * time.Hour
	case "minute", "min":
		o.exact += time.Duration(n) * time.Minute
	case "second", "sec":
		o.exact += time.Duration(n) * time.Second
	default:
		return false
	}
	return true
}
