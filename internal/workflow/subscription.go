package workflow

import (
	"surveyflow/models"
)

// Subscribed gives what the workflows of an event subscription wait for: one for responses, one for the lives of surveys, or both.
func Subscribed(t models.Topic) []models.WorkflowDefinition {
	var all []models.WorkflowDefinition
	if t.Started || t.Completed || t.Partial {
		def := models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse, IncludeIncomplete: t.Partial}}
		if t.Completed || t.Partial {
			def.Event.On = append(def.Event.On, models.OnCreated)
		}
		if t.Started {
			def.Event.On = append(def.Event.On, models.OnStarted)
		}
		if t.Partial && !t.Completed {
			def.Condition = &models.Condition{Left: "${rm://Field/Finished}", Operator: models.OpEqualTo, Right: "false"}
		}
		all = append(all, def)
	}
	var on []string
	if t.Activate {
		on = append(on, models.OnActivated)
	}
	if t.Deactivate {
		on = append(on, models.OnClosed)
	}
	if len(on) > 0 {
		all = append(all, models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyDefinition, On: on}})
	}
	return all
}
