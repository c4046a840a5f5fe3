package models

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// SubscriptionSpec makes of an outbound webhook the message of an event subscription: a form that says what happened with ids
// alone, as Qualtrics sends it. The shared key is kept where the secrets of webhooks are.
type SubscriptionSpec struct {
	Topic  string `json:"topic"` // that was subscribed to; messages carry that of their event
	Signed bool   `json:"signed"`
	// Plain is what encrypt: false said. The key signs all the same, as in Qualtrics; the subscription is not told as encrypted.
	Plain bool `json:"plain,omitempty"`
}

// SubscriptionOf gives what makes a task the message of an event subscription; nil for every other task.
func SubscriptionOf(t TaskSpec) *SubscriptionSpec {
	if c := SubscriptionConfig(t); c != nil {
		return c.Subscription
	}
	return nil
}

// SubscriptionConfig gives the config of a task that sends the messages of an event subscription; nil for every other task.
func SubscriptionConfig(t TaskSpec) *OutboundWebhookConfig {
	var c OutboundWebhookConfig
	if t.Type != TaskOutboundWebhook || !bytes.Contains(t.Config, []byte(`"subscription"`)) || json.Unmarshal(t.Config, &c) != nil || c.Subscription == nil {
		return nil
	}
	return &c
}

// The topics of messages; a survey's id follows those of the survey engine, after a dot.
const (
	TopicCompleted  = "surveyengine.completedResponse"
	TopicPartial    = "surveyengine.partialResponse"
	TopicStarted    = "surveyengine.startedRecipientSession"
	TopicActivate   = "controlpanel.activateSurvey"
	TopicDeactivate = "controlpanel.deactivateSurvey"
)

// The topics that stand for several.
const (
	TopicEngine = "surveyengine.*"
	TopicPanel  = "controlpanel.*"
	TopicAll    = "*"
)

// TopicThreeSixty is a topic of the field that never happens here: there are no surveys of colleagues about each other.
const TopicThreeSixty = "threesixty.created"

// MaxSharedKey is the length of the longest shared key of an event subscription, in bytes.
const MaxSharedKey = 500

// Topic is what can be subscribed to, taken apart.
type Topic struct {
	Started                                  bool // by invited people
	Completed, Partial, Activate, Deactivate bool
	SurveyID                                 string // that it is about alone; empty for all
}

// ParseTopic takes a topic apart; ok is false when there is none of that name.
func ParseTopic(text string) (t Topic, ok bool) {
	switch text {
	case TopicAll:
		return Topic{Started: true, Completed: true, Partial: true, Activate: true, Deactivate: true}, true
	case TopicEngine:
		return Topic{Started: true, Completed: true, Partial: true}, true
	case TopicStarted:
		return Topic{Started: true}, true
	case TopicPanel:
		return Topic{Activate: true, Deactivate: true}, true
	case TopicActivate:
		return Topic{Activate: true}, true
	case TopicDeactivate:
		return Topic{Deactivate: true}, true
	}
	of, id, ok := strings.Cut(text, ".SV_")
	if ok {
		t.SurveyID = string(PrefixSurvey) + id
		ok = ValidID(PrefixSurvey, t.SurveyID)
	} else {
		of, ok = strings.CutSuffix(text, ".*")
	}
	t.Started, t.Completed, t.Partial = of == TopicStarted, of == TopicCompleted, of == TopicPartial
	return t, ok && (t.Started || t.Completed || t.Partial)
}

// EventSubscription says that a workflow is one of an event subscription: a topic that stands for events of several types has
// a workflow for each.
type EventSubscription struct {
	WorkflowID string `gorm:"primaryKey"`
	ID         string // of the subscription; ordered
	OrgID      string
	Topic      string
	PastCalls  int64     // its succeeded runs whose counts were removed
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
}
