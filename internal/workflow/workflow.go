// Package workflow is the definition side of workflows: what their events, conditions and tasks mean, which of them a fact
// starts, and how a run is tested and replayed. Executing runs is internal/runner's.
package workflow

import (
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
	condition Condition
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
	return &Compiled{ID: id, Version: version, Event: def.Event, condition: c}, nil
}

// Fact is something that happened, before it is known whether a workflow waits for it.
type Fact struct {
	Type       models.EventType
	On         string // models.OnCreated or models.OnUpdated
	Org        string
	SurveyID   string
	Response   *models.Response // as it will be stored
	Definition *models.SurveyDefinition
	Contact    *models.Person
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
		values := &Values{Snapshot: &snapshot, Survey: f.Definition}
		if w.condition.True(values, &pipedtext.Env{Source: values, Now: f.Now}) {
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
		runs[i] = f.run(event, w.ID, w.Version, snapshot.Contact)
	}
	return event, runs, nil
}

// waitsFor tells whether the workflow's event is of the fact's kind; its condition is another matter.
func (w *Compiled) waitsFor(f Fact) bool {
	if w.Event.Type != f.Type || f.Depth > models.MaxChainDepth {
		return false
	}
	if f.Type != models.EventSurveyResponse {
		return true
	}
	switch {
	case !slices.Contains(w.Event.On, f.On),
		f.Response.Channel == models.ChannelPreview,
		f.Imported && !w.Event.IncludeImported,
		f.Response.State == models.ResponsePartial && !w.Event.IncludeIncomplete:
		return false
	}
	return f.Response.State != models.ResponseInProgress
}

// snapshot takes down all that piped text can name, as it is now.
func (f Fact) snapshot() models.Snapshot {
	s := models.Snapshot{V: models.SnapshotVersion, Contact: f.Contact}
	r := f.Response
	if r == nil {
		return s
	}
	s.Answers, s.Fields = r.Answers.V, r.Fields.V
	rs := models.ResponseSnapshot{
		ID: r.ID, SurveyID: r.SurveyID, State: r.State, Channel: r.Channel, Language: r.Language,
		StartedAt: r.StartedAt, RecordedAt: f.Now, IP: r.IP, Progress: 100,
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
		Payload: string(payload), Snapshot: s, CreatedAt: at,
	}
	if f.SurveyID != "" {
		e.SurveyID = &f.SurveyID
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
