package models

import "time"

// CollectorCall is a call of a collector's webhook (api.php) as its owner is shown it. It never has a token.
type CollectorCall struct {
	ID           string `gorm:"primaryKey"` // ordered
	OrgID        string
	CollectorID  string
	TokenID      string // whose token it was; empty for a try on the page
	Method       string
	Params       JSON[map[string]string] // what was passed, by the names of CallParams
	Ignored      string                  // names that are no parameters, comma-separated
	Status       int
	Answer       string // JSON
	InvitationID *string
	EmailHash    string // see HashEmail: what is kept of a person is erased with them
	At           time.Time
}

// Limits of the log of calls.
const (
	CallsKept    = 100                 // of each collector, the newest
	CallsKeptFor = 14 * 24 * time.Hour // whatever their number
)

// CallParam is a parameter of a collector's webhook.
type CallParam struct {
	Name     string
	Required bool
}

// CallParams lists the parameters in the order in which pages offer them (contract §3), without the token.
var CallParams = []CallParam{
	{"cId", true},
	{"email", true},
	{"crk", true},
	{"referrer", false},
	{"language", false},
	{"phone", false},
	{"firstName", false},
	{"lastName", false},
	{"custom1", false},
	{"custom2", false},
	{"custom3", false},
	{"custom4", false},
	{"custom5", false},
	{"custom6", false},
	{"custom7", false},
	{"custom8", false},
}

// CallToken is the name of the parameter with the token.
const CallToken = "apiToken"

// The limit of a token that has none of its own, at a collector's webhook (contract §7, Limits).
const (
	CallRate  = 60 // a second
	CallBurst = 120
)
