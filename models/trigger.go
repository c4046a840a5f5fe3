package models

import "time"

// Trigger is what belongs to a workflow that other programs start, and to no version of it.
type Trigger struct {
	WorkflowID   string `gorm:"primaryKey"`
	Token        string // the capability in its address: a UUID
	HMACSealed   string `gorm:"column:hmac_sealed"` // TriggerSecrets as JSON
	CaptureUntil *time.Time
	Sample       string // the last event that was captured or pasted, as JSON; empty for none
	SampleAt     *time.Time
}

// Capturing reports whether the workflow's owner listens for a sample.
func (t *Trigger) Capturing(now time.Time) bool {
	return t.CaptureUntil != nil && now.Before(*t.CaptureUntil)
}

// CaptureFor is how long *Start capturing* listens.
const CaptureFor = 15 * time.Minute

// TriggerSecrets are the secrets by which the signature of an event is checked: after a change the one before counts for a
// while, so that the sender can change over.
type TriggerSecrets struct {
	Current  string    `json:"current"`
	Previous string    `json:"previous,omitempty"`
	Until    time.Time `json:"until,omitzero"` // of Previous
}

// SecretOverlap is how long the secret before counts after a change.
const SecretOverlap = 24 * time.Hour

// At lists the secrets that count at that time.
func (s TriggerSecrets) At(now time.Time) []string {
	var all []string
	if s.Current != "" {
		all = append(all, s.Current)
	}
	if s.Previous != "" && now.Before(s.Until) {
		all = append(all, s.Previous)
	}
	return all
}
