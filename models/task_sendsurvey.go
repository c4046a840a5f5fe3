package models

// SendSurveyConfig is the config of a task that sends a person their own link to a survey (contract §6). All texts but the ids and
// times may hold piped text.
type SendSurveyConfig struct {
	SurveyID    string            `json:"surveyId"`
	CollectorID string            `json:"collectorId,omitempty"` // an e-mail collector of it; empty for the first open one, which is made when there is none
	To          string            `json:"to"`
	FirstName   string            `json:"firstName,omitempty"`
	LastName    string            `json:"lastName,omitempty"`
	Language    string            `json:"language,omitempty"`
	Fields      map[string]string `json:"fields,omitempty"`    // referrer, custom1 … custom8: they come with the response
	Delay       string            `json:"delay,omitempty"`     // ISO 8601: P30D; empty for at once
	Reminders   []string          `json:"reminders,omitempty"` // pauses, ISO 8601; absent for those of the collector
}
