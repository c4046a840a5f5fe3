package outboundwebhook

import (
	"bytes"
	"encoding/json"
	"time"

	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// The types of messages (contract §7, Incomplete).
const (
	typeCompleted = "survey.response.completed"
	typePartial   = "survey.response.partial"
	typeUpdated   = "survey.response.updated"
	typeTest      = "survey.response.test"
)

// envelope is the body of a message (contract §4).
type envelope struct {
	Type       string      `json:"type"`
	Timestamp  string      `json:"timestamp"`
	Test       bool        `json:"test,omitempty"`
	ReplayOf   string      `json:"replayOf,omitempty"`
	Survey     surveyPart  `json:"survey"`
	Response   response    `json:"response"`
	Respondent *respondent `json:"respondent"`
	Data       object      `json:"data"`
}

type surveyPart struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type response struct {
	ID         *string `json:"id"`
	StartedAt  *string `json:"startedAt"`
	RecordedAt *string `json:"recordedAt"`
	Language   *string `json:"language"`
	Status     string  `json:"status"`
	Anonymous  bool    `json:"anonymous"`
}

type respondent struct {
	FirstName *string `json:"firstName"`
	LastName  *string `json:"lastName"`
	Email     *string `json:"email"`
}

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := models.MarshalJSON(m.name)
		if err != nil {
			return nil, err
		}
		value, err := models.MarshalJSON(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// body writes the message about a response: the same bytes for every try.
func (f *form) body(s *task.Subject) ([]byte, error) {
	e := envelope{
		Type: typeOf(s), Timestamp: instant(s.At), Test: s.Test, ReplayOf: s.ReplayOf,
		Survey: surveyPart{ID: s.SurveyID, Name: s.SurveyName}, Respondent: respondentOf(s), Data: f.data(s),
	}
	e.Response.Anonymous = s.Survey.Anonymous
	if r := s.Snapshot.Response; r != nil {
		e.Response.ID, e.Response.Language, e.Response.Status = text(r.ID), text(r.Language), string(r.State)
		e.Response.StartedAt, e.Response.RecordedAt = moment(r.StartedAt), moment(r.RecordedAt)
	}
	return models.MarshalJSON(e)
}

func typeOf(s *task.Subject) string {
	switch {
	case s.Test:
		return typeTest
	case s.Snapshot.Updated:
		return typeUpdated
	case s.Snapshot.Response != nil && s.Snapshot.Response.State == models.ResponsePartial:
		return typePartial
	}
	return typeCompleted
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := instant(t)
	return &s
}

// text gives a text, or null for none.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// respondentOf gives who answered: null for an anonymous survey only, and without a contact an object of nulls.
func respondentOf(s *task.Subject) *respondent {
	if s.Survey.Anonymous {
		return nil
	}
	c := s.Snapshot.Contact
	if c == nil {
		return &respondent{}
	}
	return &respondent{FirstName: text(c.FirstName), LastName: text(c.LastName), Email: text(c.Email)}
}

// data gives the variables in survey order, under their labels. Named ones that the survey does not define, such as referrer,
// come last in the order in which they are named.
func (f *form) data(s *task.Subject) object {
	labels := s.Labels
	if f.labels != models.LabelsData {
		labels = nil
	}
	all := survey.Variables(s.Survey, labels)
	out := make(object, 0, len(all))
	seen, names := map[string]bool{}, map[string]bool{}
	for i := range all {
		v := &all[i]
		seen[v.Key] = true
		names[v.Label], names[v.Other] = true, true
		if !f.variables.Has(v.Key) {
			continue
		}
		if v.Question == nil {
			out = append(out, member{v.Label, field(s, v.Key)})
			continue
		}
		a := s.Snapshot.Answers[v.Key]
		out = append(out, member{v.Label, f.answer(v.Question, a)})
		if v.Other != "" {
			out = append(out, member{v.Other, f.other(v.Question, a)})
		}
	}
	for _, key := range f.variables.Named {
		if s.Survey.Question(key) == nil && !seen[key] && !names[key] {
			seen[key] = true
			out = append(out, member{key, field(s, key)})
		}
	}
	return out
}

// field gives a value of embedded data; null where there is none.
func field(s *task.Subject, name string) any {
	value, there := s.Snapshot.Fields[name]
	if d := s.Survey.Field(name); !there && d != nil {
		value = d.Default
	}
	return text(value)
}

// number gives a number as it was typed, if JSON can write it so.
func number(n json.Number) any {
	if n == "" {
		return nil
	}
	if !json.Valid([]byte(n)) {
		return n.String()
	}
	return n
}
