package models

import "encoding/json"

// Answer is what a respondent answered to one question, in a form that is the same for all types: exports, reports,
// piped text and conditions read this and never a form. The zero value means unanswered.
type Answer struct {
	Choices []int          `json:"choices,omitempty"` // ids; in the question's order, for a ranking in the respondent's
	Text    string         `json:"text,omitempty"`
	Other   map[int]string `json:"other,omitempty"`  // texts typed beside choices, by choice id
	Number  json.Number    `json:"number,omitempty"` // digit for digit as it was typed, without leading zeros
	Rows    map[int]Answer `json:"rows,omitempty"`   // answers per row of a matrix or per slider
}

// Answers are the answers of a response by question id.
type Answers map[string]Answer

// Empty reports whether nothing was answered.
func (a Answer) Empty() bool {
	return len(a.Choices) == 0 && a.Text == "" && a.Number == "" && len(a.Rows) == 0
}

// Has reports whether the choice is among the chosen ones.
func (a Answer) Has(choice int) bool {
	for _, c := range a.Choices {
		if c == choice {
			return true
		}
	}
	return false
}
