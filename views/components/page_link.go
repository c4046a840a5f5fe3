package components

import "surveyflow/internal/link"

// FirstPage is the way back to the newest, where there is one.
func FirstPage(later bool, list string) string {
	if later {
		return list
	}
	return ""
}

// OlderPage is the way to what comes after, where there is something.
func OlderPage(next, list string) string {
	if next == "" {
		return ""
	}
	return link.With(list, "after", next)
}
