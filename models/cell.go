package models

import "strings"

// DefuseCell keeps a spreadsheet from taking a text for a formula (OWASP, "CSV Injection"): what begins like one gets an
// apostrophe. It is for files that people open; programs get values unchanged.
func DefuseCell(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r\n", text[0]) >= 0 {
		return "'" + text
	}
	return text
}
