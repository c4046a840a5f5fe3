package models

import (
	"strings"
	"time"
)

// CollectorType says how a collector reaches respondents.
type CollectorType string

// The collector types.
const (
	CollectorLink  CollectorType = "link"
	CollectorEmail CollectorType = "email"
)

// Collector is one way into a survey.
type Collector struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	SurveyID  string
	Type      CollectorType
	Name      string
	Slug      string // unguessable part of the public link /s/{slug}
	Open      bool
	IsDefault bool // the one that /jfe/form/{surveyId} leads to
	// FrameSites are the origins of the sites that may show its pages in a frame, one a line (contract §7, Frames).
	FrameSites   string
	ListID       *string // the contact list of an e-mail collector
	Settings     JSON[CollectorSettings]
	PasswordHash string     // argon2id, PHC format; empty when none is asked for
	OpensAt      *time.Time // it takes answers from then on
	ClosesAt     *time.Time // it takes answers until then
	MaxResponses int        // completed ones; 0 means without limit
	FullAt       *time.Time // when MaxResponses were reached
	SendAt       *time.Time // no invitation leaves before
	CreatedAt    time.Time
	DeletedAt    *time.Time
}

// CollectorSettings are the settings of a collector that only its pages and mails need.
type CollectorSettings struct {
	Language      string                    `json:"language,omitempty"`      // of mails to who has none of the survey's; empty means the survey's
	OnePerBrowser bool                      `json:"onePerBrowser,omitempty"` // a browser that has answered cannot answer again
	FromName      string                    `json:"fromName,omitempty"`      // who the mails say they come from; empty means the organisation
	ReplyTo       string                    `json:"replyTo,omitempty"`       // where answers to the mails go; empty means to the sender
	Messages      map[string]CollectorMails `json:"messages,omitempty"`      // by language; what is missing is the default text
	Reminders     []int                     `json:"reminders,omitempty"`     // days after the mail before
	ExpiryDays    int                       `json:"expiryDays,omitempty"`    // how long a personal link holds; 0 means until the collector closes
	TrackOpens    bool                      `json:"trackOpens,omitempty"`    // note who opened their link
}

// CollectorMails are the texts of an e-mail collector in one language. Empty texts are the default ones.
type CollectorMails struct {
	Invitation Message `json:"invitation,omitzero"`
	Reminder   Message `json:"reminder,omitzero"`
}

// Message is the text of a mail. All of it may have piped text.
type Message struct {
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body,omitempty"` // plain text; each line is a paragraph
	Button  string `json:"button,omitempty"`
}

// Limits of a collector.
const (
	CollectorMaxName      = 100 // characters
	CollectorMaxPerSurvey = 100
	CollectorMaxReminders = 5
	CollectorMaxDays      = 365 // of a reminder, an expiry or a rule of frequency
	MessageMaxSubject     = 200 // characters
	MessageMaxBody        = 10_000
	MessageMaxButton      = 60
	InviteMaxLimit        = 1000
)

// Hold tells why invitations of the collector wait at that time: empty when they may leave. A time that is still to come is
// no reason: see [Collector.From].
func (c *Collector) Hold(v *Survey, now time.Time) HoldReason {
	switch {
	case v.DeletedAt != nil || v.State == SurveyClosed || v.ClosesAt != nil && !now.Before(*v.ClosesAt):
		return HeldSurveyClosed
	case v.State == SurveyDraft || v.Version == 0:
		return HeldSurveyDraft
	case c.DeletedAt != nil || !c.Open || c.ClosesAt != nil && !now.Before(*c.ClosesAt):
		return HeldClosed
	case c.FullAt != nil:
		return HeldFull
	}
	return ""
}

// From gives when the first mail of an invitation may leave that is made now.
func (c *Collector) From(v *Survey, now time.Time) time.Time {
	for _, t := range []*time.Time{c.SendAt, c.OpensAt, v.OpensAt} {
		if t != nil && t.After(now) {
			now = *t
		}
	}
	return now
}

// InvitationStatus says how far an invitation is.
type InvitationStatus string

// The statuses of an invitation. Opened is noted only where the collector says so.
const (
	InvitationQueued   InvitationStatus = "queued" // its mail is to be written, or is in the outbox
	InvitationHeld     InvitationStatus = "held"   // Reason says why
	InvitationSent     InvitationStatus = "sent"   // the mail server took it
	InvitationFailed   InvitationStatus = "failed" // Error says why
	InvitationBounced  InvitationStatus = "bounced"
	InvitationOpened   InvitationStatus = "opened"
	InvitationStarted  InvitationStatus = "started"
	InvitationFinished InvitationStatus = "finished"
	InvitationOptedOut InvitationStatus = "optedOut"
	InvitationLinked   InvitationStatus = "linked" // it is a link that somebody else hands on: no mail leaves
)

// InvitationStatuses lists the statuses in the order in which pages offer them.
var InvitationStatuses = []InvitationStatus{
	InvitationQueued, InvitationHeld, InvitationSent, InvitationOpened, InvitationStarted, InvitationFinished, InvitationFailed, InvitationBounced, InvitationOptedOut, InvitationLinked,
}

// HoldReason says why an invitation is held: messages "invitation.reason.…".
type HoldReason string

