package models

import "time"

// DataLabels are the names that webhooks give to questions and embedded data instead of the automatic ones, by question id or
// field name. What has no entry has its automatic label.
type DataLabels map[string]string

// SurveyLabels are the data labels of a survey after one change to them. Rows never change, and runs name one, so that a
// retry sends the same names.
type SurveyLabels struct {
	SurveyID string `gorm:"primaryKey"`
	Rev      int    `gorm:"primaryKey"`
	Labels   JSON[DataLabels]
	SavedBy  string
	SavedAt  time.Time
}

// WebhookSecret is what the webhooks of one task are signed with, sealed. For a while after a rotation the one before
// signs as well.
type WebhookSecret struct {
	ID             string `gorm:"primaryKey"` // see WebhookSecretID
	SecretSealed   string
	PreviousSealed string     // empty when there is none
	PreviousUntil  *time.Time // until when it signs
	ChangedAt      time.Time
}

// WebhookSecretID names the secret of a task. Task ids alone would not do: who writes a workflow chooses them.
func WebhookSecretID(workflowID, taskID string) string { return workflowID + "." + taskID }
