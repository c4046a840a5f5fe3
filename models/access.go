package models

import "time"

// Access says what somebody may do with a survey and all that belongs to it: its collectors, responses, workflows and
// their runs. Each includes those before it.
type Access string

// The kinds of access.
const (
	AccessNone Access = ""     // not even that it is there
	AccessView Access = "view" // see everything, change nothing
	AccessEdit Access = "edit" // change and run it
	AccessOwn  Access = "own"  // share it, give it away, delete it; owners and who reaches everything have it
)

var accessRank = map[Access]int{AccessNone: 0, AccessView: 1, AccessEdit: 2, AccessOwn: 3}

// Allows reports whether this access is enough where need is asked for.
func (x Access) Allows(need Access) bool { return accessRank[x] >= accessRank[need] }

// SurveyShare lets a person into a survey that somebody else owns.
type SurveyShare struct {
	SurveyID  string `gorm:"primaryKey"`
	UserID    string `gorm:"primaryKey"`
	Access    Access // AccessView or AccessEdit
	SharedBy  string // id of a person
	CreatedAt time.Time
}
