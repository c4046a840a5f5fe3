package models

import "time"

// EventType names what can start a workflow (contract §6).
type EventType string

// The event types.
const (
	EventSurveyResponse   EventType = "surveyResponse"
	EventJSON             EventType = "jsonEvent"
	EventContactList      EventType = "contactList"
	EventSurveyDefinition EventType = "surveyDefinition"
	EventSchedule         EventType = "schedule"
)

// EventTypes lists the types in the order in which the editor offers them.
var EventTypes = []EventType{EventSurveyResponse, EventSurveyDefinition, EventSchedule, EventJSON, EventContactList}

// NeedsSurvey reports whether only a workflow that belongs to a survey can wait for such events.
// One of no survey hears of the lives of all surveys that its owner sees.
func (t EventType) NeedsSurvey() bool { return t == EventSurveyResponse }

// FitsSurvey reports whether a workflow with a survey, or without one, can wait for such events.
func (t EventType) FitsSurvey(has bool) bool {
	if has {
		return t != EventContactList
	}
	return !t.NeedsSurvey()
}

// MaxChainDepth is how many calls of our own addresses by our own runs may follow one another;
// a deeper one fails to start, so that a workflow that causes its own event ends (contract §7, Own addresses).
const MaxChainDepth = 5

// Headers of our own calls (contract §4). HeaderDepth is sent to our own addresses only.
const (
	HeaderRun   = "X-Surveyflow-Run"
	HeaderDepth = "X-Surveyflow-Depth"
)

// Event is something that happened and that at least one workflow waited for.
type Event struct {
	ID            string `gorm:"primaryKey"` // ordered
	OrgID         string
	Type          EventType
	SurveyID      *string
	SurveyVersion *int
	ResponseID    *string
	ContactID     *string
	WorkflowID    *string // the one that it was sent to
	Dedupe        *string // a second event with the same value is the same event
	CauseRun      *string // the run whose call caused it
	Depth         int     // length of the chain of causes
	Test          bool
	Payload       string // a Snapshot as JSON text, to the byte
	// Snapshot is what Payload says, where it is at hand: nil for an event that was read. Nobody may change it.
	Snapshot  *Snapshot `gorm:"-"`
	CreatedAt time.Time
}
