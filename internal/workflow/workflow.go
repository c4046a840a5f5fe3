// Package workflow is the definition side of workflows: what their events, conditions and tasks mean, which of them a fact
// starts, and how a run is tested and replayed. Executing runs is internal/runner's.
package workflow

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Compiled is a live workflow ready to be matched against facts.
type Compiled struct {
	ID        string
	Version   int
	Event     models.EventSpec
	Off       string // why it switched itself off: its runs are held; empty while it is on
	condition Condition
	fields    EventFields
	fallible  bool // its condition may be one that cannot be evaluated
}

// Compile prepares a version of a workflow for matching.
func Compile(id string, version int, def models.WorkflowDefinition) (*Compiled, error) {
	c, err := CompileCondition(def.Condition, "condition")
	if err != nil {
		return nil, fmt.Errorf("compile workflow %s: %w", id, err)
	}
	if len(def.Event.On) == 0 {
		def.Event.On = []string{models.OnCreated}
	}
	return &Compiled{ID: id, Version: version, Event: def.Event, condition: c, fields: NewEventFields(def.Event), fallible: c.fallible()}, nil
}

// Fact is something that happened, before it is known whether a workflow waits for it.
type Fact struct {
	Type       models.EventType
	On         string // what happened, such as models.OnCreated: one of those that the type has
	Org        string
	SurveyID   string
	SurveyName string
	LabelsRev  int              // of the survey's data labels
	Response   *models.Response // as it will be stored
	Definition *models.SurveyDefinition
	Contact    *models.Person
	Payload    json.RawMessage // of an event that was sent: valid JSON
	WorkflowID *string         // of an event that was sent to one workflow
	Dedupe     *string         // a second fact with the same value is the same event
	ContactID  string          // of a contactList event
	ListID     string          // that the contact came into
	Imported   bool
	Depth      int     // length of the chain of our own calls that led here
	CauseRun   *string // the run whose call it was
	Test       bool
	Now        time.Time
}

// Plan gives the event that a fact leaves behind and a run for every workflow whose event and condition match,
// or nothing when none does. It only computes; store.Accept makes it durable.
func Plan(ws []*Compiled, f Fact) (*models.Event, []models.Run, error) {
	var matched []*Compiled
	var snapshot models.Snapshot
	for _, w := range ws {
		if !w.waitsFor(f) {
			continue
		}
		if snapshot.V == 0 {
			snapshot = f.snapshot()
		}
		if w.holds(&snapshot, f) {
			matched = append(matched, w)
		}
	}
	if len(matched) == 0 {
		return nil, nil, nil
	}
	event, err := f.event(&snapshot)
	if err != nil {
		return nil, nil, err
	}
	runs := make([]models.Run, len(matched))
	for i, w := range matched {
		runs[i] = f.run(event, w.ID, w.Version, Respondent(&snapshot))
		runs[i].Held = w.Off
	}
	return event, runs, nil
}

// holds tells whether the workflow's condition is true for the fact.
func (w *Compiled) holds(s *models.Snapshot, f Fact) bool {
	values := &Values{Snapshot: s, Survey: f.Definition, Fields: w.fields}
	return w.condition.True(values, &pipedtext.Env{Source: values, Now: f.Now})
}

// PlanSent gives the event that a fact leaves behind which was sent to one workflow, and its run when the condition holds.
// Unlike others such an event is kept in any case: its sender was told so.
func PlanSent(w *Compiled, f Fact) (*models.Event, []models.Run, error) {
	snapshot := f.snapshot()
	event, err := f.event(&snapshot)
	if err != nil || !w.holds(&snapshot, f) {
		return event, nil, err
	}
	return event, []models.Run{f.run(event, w.ID, w.Version, snapshot.Contact)}, nil
}

// waitsFor tells whether the workflow's event is of the fact's kind; its condition is another matter.
func (w *Compiled) waitsFor(f Fact) bool {
	if w.Event.Type != f.Type || f.Depth > models.MaxChainDepth {
		return false
	}
	if f.Type == models.EventContactList {
		return w.Event.MailingListID == "" || w.Event.MailingListID == f.ListID
	}
	if f.Type == models.EventSurveyDefinition {
		return slices.Contains(w.Event.On, f.On)
	}
	if f.Type != models.EventSurveyResponse {
		return true
	}
	switch {
	case !slices.Contains(w.Event.On, f.On),
		f.Response.Channel == models.ChannelPreview && !f.Test,
		f.Imported && !w.Event.IncludeImported,
		f.Response.State == models.ResponsePartial && !w.Event.IncludeIncomplete:
		return false
	}
	return f.Response.State != models.ResponseInProgress || f.On == models.OnStarted
}

