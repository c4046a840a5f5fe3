package models

// EmailConfig is the config of an email task (contract §6). Addresses are separated by commas; all texts may hold piped text.
type EmailConfig struct {
	To            string `json:"to"`
	CC            string `json:"cc,omitempty"`
	BCC           string `json:"bcc,omitempty"`
	ReplyTo       string `json:"replyTo,omitempty"`
	Subject       string `json:"subject"`
	Body          string `json:"body"`                    // plain text, or the HTML of package richtext
	IncludeReport bool   `json:"includeReport,omitempty"` // the response is attached as a document
	ListAnswers   bool   `json:"listAnswers,omitempty"`   // the questions with their answers stand below the body
}

// WaitConfig is the config of a wait task (contract §6): a duration, or a moment as a text with piped text.
type WaitConfig struct {
	For      string `json:"for,omitempty"`   // ISO 8601: PT1H, P30D
	Until    string `json:"until,omitempty"` // a day or a time
	TimeZone string `json:"timeZone,omitempty"`
	// WorkingHours are what alone counts of a duration; nil means every hour.
	WorkingHours *WorkingHours `json:"workingHours,omitempty"`
}

// WorkingHours are the hours of a week in which people work.
type WorkingHours struct {
	Days     []string `json:"days,omitempty"`     // of WeekDays; empty means monday to friday
	From     string   `json:"from"`               // a time of the day: 09:00
	To       string   `json:"to"`                 // a later one, at most 24:00
	TimeZone string   `json:"timeZone,omitempty"` // IANA name; empty means the organisation's
}

// WeekDays are the days of a week as working hours name them.
var WeekDays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// MailHeading is what stands in the headers of a mail that goes to several addresses and what is attached to it, the same in every
// copy.
type MailHeading struct {
	To      []string `json:"to,omitempty"`
	CC      []string `json:"cc,omitempty"`
	ReplyTo string   `json:"replyTo,omitempty"`

	FromName    string `json:"fromName,omitempty"`    // who it says it comes from, instead of the name in MAIL_FROM
	Unsubscribe string `json:"unsubscribe,omitempty"` // address that takes the recipient out with one click (RFC 8058)

	Report *MailReport `json:"report,omitempty"` // attached to each copy
}

// MailReport is what a document says of a response. It is made of this whenever the mail leaves, so that what is erased here is
// erased there.
type MailReport struct {
	Title   string     `json:"title"` // the name of the survey
	About   []MailFact `json:"about,omitempty"`
	Answers []MailFact `json:"answers,omitempty"`
}

// MailFact is a line of it; the answer to a question may be empty.
type MailFact struct {
	Term  string `json:"term"`
	Value string `json:"value,omitempty"`
}

// NotificationConfig is the config of a notification task (contract §6). The text has piped text.
type NotificationConfig struct {
	UserIDs []string `json:"userIds"`
	Text    string   `json:"text"`
}
