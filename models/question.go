package models

import (
	"encoding/json"
	"math"
	"strconv"
)

// RawFields keeps JSON members that the product does not use yet, to give them back unchanged.
type RawFields map[string]json.RawMessage

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
	NextRowID    int          `json:"nextRowId,omitempty"`    // nor are those of rows
	Rows         []Choice     `json:"rows,omitempty"`         // the statements of a matrix, the sliders of a slider question
	Scale        Scale        `json:"scale,omitzero"`
	Rules        Rules        `json:"rules,omitzero"`
	Display      *Condition   `json:"display,omitempty"` // shown only when true
	Translations Translations `json:"translations,omitempty"`
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

// Shape says what the points of a rating look like.
type Shape string

// The shapes of a rating.
const (
	ShapeStars   Shape = "" // as many as the chosen number are filled
	ShapeNumbers Shape = "numbers"
)

// Shapes lists the shapes of a rating.
var Shapes = []Shape{ShapeStars, ShapeNumbers}

// Scale says how the points of a rating, an NPS question or a slider are offered.
type Scale struct {
	Points int     `json:"points,omitempty"` // of a rating; 0 means DefaultPoints
	Shape  Shape   `json:"shape,omitempty"`  // of a rating
	Low    string  `json:"low,omitempty"`    // words at the lower end
	High   string  `json:"high,omitempty"`   // words at the upper end
	Step   float64 `json:"step,omitempty"`   // of the handle of a slider; 0 means the smallest that its decimals allow
}

// The points of a rating: as many as it has when its question says nothing, and as it may have.
const (
	DefaultPoints = 5
	MaxPoints     = 11
)

// RatingPoints gives how many points the rating has; they count from 1.
func (s Scale) RatingPoints() int {
	if s.Points == 0 {
		return DefaultPoints
	}
	return s.Points
}

// The range of a slider whose rules name none.
const (
	SliderMin = 0
	SliderMax = 100
)

// SliderRange gives the least and the greatest number of a slider.
func (q *Question) SliderRange() (low, high float64) {
	low, high = SliderMin, SliderMax
	if q.Rules.Min != nil {
		low = *q.Rules.Min
	}
	if q.Rules.Max != nil {
		high = *q.Rules.Max
	}
	return low, high
}

// SliderDecimals gives how many digits after the point a slider takes; none when its rules say nothing.
func (q *Question) SliderDecimals() int {
	if q.Rules.Decimals == nil {
		return 0
	}
	return *q.Rules.Decimals
}

// SliderStep gives by how much the handle of a slider moves.
func (q *Question) SliderStep() float64 {
	if q.Scale.Step > 0 {
		return q.Scale.Step
	}
	return math.Pow10(-q.SliderDecimals())
}

// DayRule says on which side of today a date has to be. Today itself is always possible.
type DayRule string

// The rules of days.
const (
	DayAny       DayRule = ""
	DayNotFuture DayRule = "notFuture"
	DayNotPast   DayRule = "notPast"
)

// DayRules lists the rules of days.
var DayRules = []DayRule{DayAny, DayNotFuture, DayNotPast}

// Rules limit what a question accepts. Nil and zero mean no limit.
type Rules struct {
	Min        *float64 `json:"min,omitempty"` // smallest number
	Max        *float64 `json:"max,omitempty"` // largest number
	Decimals   *int     `json:"decimals,omitempty"`
	Earliest   string   `json:"earliest,omitempty"`  // first possible date, YYYY-MM-DD
	Latest     string   `json:"latest,omitempty"`    // last one
	Day        DayRule  `json:"day,omitempty"`       // on which side of today a date has to be
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