// The reasons. Waits tells those that pass when survey or collector take answers again.
const (
	HeldClosed       HoldReason = "collectorClosed"
	HeldSurveyClosed HoldReason = "surveyClosed"
	HeldSurveyDraft  HoldReason = "surveyDraft" // it was never put live
	HeldFull         HoldReason = "collectorFull"
	HeldOptedOut     HoldReason = "optedOut"           // of the contact list
	HeldOptedOutOrg  HoldReason = "optedOutEverywhere" // of all mail of the organisation
	HeldBounced      HoldReason = "addressBounced"
	HeldNoAddress    HoldReason = "noAddress"
	HeldSurveyRule   HoldReason = "surveyFrequency"
	HeldOrgRule      HoldReason = "organisationFrequency"
	HeldNoServer     HoldReason = "noMailServer" // its mail is in the outbox and does not leave by itself
	HeldContactGone  HoldReason = "contactDeleted"
)

// HoldReasons lists all reasons.
var HoldReasons = []HoldReason{
	HeldClosed, HeldSurveyClosed, HeldSurveyDraft, HeldFull, HeldOptedOut, HeldOptedOutOrg, HeldBounced, HeldNoAddress, HeldSurveyRule, HeldOrgRule, HeldNoServer, HeldContactGone,
}

// WaitReasons are those that pass when survey or collector take answers again: then what is held is let through by itself.
var WaitReasons = []HoldReason{HeldClosed, HeldSurveyClosed, HeldSurveyDraft, HeldFull}

// Invitation asks one person to answer a survey, through an e-mail collector.
type Invitation struct {
	ID           string `gorm:"primaryKey"` // ordered
	OrgID        string
	SurveyID     string
	CollectorID  string
	ContactID    *string // nil for an address that is in no list
	Crk          string  // response key, unique within the collector: one answer for each
	Token        string  // the unguessable part of the personal link
	Listed       bool    // made for a contact of the collector's list, and not by a call
	Email        string
	EmailKey     string
	EmailHash    string
	FirstName    string
	LastName     string
	NameKey      string
	Phone        string
	Language     string // BCP 47; of its mails
	ExternalRef  string
	Fields       JSON[map[string]string] // what the contact had, and over it what was passed: referrer, custom1 … custom8
	Fingerprint  string                  // of what the call passed: the same call again is known by it
	RemindAfter  JSON[[]int64]           // seconds until each reminder, after the mail before; null for the collector's days
	Status       InvitationStatus
	Reason       HoldReason
	Error        string     // a RunError as JSON: why it failed
	DueAt        *time.Time // when its next mail is to be written
	Paused       bool       // its next mail waits for survey or collector
	Mails        int        // mails that were written
	Reminders    int        // of them
	AskedAt      *time.Time // when it was let through: what the rules of frequency count
	MailedAt     *time.Time // when the last mail was written
	SentAt       *time.Time // when the mail server took the first one
	OpenedAt     *time.Time
	StartedAt    *time.Time // of an anonymous survey the day alone, as FinishedAt
	FinishedAt   *time.Time
	BouncedAt    *time.Time
	OptedOutAt   *time.Time
	ComplainedAt *time.Time // they complained to their mail provider
	ExpiresAt    *time.Time // its link holds until then
	ResponseID   *string    // nil for an anonymous survey
	Repeatable   bool       // they may answer any number of times; FinishedAt and ResponseID are of the last
	StatusAt     time.Time
	CreatedAt    time.Time `gorm:"autoCreateTime:false"`

	DistributionID string // which made it
	// FollowedBy is the reminder or thank-you whose mail went out last; the others name the one whose mail the person had when they
	// did so. nil means the first mail.
	FollowedBy *string
	OpenedBy   *string
	StartedBy  *string
	FinishedBy *string
}

// ResendAfter is how long nobody has a mail of an invitation sent once more.
const ResendAfter = 24 * time.Hour

// CrkMaxLength is how many characters a response key may have (surveys.md §2.3).
const CrkMaxLength = 64

// Name gives the person's name, or else their address.
func (i *Invitation) Name() string {
	if name := strings.TrimSpace(i.FirstName + " " + i.LastName); name != "" {
		return name
	}
	return i.Email
}

// Person gives what piped text can name of the person.
func (i *Invitation) Person() *Person {
	return &Person{
		FirstName: i.FirstName, LastName: i.LastName, Email: i.Email, Phone: i.Phone, Language: i.Language, ExternalID: i.ExternalRef, Fields: i.Fields.V,
	}
}

// Over reports whether the person cannot answer through it any more.
func (i *Invitation) Over(now time.Time) bool {
	return i.FinishedAt != nil && !i.Repeatable || i.ExpiresAt != nil && !now.Before(*i.ExpiresAt)
}

// MayResend reports whether somebody may have a mail of it sent now: not while one is to be written, not within ResendAfter of
// the last, and not to a contact who was deleted.
func (i *Invitation) MayResend(now time.Time) bool {
	if i.Reason == HeldContactGone {
		return false
	}
	switch i.Status {
	case InvitationSent, InvitationOpened, InvitationStarted, InvitationFailed, InvitationBounced:
		return !i.Over(now) && (i.MailedAt == nil || !now.Before(i.MailedAt.Add(ResendAfter)))
	case InvitationHeld:
		return i.Reason == HeldSurveyRule || i.Reason == HeldOrgRule || i.Reason == HeldBounced
	}
	return false
}

// SetPerson lays what is known of a person over the invitation.
func (i *Invitation) SetPerson(p *Person) {
	for _, f := range []struct {
		to   *string
		from string
	}{{&i.Email, p.Email}, {&i.FirstName, p.FirstName}, {&i.LastName, p.LastName}, {&i.Phone, p.Phone}, {&i.Language, p.Language}, {&i.ExternalRef, p.ExternalID}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	i.EmailKey, i.EmailHash = EmailKey(i.Email), HashEmail(i.Email)
	i.NameKey = strings.ToLower(strings.TrimSpace(i.FirstName + " " + i.LastName))
}
