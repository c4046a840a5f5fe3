package models

import "time"

// RefusalReason says why an event that was meant for a workflow started no run of it.
type RefusalReason string

// The reasons of a refusal.
const (
	RefusedRate      RefusalReason = "rate"           // more than the rate that the owner set
	RefusedSize      RefusalReason = "size"           // over the limit
	RefusedAuth      RefusalReason = "authentication" // no token, a wrong one, or a signature that does not fit
	RefusedDisabled  RefusalReason = "disabled"       // somebody turned the workflow off
	RefusedContent   RefusalReason = "content"        // the body is of another type, or no JSON
	RefusedCondition RefusalReason = "condition"      // the condition could not be evaluated
	RefusedDepth     RefusalReason = "depth"          // its own tasks caused it, again and again
	RefusedMissed    RefusalReason = "missed"         // its time passed while nobody worked
)

// RefusalReasons lists the reasons in the order in which people see them.
var RefusalReasons = []RefusalReason{
	RefusedAuth, RefusedSize, RefusedContent, RefusedRate, RefusedDisabled, RefusedCondition, RefusedDepth, RefusedMissed,
}

// Refusal is one event that was refused.
type Refusal struct {
	OrgID      string
	WorkflowID string
	Reason     RefusalReason
	Sample     RefusalSample
	DayOnly    bool // it is written down to the day alone (contract §7, Anonymity)
}

// RefusalSample is what people see of a refused event, without secrets: who makes one masks them.
type RefusalSample struct {
	Method  string    `json:"method,omitempty"`
	URL     string    `json:"url,omitempty"`
	Headers []Header  `json:"headers,omitempty"`
	Body    string    `json:"body,omitempty"`
	Cut     bool      `json:"cut,omitempty"`   // the body was longer
	Cause   string    `json:"cause,omitempty"` // id of the run whose task caused it
	Error   *RunError `json:"error,omitempty"` // what was wrong, where there is more to say than the reason
}

// Limits of what is kept of a refused event.
const (
	MaxRefusedBody    = 2 << 10 // bytes
	MaxRefusedHeaders = 30
	maxRefusedText    = 500 // characters of an address or a header's value
)

// Bounded gives the sample without what is over the limits.
func (s RefusalSample) Bounded() RefusalSample {
	if len(s.Body) > MaxRefusedBody {
		s.Body, s.Cut = s.Body[:MaxRefusedBody], true
	}
	s.Method, s.URL, s.Body = CleanText(cutText(s.Method)), CleanText(cutText(s.URL)), CleanText(s.Body)
	headers := s.Headers[:min(len(s.Headers), MaxRefusedHeaders)]
	s.Headers = make([]Header, len(headers))
	for i, h := range headers {
		s.Headers[i] = Header{Name: CleanText(cutText(h.Name)), Value: CleanText(cutText(h.Value))}
	}
	return s
}

func cutText(s string) string {
	if len(s) > maxRefusedText {
		return s[:maxRefusedText]
	}
	return s
}

// RefusalCount is how many events of a workflow were refused for one reason in one hour.
type RefusalCount struct {
	WorkflowID string        `gorm:"primaryKey"`
	Hour       int64         `gorm:"primaryKey;autoIncrement:false"` // hours since 1970
	Reason     RefusalReason `gorm:"primaryKey"`
	OrgID      string
	N          int64
	LastAt     time.Time
	Sample     JSON[RefusalSample] // of the last one
}

// Start gives when the hour begins.
func (c RefusalCount) Start() time.Time { return time.Unix(c.Hour*3600, 0).UTC() }
