package handlers

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/workflowpages"
)

// sendSurveyConfig reads the form of a task that sends a survey. Pauses are written as people do: "30 d", "2 h".
func sendSurveyConfig(old json.RawMessage, form url.Values) json.RawMessage {
	line := func(name string) string { return strings.TrimSpace(form.Get("config." + name)) }
	c := models.SendSurveyConfig{
		SurveyID: line("surveyId"), CollectorID: line("collectorId"), To: line("to"), FirstName: line("firstName"), LastName: line("lastName"), Language: line("language"),
		Delay: strings.Join(readDelays(line("delay")), ", "), Reminders: readDelays(line("reminders")),
	}
	if len(c.Reminders) == 0 {
		c.Reminders = nil
		var before models.SendSurveyConfig
		if json.Unmarshal(old, &before) == nil && before.Reminders != nil && len(before.Reminders) == 0 { // none, as a program said
			c.Reminders = before.Reminders
		}
	}
	for _, name := range workflowpages.SendSurveyFields {
		if value := line("fields." + name); value != "" {
			if c.Fields == nil {
				c.Fields = map[string]string{}
			}
			c.Fields[name] = value
		}
	}
	return configOf(old, c)
}

func sendSurveyForm(config json.RawMessage) workflowpages.SendSurveyForm {
	var f workflowpages.SendSurveyForm
	_ = json.Unmarshal(config, &f.SendSurveyConfig) // what cannot be read is shown empty, and the check names it
	if f.Delay != "" {
		f.DelayText = writeDelays([]string{f.Delay})
	}
	f.RemindersText = writeDelays(f.Reminders)
	return f
}

// sendOptions offers what surveys can be sent through: the surveys that the actor may edit, and their e-mail collectors.
func sendOptions(ctx context.Context, s *store.Store, actor models.Actor) (surveys, collectors []components.Option, err error) {
	if surveys, err = surveyChoices(ctx, s, actor, ""); err != nil {
		return nil, nil, err
	}
	scopes, err := s.TokenScopes(ctx, actor)
	for _, one := range scopes {
		if strings.HasPrefix(one.ID, string(models.PrefixCollector)) {
			collectors = append(collectors, components.Option{Value: one.ID, Label: one.Survey + ": " + one.Name})
		}
	}
	return surveys, collectors, err
}
