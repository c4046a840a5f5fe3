package models

import "time"

// MailKind says what a mail is about.
type MailKind string

// The kinds of mail.
const (
	MailTest            MailKind = "test"
	MailInvitation      MailKind = "invitation"
	MailPasswordReset   MailKind = "passwordReset"
	MailPasswordChanged MailKind = "passwordChanged"
	MailSignInMethod    MailKind = "signInMethod"
	MailRunFailed       MailKind = "runFailed"
	MailRunRecovered    MailKind = "runRecovered"
	MailWorkflowOff     MailKind = "workflowOff"
	MailEventsRefused   MailKind = "eventsRefused"
	MailCredential      MailKind = "credential" // it needs its owner
	MailSurveyShared    MailKind = "surveyShared"

	MailClientCertificate MailKind = "clientCertificate" // one for the API ends
)

// MailWorkflow is a mail that a workflow sends.
const MailWorkflow MailKind = "workflow"

// Mails about surveys, to people of the organisation.
const (
	MailSurveyOpened     MailKind = "surveyOpened" // to its contact
	MailSurveyExpires    MailKind = "surveyExpires"
	MailSurveyStatistics MailKind = "surveyStatistics"
	MailNoticeDigest     MailKind = "noticeDigest" // what would be several of these, in one
)

// Mails that ask somebody to answer a survey.
const (
	MailSurveyInvitation MailKind = "surveyInvitation"
	MailSurveyReminder   MailKind = "surveyReminder"
	MailSurveyThanks     MailKind = "surveyThanks" // to who has answered
)

// MailKinds lists the kinds.
var MailKinds = []MailKind{MailSurveyInvitation, MailSurveyReminder, MailSurveyThanks, MailTest, MailInvitation, MailPasswordReset, MailPasswordChanged, MailSignInMethod, MailRunFailed, MailRunRecovered, MailWorkflowOff, MailEventsRefused, MailCredential, MailClientCertificate, MailSurveyShared, MailSurveyOpened, MailSurveyExpires, MailSurveyStatistics, MailNoticeDigest, MailWorkflow}

// MailStatus says what became of a mail.
type MailStatus string

// The statuses of a mail.
const (
	MailQueued   MailStatus = "queued"   // to be sent, or tried again
	MailSent     MailStatus = "sent"     // the mail server took it
	MailFailed   MailStatus = "failed"   // refused for good, or tried to the end
	MailUnsure   MailStatus = "unsure"   // the connection or the program broke while it was handed over: it may have arrived
	MailCanceled MailStatus = "canceled" // somebody took it back
	MailKept     MailStatus = "kept"     // written while there was no mail server; it never leaves by itself (contract §7)
)

// MailStatuses lists the statuses in the order in which the outbox offers them.
var MailStatuses = []MailStatus{MailQueued, MailSent, MailFailed, MailUnsure, MailCanceled, MailKept}

// Mail is one mail to one address, as it was written: what is tried again is the same to the letter.
type Mail struct {
	ID           string `gorm:"primaryKey"` // ordered
	OrgID        string
	Kind         MailKind
	Dedupe       string            // no second mail of the same is written; the id where nothing else says what is the same
	To           string            `gorm:"column:to_address"`
	Heading      JSON[MailHeading] // of one copy of several; empty for a mail to one address
	Subject      string
	HTML         string `gorm:"column:html"`
	Text         string
	SecretSealed string // what stands for SecretMark; empty when there is nothing, and once the mail is gone
	Status       MailStatus
	Tries        int
	Sending      int    // counts how often somebody had it sent: each has a Message-ID of its own
	Error        string // a RunError as JSON: why the last try failed
	CreatedAt    time.Time
	StatusAt     time.Time
	HandedAt     *time.Time // set while it is being handed to the mail server
}

// MailRetention is for how long mails and notifications are kept, except those that are still to be sent.
const MailRetention = 30 * 24 * time.Hour

// SecretMark stands in a mail's text for what is sealed beside it. It has the form of a capability, so that it fits into
// addresses.
const SecretMark = "0secret0secret0secret0"

// Resendable reports whether the mail can be sent once more. One whose link was for one use alone is of no use then.
func (m *Mail) Resendable() bool {
	switch m.Status {
	case MailQueued:
		return false
	case MailSent, MailCanceled:
		return !m.HadSecret()
	}
	return true
}

// HadSecret reports whether something stands in the mail that is not shown.
func (m *Mail) HadSecret() bool { return m.Kind == MailPasswordReset || m.Kind == MailInvitation }

// MailSpeaker is who said a line of a conversation with the mail server.
type MailSpeaker string

// The speakers.
const (
	MailSpeakerProgram MailSpeaker = "program"
	MailSpeakerServer  MailSpeaker = "server"
	MailSpeakerNote    MailSpeaker = "note"  // what the program did
	MailSpeakerError   MailSpeaker = "error" // why it ended
)

// MailLine is a line of a conversation with the mail server.
type MailLine struct {
	Who  MailSpeaker
	Text string
}
