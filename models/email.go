package models

import (
	"net/mail"
	"strings"
)

// MaxEmail is how many bytes an e-mail address may have (RFC 5321 §4.5.3.1.3, without the angle brackets).
const MaxEmail = 254

// EmailKey gives the form of an e-mail address by which addresses are compared: without white space around it and
// in lower case. Two addresses with the same key are the same person's.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(CleanText(email))) }

// ValidEmail reports whether the text is one bare e-mail address (RFC 5322 §3.4.1), without a name or angle brackets.
func ValidEmail(email string) bool {
	if len(email) > MaxEmail || strings.ContainsAny(email, " \t\r\n\"<>") {
		return false
	}
	a, err := mail.ParseAddress(email)
	return err == nil && a.Name == "" && a.Address == email
}