// snapshot takes down all that piped text can name, as it is now.
func (f Fact) snapshot() models.Snapshot {
	s := models.Snapshot{V: models.SnapshotVersion, Contact: f.Contact, Payload: f.Payload}
	r := f.Response
	if r == nil {
		return s
	}
	s.Answers, s.Fields = r.Answers.V, r.Fields.V
	s.Survey, s.Labels, s.Updated = f.SurveyName, f.LabelsRev, f.On == models.OnUpdated
	rs := models.ResponseSnapshot{
		ID: r.ID, SurveyID: r.SurveyID, State: r.State, Channel: r.Channel, Language: r.Language,
		StartedAt: r.StartedAt, RecordedAt: f.Now, IP: r.IP, Progress: f.progress(),
	}
	if r.RecordedAt != nil {
		rs.RecordedAt = *r.RecordedAt
	}
	if f.anonymous() {
		rs.ID, rs.IP = "", ""
		rs.StartedAt, rs.RecordedAt = day(rs.StartedAt), day(rs.RecordedAt)
		s.Contact = nil
	}
	s.Response = &rs
	return s
}

// progress gives how far the respondent came, in percent of the pages.
func (f Fact) progress() int {
	if f.Response.State == models.ResponseCompleted || f.Definition == nil {
		return 100
	}
	done, pages := 0, 0
	for i := range f.Definition.Blocks {
		b := &f.Definition.Blocks[i]
		if b.ID == f.Response.Page {
			done = pages
		}
		if len(b.Questions) > 0 {
			pages++
		}
	}
	if pages == 0 {
		return 100
	}
	return 100 * done / pages
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// event makes the event's row. It fails with models.CodeTooLarge when its values are over the limit.
func (f Fact) event(s *models.Snapshot) (*models.Event, error) {
	payload, err := models.MarshalJSON(s)
	if err != nil {
		return nil, fmt.Errorf("write snapshot: %w", err)
	}
	if len(payload) > models.SnapshotLimit {
		return nil, &models.Error{Code: models.CodeTooLarge, Key: "event.error.too_large", Args: map[string]any{"Limit": models.SnapshotLimit}}
	}
	at, idAt := f.moments()
	e := &models.Event{
		ID: models.NewOrderedID(models.PrefixEvent, idAt), OrgID: f.Org, Type: f.Type, CauseRun: f.CauseRun, Depth: f.Depth, Test: f.Test,
		WorkflowID: f.WorkflowID, Dedupe: f.Dedupe, Payload: string(payload), Snapshot: s, CreatedAt: at,
	}
	if f.SurveyID != "" {
		e.SurveyID = &f.SurveyID
	}
	if f.ContactID != "" {
		dedupe := f.ListID + "+" + f.ContactID
		e.ContactID, e.Dedupe = &f.ContactID, &dedupe
		if f.Test {
			e.Dedupe = nil
		}
	}
	if r := f.Response; r != nil {
		e.SurveyVersion = &r.SurveyVersion
		if !f.anonymous() {
			e.ResponseID = &r.ID
		}
	}
	return e, nil
}

func (f Fact) anonymous() bool { return f.Definition != nil && f.Definition.Anonymous }

// moments gives the time that event and runs carry, and the one that their ids carry. Of an anonymous survey it is the day
// alone, and somewhere in that day (contract §7, Anonymity): nobody can tell from them when a person answered.
func (f Fact) moments() (at, idAt time.Time) {
	if !f.anonymous() {
		return f.Now, f.Now
	}
	at = day(f.Now)
	return at, at.Add(rand.N(24 * time.Hour))
}

// run makes the row of a run of a workflow's version for an event. The person's name and address are kept for search.
func (f Fact) run(e *models.Event, workflowID string, version int, p *models.Person) models.Run {
	_, idAt := f.moments()
	r := models.Run{
		ID: models.NewOrderedID(models.PrefixRun, idAt), OrgID: e.OrgID, WorkflowID: workflowID, WorkflowVersion: version,
		EventID: e.ID, Test: e.Test, Status: models.RunOpen, CreatedAt: e.CreatedAt,
	}
	if p != nil {
		r.PersonName = lowered(strings.TrimSpace(p.FirstName + " " + p.LastName))
		r.PersonLast = lowered(strings.TrimSpace(p.LastName))
		r.PersonEmail = lowered(p.Email)
	}
	return r
}

func lowered(s string) *string {
	if s == "" {
		return nil
	}
	s = strings.ToLower(s)
	return &s
}
