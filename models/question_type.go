package models

import "slices"

// QuestionType names how a question is asked and answered.
type QuestionType string

// The question types. What each parses, accepts and exports is in internal/survey; how it looks is in views.
const (
	QuestionSingleChoice   QuestionType = "singleChoice"
	QuestionMultipleChoice QuestionType = "multipleChoice"
	QuestionDropdown       QuestionType = "dropdown"
	QuestionYesNo          QuestionType = "yesNo"
	QuestionRating         QuestionType = "rating"
	QuestionNPS            QuestionType = "nps"
	QuestionMatrix         QuestionType = "matrix"         // one choice a row
	QuestionMatrixMultiple QuestionType = "matrixMultiple" // several choices a row
	QuestionRanking        QuestionType = "ranking"
	QuestionSlider         QuestionType = "slider"
	QuestionShortText      QuestionType = "shortText"
	QuestionLongText       QuestionType = "longText"
	QuestionNumber         QuestionType = "number"
	QuestionEmail          QuestionType = "email"
	QuestionPhone          QuestionType = "phone"
	QuestionURL            QuestionType = "url"
	QuestionDate           QuestionType = "date"
	QuestionStatement      QuestionType = "statement"
	QuestionConsent        QuestionType = "consent"
)

// QuestionTypes lists the types in the order in which the builder offers them.
var QuestionTypes = []QuestionType{
	QuestionSingleChoice, QuestionMultipleChoice, QuestionDropdown, QuestionYesNo, QuestionRanking,
	QuestionRating, QuestionNPS, QuestionSlider, QuestionMatrix, QuestionMatrixMultiple,
	QuestionShortText, QuestionLongText, QuestionNumber, QuestionEmail, QuestionPhone, QuestionURL, QuestionDate,
	QuestionStatement, QuestionConsent,
}

// The ids of the choices of a yes/no question. A consent has the first of them alone.
const (
	ChoiceYes = 1
	ChoiceNo  = 2
)

// HasChoices reports whether such a question has choices.
func (t QuestionType) HasChoices() bool {
	switch t {
	case QuestionSingleChoice, QuestionMultipleChoice, QuestionDropdown, QuestionRanking, QuestionMatrix, QuestionMatrixMultiple:
		return true
	}
	return t.FixedChoices()
}

// HasRows reports whether such a question has rows, each with an answer of its own.
func (t QuestionType) HasRows() bool {
	return t == QuestionMatrix || t == QuestionMatrixMultiple || t == QuestionSlider
}

// TakesOther reports whether a choice of such a question can ask for a text: "Other, please specify".
func (t QuestionType) TakesOther() bool {
	return t == QuestionSingleChoice || t == QuestionMultipleChoice || t == QuestionDropdown
}

// Numeric reports whether the answer to such a question, or to a row of it, is a number.
func (t QuestionType) Numeric() bool {
	return t == QuestionNumber || t == QuestionNPS || t == QuestionRating || t == QuestionSlider
}

// SeveralChoices reports whether an answer to such a question, or to a row of it, can have several choices.
func (t QuestionType) SeveralChoices() bool {
	return t == QuestionMultipleChoice || t == QuestionMatrixMultiple
}

// FixedChoices reports whether the owner words the choices of such a question, and neither adds nor removes any.
func (t QuestionType) FixedChoices() bool { return t == QuestionYesNo || t == QuestionConsent }

// Answered reports whether such a question takes an answer. A statement is only read.
func (t QuestionType) Answered() bool { return t != QuestionStatement }

// families are the types that a question can change between and keep its texts and choices.
var families = [][]QuestionType{
	{QuestionSingleChoice, QuestionMultipleChoice, QuestionDropdown, QuestionRanking},
	{QuestionMatrix, QuestionMatrixMultiple},
	{QuestionShortText, QuestionLongText, QuestionNumber, QuestionEmail, QuestionPhone, QuestionURL, QuestionDate},
	{QuestionRating, QuestionNPS},
}

// ConvertibleTo lists the types that such a question can become without losing its texts and choices; its own is among
// them. It is nil when there is no other. While no choice has a word yet (worded is false), a question with choices can
// become any other: it was never live, and there is nothing to lose.
func (t QuestionType) ConvertibleTo(worded bool) []QuestionType {
	if !worded && slices.Contains(families[0], t) {
		return QuestionTypes
	}
	if t == QuestionYesNo { // its two choices are choices like others; the way back would lose some
		return []QuestionType{QuestionYesNo, QuestionSingleChoice, QuestionDropdown}
	}
	for _, family := range families {
		if slices.Contains(family, t) {
			return family
		}
	}
	return nil
}
