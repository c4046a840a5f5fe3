package models

import (
	"encoding/json"
	"time"
)

// SnapshotVersion is the version of the [Snapshot] format that this program writes.
const SnapshotVersion = 1

// SnapshotLimit is the largest stored snapshot in bytes: more than any form that is accepted can fill.
const SnapshotLimit = 2 << 20

// Snapshot is all that piped text and conditions can name about what happened, as it was at that moment: values only.
// Texts and labels come from the version of the survey that it names. It is kept as text with the event and read
// again by every run, retry and replay, so that a retry sends the same body.
type Snapshot struct {
	V        int               `json:"v"`
	Response *ResponseSnapshot `json:"response,omitempty"`
	Answers  Answers           `json:"answers,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`  // embedded data
	Survey   string            `json:"survey,omitempty"`  // its name
	Labels   int               `json:"labels,omitempty"`  // revision of its data labels; 0 while all are automatic
	Updated  bool              `json:"updated,omitempty"` // the response was there before, and was changed
	Contact  *Person           `json:"contact,omitempty"` // nil for an anonymous survey and without a contact
	Payload  json.RawMessage   `json:"payload,omitempty"` // of a JSON event
}

// ResponseSnapshot is the metadata of a response at the moment of its event.
type ResponseSnapshot struct {
	ID         string        `json:"id"`
	SurveyID   string        `json:"surveyId"`
	State      ResponseState `json:"state"`
	Channel    Channel       `json:"channel"`
	Language   string        `json:"language"`
	StartedAt  time.Time     `json:"startedAt"`
	RecordedAt time.Time     `json:"recordedAt"`
	IP         string        `json:"ip,omitempty"`
	Progress   int           `json:"progress"` // percent of pages
}

// Person is who a response or an event is about.
type Person struct {
	FirstName  string            `json:"firstName,omitempty"`
	LastName   string            `json:"lastName,omitempty"`
	Email      string            `json:"email,omitempty"`
	Phone      string            `json:"phone,omitempty"`
	Language   string            `json:"language,omitempty"`
	ExternalID string            `json:"externalReference,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"`
}
