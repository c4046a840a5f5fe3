package outboundwebhook

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// subscription writes the messages of an event subscription: a form of ids, in the order and spelling of Qualtrics.
type subscription struct{ signed bool }

var (
	errNoEvent = errors.New("the event is neither a response nor a change of a survey")
	errNoKey   = errors.New("there is no shared key")
)

// fact is what a message tells; as JSON it is what is signed.
type fact struct {
	topic         string
	Status        string `json:"Status"`
	SurveyID      string `json:"SurveyID"`
	ResponseID    string `json:"ResponseID,omitempty"`
	CompletedDate string `json:"CompletedDate,omitempty"`
	BrandID       string `json:"BrandID"`
}

// message writes a message. With a shared key it is signed by HMAC-SHA-512.
func (s *subscription) message(in task.Input, secrets []string) (task.Message, error) {
	f, err := factOf(in)
	if err != nil {
		return task.Message{}, err
	}
	var form pairs
	m := task.Message{Format: models.BodyURLEncoded}
	if s.signed {
		if len(secrets) == 0 || secrets[0] == "" {
			return task.Message{}, errNoKey
		}
		text, err := models.MarshalJSON(f)
		if err != nil {
			return task.Message{}, err
		}
		m.Masked = []string{sign(text, secrets[0])}
		form.add("HMAC", m.Masked[0])
		form.add("MSG", string(text))
		form.add("Topic", f.BrandID+"."+f.topic)
	} else {
		form.add("Topic", f.BrandID+"."+f.topic)
		form.add("Status", f.Status)
		form.add("SurveyID", f.SurveyID)
		if f.ResponseID != "" {
			form.add("ResponseID", f.ResponseID)
		}
		if f.CompletedDate != "" {
			form.add("CompletedDate", f.CompletedDate)
		}
		form.add("BrandID", f.BrandID)
	}
	if in.Test {
		form.add("Test", "true")
	}
	m.Body = []byte(form.String())
	return m, nil
}

// sign gives the HMAC of a text in hexadecimal. The key that only stands for one in a preview signs nothing.
func sign(text []byte, key string) string {
	if key == task.Masked {
		return key
	}
	mac := hmac.New(sha512.New, []byte(key))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// factOf tells what the run's event was about: a response, or a survey that was opened or closed.
func factOf(in task.Input) (fact, error) {
	f := fact{BrandID: in.Actor.OrgID, SurveyID: value(in, "rm", "SurveyID")}
	if f.SurveyID != "" {
		f.ResponseID, f.CompletedDate = value(in, "rm", "ResponseID"), spelled(value(in, "rm", "RecordedDate"))
		if value(in, "rm", "State") == string(models.ResponseInProgress) {
			f.topic, f.Status, f.CompletedDate = models.TopicStarted, "Started", ""
			return f, nil
		}
		f.topic, f.Status = models.TopicCompleted+"."+f.SurveyID, "Complete"
		if value(in, "rm", "Finished") == "false" {
			f.topic, f.Status = models.TopicPartial+"."+f.SurveyID, "Partial"
		}
		return f, nil
	}
	if f.SurveyID = value(in, "aedj", "surveyId"); f.SurveyID == "" {
		return f, errNoEvent
	}
	switch value(in, "aedj", "change") {
	case models.OnActivated:
		f.topic, f.Status = models.TopicActivate, "Active"
	case models.OnClosed:
		f.topic, f.Status = models.TopicDeactivate, "Inactive"
	default:
		return f, errNoEvent
	}
	return f, nil
}

func value(in task.Input, scheme, name string) string {
	return in.Values.Value(pipedtext.Ref{Scheme: scheme, Name: name}).String()
}

// spelled gives a time as messages have it, in UTC.
func spelled(instant string) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// pairs is a form that keeps the order of its fields.
type pairs struct{ strings.Builder }

func (p *pairs) add(name, value string) {
	if p.Len() > 0 {
		p.WriteByte('&')
	}
	if value != task.Masked {
		value = url.QueryEscape(value)
	}
	p.WriteString(url.QueryEscape(name) + "=" + value)
}
