package handlers

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"surveyflow/internal/richtext"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/workflowpages"
)

// mailConfig reads the form of an email task.
func mailConfig(old json.RawMessage, form url.Values) json.RawMessage {
	line := func(name string) string { return strings.TrimSpace(form.Get("config." + name)) }
	return configOf(old, models.EmailConfig{
		To: line("to"), CC: line("cc"), BCC: line("bcc"), ReplyTo: line("replyTo"), Subject: line("subject"),
		Body: richtext.Clean(strings.ReplaceAll(form.Get("config.body"), "\r\n", "\n")), IncludeReport: form.Get("config.includeReport") != "",
		ListAnswers: form.Get("config.listAnswers") != "",
	})
}

// notificationConfig reads the form of a notification task.
func notificationConfig(old json.RawMessage, form url.Values) json.RawMessage {
	ids := append([]string{}, form["config.userIds"]...)
	return configOf(old, models.NotificationConfig{UserIDs: ids, Text: strings.ReplaceAll(form.Get("config.text"), "\r\n", "\n")})
}

// peopleOptions offers the people of the organisation who can sign in.
func peopleOptions(ctx context.Context, s *store.Store, actor models.Actor) ([]components.Option, error) {
	people, err := s.Users(ctx, actor)
	if err != nil {
		return nil, err
	}
	var options []components.Option
	for _, u := range people {
		if u.DisabledAt == nil {
			options = append(options, components.Option{Value: u.ID, Label: u.Name(), Hint: u.Email})
		}
	}
	return options, nil
}

// waitConfig reads the form of a wait task. A pause is written as people do: "30 d", "2 h".
func waitConfig(old json.RawMessage, form url.Values) json.RawMessage {
	if form.Get("config.kind") == workflowpages.WaitUntil {
		return configOf(old, models.WaitConfig{Until: strings.TrimSpace(form.Get("config.until")), TimeZone: strings.TrimSpace(form.Get("config.timeZone"))})
	}
	c := models.WaitConfig{For: strings.Join(readDelays(form.Get("config.for")), ", ")}
	if form.Get("config.hours") != "" {
		line := func(name string) string { return strings.TrimSpace(form.Get("config.workingHours." + name)) }
		c.WorkingHours = &models.WorkingHours{Days: form["config.workingHours.days"], From: line("from"), To: line("to"), TimeZone: line("timeZone")}
	}
	return configOf(old, c)
}

func configOf(old json.RawMessage, config any) json.RawMessage {
	text, err := models.MarshalJSON(config)
	if err != nil { // strings alone
		return old
	}
	return text
}

// mailProps fills in the forms of mails and pauses.
func mailProps(p *workflowpages.TaskProps, config json.RawMessage) {
	switch p.Spec.Type {
	case models.TaskEmail:
		_ = json.Unmarshal(config, &p.Email) // what cannot be read is shown empty, and the check names it
	case models.TaskNotification:
		_ = json.Unmarshal(config, &p.Notify)
	case models.TaskWait:
		_ = json.Unmarshal(config, &p.Wait)
		p.WaitKind, p.WaitFor = workflowpages.WaitFor, writeDelays([]string{p.Wait.For})
		if p.Wait.Until != "" {
			p.WaitKind = workflowpages.WaitUntil
		}
	}
}
