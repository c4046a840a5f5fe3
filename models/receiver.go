package models

import "time"

// Receiver is an address of the instance that records whatever is sent to it, to try workflows out.
type Receiver struct {
	ID          string `gorm:"primaryKey"`
	OrgID       string
	OwnerID     string
	Name        string
	Token       string // unguessable part of the address /receiver/{token}
	Status      int    // what it answers, 100 … 599
	DelayMS     int    // how long it waits before it answers
	ContentType string
	Body        string
	CreatedAt   time.Time
}

// Limits of receivers (contract §7: bounded).
const (
	ReceiverMaxRequests = 500       // kept per receiver; the oldest go first
	ReceiverMaxBody     = 256 << 10 // bytes kept of a request
	ReceiverMaxDelayMS  = 60_000
	ReceiverMaxAnswer   = 64 << 10 // bytes of the answer's body
)

// ReceiverContentTypes lists what a receiver may answer with (contract §7, Receivers): nothing that a browser would run.
var ReceiverContentTypes = []string{"text/plain", "application/json", "application/xml"}

// ReceivedRequest is one request that a receiver recorded.
type ReceivedRequest struct {
	ID         string `gorm:"primaryKey"` // ordered
	ReceiverID string
	Method     string
	Path       string // what followed the token, with the query
	Headers    JSON[[]Header]
	Body       string
	Truncated  bool
	Size       int64 // bytes of the body as it came
	IP         string
	At         time.Time
}
