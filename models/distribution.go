package models

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LinkTypes lists the types of links.
var LinkTypes = []LinkType{LinkIndividual, LinkMultiple, LinkAnonymous}

// DistributionType says what a distribution sends, in the words of the field's API.
type DistributionType string

// The types of distributions.
const (
	DistributionInvite   DistributionType = "Invite"
	DistributionReminder DistributionType = "Reminder"
	DistributionThankYou DistributionType = "ThankYou"
	DistributionLinks    DistributionType = "GeneratedInvite" // personal links that nobody is mailed
)

// DistributionTypes lists the types.
var DistributionTypes = []DistributionType{DistributionInvite, DistributionReminder, DistributionThankYou, DistributionLinks}

// DistributionStatus says how far a distribution is.
type DistributionStatus string

// The statuses of a distribution. Automatic ones are done from the beginning: their mails leave as they are due.
const (
	DistributionPending DistributionStatus = "pending" // its time is to come, or it is being sent
	DistributionDone    DistributionStatus = "done"    // everybody has a mail in the outbox, or is held
)

// LinkType says what the link in a mail leads to.
type LinkType string

// The types of links.
const (
	LinkIndividual LinkType = "Individual" // the person's own link
	LinkMultiple   LinkType = "Multiple"   // the person's own link, by which they may answer any number of times
	LinkAnonymous  LinkType = "Anonymous"  // the public link of the survey: who follows it is not known
)

// Distribution is a sending of an e-mail collector: its invitation and each of its reminders (Automatic), or what somebody had
// sent through it at a certain time.
type Distribution struct {
	ID          string `gorm:"primaryKey"`
	OrgID       string
	SurveyID    string
	CollectorID string
	ParentID    *string // the invitation that a reminder or thank-you belongs to
	Automatic   bool    // of the collector itself
	Number      int     // of an automatic reminder, from 1
	Type        DistributionType
	Status      DistributionStatus
	Description string
	ListID      *string
	ContactID   *string // the one contact of the list that it is for
	LinkType    LinkType
	Message     JSON[*DistributionMessage] // nil for the words of the collector
	Progress    string                     // the last contact or invitation that was seen to
	SendAt      time.Time
	ExpiresAt   *time.Time // its links hold until then
	CreatedBy   string
	CreatedAt   time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`
	DeletedAt   *time.Time
}

// DistributionMessage is what a distribution writes, as it was when it was made. Subject and texts may have piped text.
type DistributionMessage struct {
	FromEmail string            `json:"fromEmail,omitempty"` // where answers go without ReplyTo; mail leaves from the instance's own address
	FromName  string            `json:"fromName,omitempty"`
	ReplyTo   string            `json:"replyTo,omitempty"`
	Subject   string            `json:"subject,omitempty"`
	LibraryID string            `json:"libraryId,omitempty"` // of the message that it was made from
	MessageID string            `json:"messageId,omitempty"`
	Text      string            `json:"text,omitempty"`   // given with the call instead of a message
	Texts     map[string]string `json:"texts,omitempty"`  // of the message, by language: HTML
	Fields    map[string]string `json:"fields,omitempty"` // what its responses get as embedded data
}

// Given gives the fields of a message; none of nil.
func (m *DistributionMessage) Given() map[string]string {
	if m == nil {
		return nil
	}
	return m.Fields
}

// Words gives the text of a message for somebody, and its language: the person's own when there is one, else the survey's, else
// English, else any.
func (m *DistributionMessage) Words(person, survey string) (text, language string) {
	if m.Text != "" || len(m.Texts) == 0 {
		return m.Text, survey
	}
	for _, wish := range []string{person, survey, "en"} {
		for tag, text := range m.Texts {
			if strings.EqualFold(tag, wish) {
				return text, tag
			}
		}
	}
	first := slices.Min(slices.Collect(maps.Keys(m.Texts)))
	return m.Texts[first], first
}

// DistributionMail is one mail of a reminder or a thank-you to one of the invited.
type DistributionMail struct {
	DistributionID string `gorm:"primaryKey"`
	InvitationID   string `gorm:"primaryKey"`
	Mail           int    // counts the mails of the invitation
	Status         InvitationStatus
	SentAt         *time.Time
}

// DistributionStats counts what became of a distribution. Who opened, started and finished counts for the mail that they had got
// last. Opened is known only where the collector notes it.
type DistributionStats struct {
	Recipients int64 // invitations, or mails of a reminder or thank-you
	Waiting    int64 // still to leave, or held until survey and collector take answers
	Sent       int64 // the mail server took them
	Delivered  int64 // sent, and did not come back
	Bounced    int64 // refused by the recipient's server, or came back
	Failed     int64 // given up
	Opened     int64
	Started    int64
	Finished   int64
	OptedOut   int64
	Complaints int64 // people who complained to their mail provider
	Skipped    int64 // people who must not be written to: opted out, without an address, bounced before
	Blocked    int64 // people who were asked too often by the rules of frequency
	// NextReminder is when the next automatic reminder leaves; nil when none is due.
	NextReminder *time.Time
}

// CollectorDistribution gives the id of the distribution that an e-mail collector invites with by itself.
func CollectorDistribution(collectorID string) string {
	return string(PrefixDistribution) + strings.TrimPrefix(collectorID, string(PrefixCollector))
}

// CollectorReminder gives the id of the n-th automatic reminder of a collector, from 1.
func CollectorReminder(collectorID string, n int) string {
	sum := sha256.Sum256([]byte("reminder " + strconv.Itoa(n) + " of " + collectorID))
	id := []byte(PrefixDistribution)
	for _, b := range sum[:idLength] {
		id = append(id, alphabet[int(b)%len(alphabet)])
	}
	return string(id)
}
