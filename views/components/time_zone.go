package components

import "time"

// Pointed gives the time that a pointer leads to; the zero time for nil.
func Pointed(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// ZoneOptions makes the choices of a time zone; the chosen one is there even when the list lacks it. empty, when not
// "", is the label of no zone of one's own.
func ZoneOptions(zones []string, chosen, empty string) []Option {
	var out []Option
	if empty != "" {
		out = append(out, Option{Label: empty})
	}
	known := chosen == ""
	for _, z := range zones {
		out = append(out, Option{Value: z, Label: z})
		known = known || z == chosen
	}
	if !known {
		out = append(out, Option{Value: chosen, Label: chosen})
	}
	return out
}
