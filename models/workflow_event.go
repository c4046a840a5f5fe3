package models

import "encoding/json"

// EventSpec says which events start the workflow. Each type of event has members of its own; the others stay empty and are
// not written.
type EventSpec struct {
	Type EventType `json:"type"`
	On   []string  `json:"on,omitempty"`

	// Of surveyResponse.
	IncludeIncomplete bool `json:"includeIncomplete,omitempty"`
	IncludeImported   bool `json:"includeImported,omitempty"`

	// Of jsonEvent.
	URL            string       `json:"url,omitempty"` // the address to call, absolute; told, and never taken or kept
	Fields         []EventField `json:"fields,omitempty"`
	Authentication *bool        `json:"authentication,omitempty"` // nil means true
	HMAC           *HMACSpec    `json:"hmac,omitempty"`
	RatePerMinute  int          `json:"ratePerMinute,omitempty"` // accepted in a minute at most; 0 means without limit

	// Of schedule.
	Cron     string `json:"cron,omitempty"`     // five fields
	TimeZone string `json:"timeZone,omitempty"` // IANA name, by whose clock the times are meant

	// Of contactList.
	MailingListID string `json:"mailingListId,omitempty"` // empty for all lists that the owner sees
}

// MarshalJSON writes the members that the event's type has.
func (e EventSpec) MarshalJSON() ([]byte, error) {
	switch e.Type {
	case EventSurveyResponse:
		return MarshalJSON(struct {
			Type              EventType `json:"type"`
			On                []string  `json:"on,omitempty"`
			IncludeIncomplete bool      `json:"includeIncomplete"`
			IncludeImported   bool      `json:"includeImported"`
		}{e.Type, e.On, e.IncludeIncomplete, e.IncludeImported})
	case EventJSON:
		fields := e.Fields
		if fields == nil {
			fields = []EventField{}
		}
		return MarshalJSON(struct {
			Type           EventType    `json:"type"`
			URL            string       `json:"url,omitempty"`
			Fields         []EventField `json:"fields"`
			Authentication bool         `json:"authentication"`
			HMAC           *HMACSpec    `json:"hmac"`
			RatePerMinute  int          `json:"ratePerMinute,omitempty"`
		}{e.Type, e.URL, fields, e.Authenticated(), e.HMAC, e.RatePerMinute})
	}
	if e.Type == EventSchedule {
		return MarshalJSON(struct {
			Type     EventType `json:"type"`
			Cron     string    `json:"cron"`
			TimeZone string    `json:"timeZone"`
		}{e.Type, e.Cron, e.TimeZone})
	}
	type plain EventSpec
	return json.Marshal(plain(e))
}

// Authenticated reports whether who sends a JSON event must show a token.
func (e EventSpec) Authenticated() bool { return e.Authentication == nil || *e.Authentication }

// What an event of a response or contact may be about (EventSpec.On).
const (
	OnCreated = "created"
	OnUpdated = "updated"
	// OnStarted is for the messages of event subscriptions alone: an invited person has sent their first page.
	OnStarted = "started"
	OnAdded   = "added" // of a contactList event
)

// What a surveyDefinition event may be about (EventSpec.On).
const (
	OnActivated = "activated" // it takes answers, and did not before
	OnClosed    = "closed"    // it takes none any more
	OnPublished = "published" // another version is live
)

// SurveyChanges lists what a surveyDefinition event may be about, in the order in which the editor offers it.
var SurveyChanges = []string{OnActivated, OnClosed, OnPublished}

// Limits of JSON events.
const (
	EventBodyLimit     = 100 << 10 // bytes of a body (contract §5)
	MaxEventFields     = 200
	MaxRatePerMinute   = 600_000
	MaxEventFieldName  = 100 // characters
	MaxEventFieldPath  = 500 // characters
	MaxHMACHeader      = 100
	MaxHMACSecretBytes = 500
)

// EventField names a part of a JSON event: ~{aedj://NAME} is what its path finds.
type EventField struct {
	Name string `json:"name"`
	Path string `json:"path"` // JSONPath (RFC 9535)
}

// HMACSpec says how the sender of a JSON event signs it. The secret is kept apart and sealed.
type HMACSpec struct {
	Scheme    HMACScheme    `json:"scheme"`
	Header    string        `json:"header,omitempty"`    // of an own scheme: where the signature stands
	Algorithm HMACAlgorithm `json:"algorithm,omitempty"` // of an own scheme
	Encoding  HMACEncoding  `json:"encoding,omitempty"`  // of an own scheme
	Prefix    string        `json:"prefix,omitempty"`    // of an own scheme: what stands before the signature, such as "sha256="
	Secret    string        `json:"secret,omitempty"`    // goes in, and comes out masked
}

// HMACScheme names what is signed, and how it is told.
type HMACScheme string

// The schemes.
const (
	HMACStandard HMACScheme = "standardWebhooks" // webhook-id, webhook-timestamp and the body, in webhook-signature
	HMACOwn      HMACScheme = "custom"           // the body, in any header
)

// HMACSchemes lists the schemes in the order in which the editor offers them.
var HMACSchemes = []HMACScheme{HMACStandard, HMACOwn}

// HMACAlgorithm names a hash.
type HMACAlgorithm string

// HMACAlgorithms lists the algorithms in the order in which the editor offers them.
var HMACAlgorithms = []HMACAlgorithm{"sha256", "sha512", "sha384", "sha1"}

// HMACEncoding says how the bytes of a signature are written.
type HMACEncoding string

// HMACEncodings lists the encodings in the order in which the editor offers them.
var HMACEncodings = []HMACEncoding{"hex", "base64"}
