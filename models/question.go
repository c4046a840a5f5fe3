package models

import (
	"encoding/json"
	"strconv"
)

// RawFields keeps JSON members that the product does not use yet, to give them back unchanged.
type RawFields map[string]json.RawMessage

// QuestionType names how a question is asked and answered.
type QuestionType string

// The question types. What each parses, accepts and exports is in internal/survey; how it looks is in views.
const (
	QuestionSingleChoice   QuestionType = "singleChoice"
	QuestionMultipleChoice QuestionType = "multipleChoice"
	QuestionShortText      QuestionType = "shortText"
	QuestionLongText       QuestionType = "longText"
	QuestionNumber         QuestionType = "number"
	QuestionNPS            QuestionType = "nps"
)

// QuestionTypes lists the types in the order in which the builder offers them.
var QuestionTypes = []QuestionType{
	QuestionSingleChoice, QuestionMultipleChoice, QuestionShortText, QuestionLongText, QuestionNumber, QuestionNPS,
}

// HasChoices reports whether the owner writes the choices of such a question.
func (t QuestionType) HasChoices() bool {
	return t == QuestionSingleChoice || t == QuestionMultipleChoice
}

// Question is one thing that is asked.
type Question struct {
	ID           string       `json:"id"` // QID1, QID2 …
	Type         QuestionType `json:"type"`
	Text         string       `json:"text"`
	Help         string       `json:"help,omitempty"`
	Tag          string       `json:"tag,omitempty"` // export tag; empty means Q and the number of the id
	Required     bool         `json:"required,omitempty"`
	Choices      []Choice     `json:"choices,omitempty"`
	NextChoiceID int          `json:"nextChoiceId,omitempty"` // choice ids are never used again
	Rows         []Choice     `json:"rows,omitempty"`         // the statements of a matrix, the sliders of a slider question
	Rules        Rules        `json:"rules,omitzero"`
	Display      *Condition   `json:"display,omitempty"` // shown only when true
	Extra        RawFields    `json:"extra,omitempty"`
}

// Choice is one possible answer, or one row of a question with several.
type Choice struct {
	ID        int    `json:"id"`
	Text      string `json:"text"`
	Recode    string `json:"recode,omitempty"`    // value in exports and workflows; empty means the id
	TextEntry bool   `json:"textEntry,omitempty"` // "Other, please specify"
	Exclusive bool   `json:"exclusive,omitempty"` // excludes all other choices
}

// Rules limit what a question accepts. Nil and zero mean no limit.
type Rules struct {
	Min        *float64 `json:"min,omitempty"` // smallest number
	Max        *float64 `json:"max,omitempty"` // largest number
	Decimals   *int     `json:"decimals,omitempty"`
	MinLength  int      `json:"minLength,omitempty"` // characters
	MaxLength  int      `json:"maxLength,omitempty"`
	MinChoices int      `json:"minChoices,omitempty"`
	MaxChoices int      `json:"maxChoices,omitempty"`
	Pattern    string   `json:"pattern,omitempty"` // RE2
	Message    string   `json:"message,omitempty"` // shown instead of the built-in sentence
}

// QuestionID gives the id of the n-th question that a survey ever had.
func QuestionID(n int) string { return "QID" + strconv.Itoa(n) }

// ExportTag gives the question's column name: its tag, or Q and the number of its id.
func (q *Question) ExportTag() string {
	if q.Tag != "" {
		return q.Tag
	}
	return "Q" + q.ID[min(3, len(q.ID)):]
}

// Choice finds a choice by its id; nil when the question has none.
func (q *Question) Choice(id int) *Choice { return findChoice(q.Choices, id) }

// Row finds a row by its id; nil when the question has none.
func (q *Question) Row(id int) *Choice { return findChoice(q.Rows, id) }

func findChoice(all []Choice, id int) *Choice {
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

// RecodeValue gives the choice's value in exports and workflows: its recode, or its id.
func (c *Choice) RecodeValue() string {
	if c.Recode != "" {
		return c.Recode
	}
	return strconv.Itoa(c.ID)
}
