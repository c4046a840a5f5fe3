package models

import (
	"encoding/json"
	"slices"
)

// VariableList says which variables an outbound webhook sends: all, those added later too, or the named ones.
// In JSON it is "all" or a list of question ids and names of embedded data.
type VariableList struct {
	Named []string // nil means all
}

// OutboundWebhookConfig is the config of an outboundWebhook task (contract §6). Its secret is kept elsewhere: see
// [WebhookSecret].
type OutboundWebhookConfig struct {
	URL            string       `json:"url"`
	Variables      VariableList `json:"variables"`
	Labels         LabelChoice  `json:"labels,omitempty"`
	Choices        ChoiceValues `json:"choices,omitempty"`
	Secret         string       `json:"secret,omitempty"` // only on its way in: whsec_…, or masked for "as it is"
	Headers        []HeaderSpec `json:"headers,omitempty"`
	CredentialID   string       `json:"credentialId,omitempty"`
	TimeoutSeconds int          `json:"timeoutSeconds,omitempty"` // 1 to 30; 0 means 10
	RatePerSecond  float64      `json:"ratePerSecond,omitempty"`  // calls a second to the receiver; 0 means as many as come
	Concurrency    int          `json:"concurrency,omitempty"`    // calls to the receiver at a time, per node; 0 means 32
	// Subscription makes it the message of an event subscription, which sends none of the variables; nil for the others.
	Subscription *SubscriptionSpec `json:"subscription,omitempty"`
}

// LabelChoice says which names a webhook's data have.
type LabelChoice string

// The choices of names: the automatic ones, which are the columns of the response export, or the survey's data labels.
const (
	LabelsAuto LabelChoice = "auto"
	LabelsData LabelChoice = "data"
)

// ChoiceValues says how a webhook sends the choices of an answer.
type ChoiceValues string

// How choices are sent: their labels, their recode values, or an object of value and label.
const (
	ChoiceLabels  ChoiceValues = "label"
	ChoiceRecodes ChoiceValues = "recode"
	ChoiceBoth    ChoiceValues = "both"
)

// UnmarshalJSON reads "all", a list, or null for all.
func (v *VariableList) UnmarshalJSON(text []byte) error {
	v.Named = nil
	if s := string(text); s == "null" || s == `"all"` {
		return nil
	}
	named := []string{}
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	v.Named = named
	return nil
}

// MarshalJSON writes "all" or the list.
func (v VariableList) MarshalJSON() ([]byte, error) {
	if v.Named == nil {
		return []byte(`"all"`), nil
	}
	return MarshalJSON(v.Named)
}

// Has reports whether a variable is sent.
func (v VariableList) Has(key string) bool { return v.Named == nil || slices.Contains(v.Named, key) }

// SendsLabel reports whether the webhook sends a variable under its data label.
func (c OutboundWebhookConfig) SendsLabel(key string) bool {
	return c.Labels == LabelsData && c.Variables.Has(key)
}
