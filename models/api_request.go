package models

import "time"

// APIRequestsKept is how long the calls of a token are kept.
const APIRequestsKept = 24 * time.Hour

// APIRequest is a call of the API by a token or an OAuth client whose owner asked for a log. Nothing of what was sent or answered is kept, and
// of the path its pattern alone.
type APIRequest struct {
	ID         string `gorm:"primaryKey"` // ordered by time
	OrgID      string
	TokenID    string // of an API token, or of the client that a token was got by
	Method     string
	Path       string // the pattern of the route, such as /API/v3/surveys/:surveyId
	Status     int
	DurationUS int64 `gorm:"column:duration_us"` // microseconds
	At         time.Time
}
