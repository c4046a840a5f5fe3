package workflow

import (
	"slices"
	"time"

	"surveyflow/models"
)

// surveyEventFields are the parts of an event of a survey's own life.
var surveyEventFields = []models.EventField{
	{Name: "surveyId", Path: "$.surveyId"},
	{Name: "surveyName", Path: "$.surveyName"},
	{Name: "change", Path: "$.change"},
	{Name: "version", Path: "$.version"},
	{Name: "changedAt", Path: "$.changedAt"},
	{Name: "changedBy", Path: "$.changedBy"},
	{Name: "changedByEmail", Path: "$.changedByEmail"},
}

// SurveyChange is what a surveyDefinition event carries: which survey it is about, and what somebody did with it.
type SurveyChange struct {
	SurveyID       string    `json:"surveyId"`
	SurveyName     string    `json:"surveyName"`
	Change         string    `json:"change"`  // one of models.SurveyChanges
	Version        int       `json:"version"` // the live one
	ChangedAt      time.Time `json:"changedAt"`
	ChangedBy      string    `json:"changedBy"` // a name
	ChangedByEmail string    `json:"changedByEmail"`
}

// PlanSurveyChange gives the events and runs of those workflows of a survey that wait for a change of it: an event for each, so
// that one's owner sees what their own workflow was sent.
func PlanSurveyChange(all []*Compiled, org string, change SurveyChange, depth int, cause *string, now time.Time) (events []models.Event, runs []models.Run, err error) {
	payload, err := models.MarshalJSON(change)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range all {
		event, begun, err := Plan([]*Compiled{w}, Fact{
			Type: models.EventSurveyDefinition, On: change.Change, Org: org, SurveyID: change.SurveyID, Payload: payload, WorkflowID: &w.ID,
			Depth: depth, CauseRun: cause, Now: now,
		})
		if err != nil {
			return nil, nil, err
		}
		if event != nil {
			events, runs = append(events, *event), append(runs, begun...)
		}
	}
	return events, runs, nil
}

// SampleChange makes up an event of a survey's life, so that a workflow can be tried before there was one.
func SampleChange(e models.EventSpec, v *models.Survey, now time.Time) SurveyChange {
	change := SurveyChange{Change: models.OnPublished, Version: 1, ChangedAt: now, ChangedBy: "Sample Person", ChangedByEmail: "sample@example.com"}
	if len(e.On) > 0 {
		change.Change = e.On[0]
	}
	if v != nil {
		change.SurveyID, change.SurveyName, change.Version = v.ID, v.Name, max(v.Version, 1)
	}
	return change
}

func checkSurveyEvent(e models.EventSpec) []models.FieldError {
	if len(e.On) == 0 {
		return []models.FieldError{models.Field("event.on", "event.error.change_none")}
	}
	for _, on := range e.On {
		if !slices.Contains(models.SurveyChanges, on) {
			return []models.FieldError{models.Field("event.on", "event.error.change", "Value", on)}
		}
	}
	return nil
}

// orderedChanges gives what a workflow waits for in the usual order, each once; what is none of it comes last, for the check
// to name. Nothing at all means everything.
func orderedChanges(on []string) []string {
	if len(on) == 0 {
		return slices.Clone(models.SurveyChanges)
	}
	ordered := []string{}
	for _, known := range models.SurveyChanges {
		if slices.Contains(on, known) {
			ordered = append(ordered, known)
		}
	}
	for _, other := range on {
		if !slices.Contains(ordered, other) {
			ordered = append(ordered, other)
		}
	}
	return ordered
}
