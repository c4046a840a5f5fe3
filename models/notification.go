package models

import "time"

// NotificationKind says what somebody is told of under the bell.
type NotificationKind string

// The kinds of notification.
const (
	NotifyRunFailed             NotificationKind = "runFailed"
	NotifyRunRecovered          NotificationKind = "runRecovered"
	NotifyWorkflowOff           NotificationKind = "workflowOff"
	NotifyEventsRefused         NotificationKind = "eventsRefused"
	NotifyPasswordChanged       NotificationKind = "passwordChanged"
	NotifySignInMethod          NotificationKind = "signInMethod"
	NotifyCredentialReconnect   NotificationKind = "credentialReconnect"
	NotifyCredentialCertificate NotificationKind = "credentialCertificate"
	NotifyClientCertificate     NotificationKind = "clientCertificate" // one for the API ends soon
	NotifySurveyShared          NotificationKind = "surveyShared"
	NotifyWorkflow              NotificationKind = "workflow"         // what a task of a workflow says
	NotifyNewSurvey             NotificationKind = "newSurvey"        // one was sent to them
	NotifySurveyOpened          NotificationKind = "surveyOpened"     // one whose contact they are takes answers
	NotifySurveyExpires         NotificationKind = "surveyExpires"    // one ends soon that they have not finished
	NotifySurveyStatistics      NotificationKind = "surveyStatistics" // one ends soon whose figures they get
	NotifyJobDone               NotificationKind = "jobDone"
	NotifyJobFailed             NotificationKind = "jobFailed"
)

// Notification tells one person of one thing. What happens again and again within its dedupe is counted and told once.
type Notification struct {
	ID        string `gorm:"primaryKey"` // ordered
	OrgID     string
	UserID    string
	Kind      NotificationKind
	Args      JSON[map[string]any] // values for the message
	Href      string               // the path where there is more
	Dedupe    string               // the id where nothing else says what is the same
	N         int                  // how often it happened
	CreatedAt time.Time
	LastAt    time.Time
	ReadAt    *time.Time
}
