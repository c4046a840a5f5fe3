package models

import "time"

// ResponseState says how far a response is.
type ResponseState string

// The states of a response. Partial means that its time ran out before it was finished.
const (
	ResponseInProgress ResponseState = "in progress"
	ResponsePartial    ResponseState = "partial"
	ResponseCompleted  ResponseState = "completed"
)

// Channel says how a response came.
type Channel string

// The channels, with the names that exports use.
const (
	ChannelLink    Channel = "anonymous" // a public link: the name that the field uses for it
	ChannelEmail   Channel = "email"
	ChannelAPI     Channel = "api"
	ChannelPreview Channel = "preview"
	ChannelImport  Channel = "import"
)

// Response is what one respondent answered to one version of a survey.
type Response struct {
	ID            string `gorm:"primaryKey"`
	OrgID         string
	SurveyID      string
	SurveyVersion int
	CollectorID   string
	InvitationID  *string
	Crk           *string // response key, unique within the collector
	TokenHash     string  // SHA-256 of the secret that lets a browser go on; empty when nobody can
	State         ResponseState
	Channel       Channel
	Language      string // BCP 47
	Answers       JSON[Answers]
	Fields        JSON[map[string]string] // embedded data and what the link passed (referrer, custom1 … custom8)
	Page          string                  // id of the block that the respondent is at
	Rev           int64                   // goes up with every write; a write names the one it saw
	IP            string
	UserAgent     string
	StartedAt     time.Time
	UpdatedAt     time.Time  `gorm:"autoUpdateTime:false"`
	RecordedAt    *time.Time // when it was completed or counted as partial
	ExpiresAt     *time.Time // when an unfinished one is counted as partial
}

// Finished reports whether the respondent reached the end.
func (r *Response) Finished() bool { return r.State == ResponseCompleted }

// Duration gives the time from the first page to the record; zero while in progress.
func (r *Response) Duration() time.Duration {
	if r.RecordedAt == nil {
		return 0
	}
	return r.RecordedAt.Sub(r.StartedAt)
}
