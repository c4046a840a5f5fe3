package task

import (
	"time"

	"surveyflow/models"
)

// Reporter is a task that sends the response that its event is about. Only a workflow that starts with a response can
// have one.
type Reporter interface {
	// ReportsResponse does nothing but mark the task.
	ReportsResponse()
}

// Subject is the response that an event is about, as it was then, with what is needed to tell it to others. The same for every
// attempt in a run.
type Subject struct {
	SurveyID   string
	SurveyName string
	Survey     *models.SurveyDefinition // the version that was answered
	Labels     models.DataLabels
	Snapshot   *models.Snapshot
	At         time.Time // of the event; of an anonymous survey the day
	Test       bool
	ReplayOf   string // id of the run that this one repeats; empty for none
}
