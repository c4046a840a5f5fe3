package workflowpages

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
)

// EventWords says what starts a workflow: "A response is completed".
func EventWords(ctx context.Context, e models.EventSpec) string {
	if e.Type != models.EventSurveyResponse {
		return eventWords(ctx, e)
	}
	created, updated := len(e.On) == 0, false
	started := slices.Contains(e.On, models.OnStarted)
	for _, on := range e.On {
		created = created || on == models.OnCreated
		updated = updated || on == models.OnUpdated
	}
	key := "workflow.event.words.created"
	switch {
	case started && !created && !updated:
		return i18n.T(ctx, "workflow.event.words.started")
	case created && updated:
		key = "workflow.event.words.both"
	case updated:
		key = "workflow.event.words.updated"
	}
	if started {
		return i18n.T(ctx, "workflow.event.words.started_too", "Event", i18n.T(ctx, key))
	}
	return i18n.T(ctx, key)
}

// eventDetails says which responses count beside the finished ones that people gave themselves.
func eventDetails(ctx context.Context, e models.EventSpec) string {
	switch {
	case e.Type == models.EventSurveyDefinition:
		return changeDetails(ctx, e)
	case e.Type == models.EventSchedule:
		return ScheduleWords(ctx, e)
	case e.Type == models.EventJSON:
		return jsonEventDetails(ctx, e)
	case e.IncludeIncomplete && e.IncludeImported:
		return i18n.T(ctx, "workflow.event.words.incomplete_imported")
	case e.IncludeIncomplete:
		return i18n.T(ctx, "workflow.event.words.incomplete")
	case e.IncludeImported:
		return i18n.T(ctx, "workflow.event.words.imported")
	}
	return ""
}

// pipedText finds tokens of piped text: their scheme and what they name.
var pipedText = regexp.MustCompile(`[$~]\{([a-z]+)://([^}|?]*)[^}]*\}`)

// PipedWords puts, in the place of piped text, the name of what it stands for: "~{aedj://email}" is "{email}".
func PipedWords(ctx context.Context, text string) string {
	return pipedText.ReplaceAllStringFunc(text, func(token string) string {
		parts := pipedText.FindStringSubmatch(token)
		scheme, name := parts[1], strings.TrimPrefix(parts[2], "Field/")
		if key := map[string]string{"Email": "contact.email", "FirstName": "contact.first_name", "LastName": "contact.last_name"}[name]; scheme == "m" && key != "" {
			return "{" + i18n.T(ctx, key) + "}"
		}
		if scheme == "q" {
			name, _, _ = strings.Cut(name, "/")
		}
		if unescaped, err := url.PathUnescape(name[strings.LastIndexAny(name, "/.")+1:]); err == nil && unescaped != "" {
			name = unescaped
		}
		return "{" + name + "}"
	})
}

// TaskWords says what a task does: "POST to crm.example.com".
func TaskWords(ctx context.Context, t models.TaskSpec) string {
	if t.Type == models.TaskCode {
		return codeWords(ctx, t)
	}
	if t.Type == models.TaskOutboundWebhook {
		var c models.OutboundWebhookConfig
		if json.Unmarshal(t.Config, &c) != nil || c.URL == "" {
			return i18n.T(ctx, "task.words.webhook.empty")
		}
		if c.Subscription != nil {
			return i18n.T(ctx, "task.words.subscription", "Host", components.Host(c.URL))
		}
		return i18n.T(ctx, "task.words.webhook", "Host", components.Host(c.URL))
	}
	if t.Type == models.TaskAddContact {
		return addContactWords(ctx, t)
	}
	if t.Type == models.TaskEmail {
		return emailWords(ctx, t)
	}
	if t.Type == models.TaskNotification {
		return notificationWords(ctx, t)
	}
	if t.Type == models.TaskWait {
		return waitWords(ctx, t)
	}
	if t.Type == models.TaskSendSurvey {
		return sendSurveyWords(ctx, t)
	}
	if t.Type != models.TaskWebService {
		return i18n.T(ctx, "task.type."+string(t.Type))
	}
	var c models.WebServiceConfig
	if json.Unmarshal(t.Config, &c) != nil || c.URL == "" {
		return i18n.T(ctx, "task.words.web_service.empty")
	}
	method := c.Method
	if method == "" {
		method = "POST"
	}
	return i18n.T(ctx, "task.words.web_service", "Method", method, "Host", components.Host(c.URL))
}

// TaskTitle names a task: by the summary its owner gave it, or by what it does.
func TaskTitle(ctx context.Context, t models.TaskSpec) string {
	if t.Summary != "" {
		return t.Summary
	}
	return TaskWords(ctx, t)
}

// TaskTitles names tasks so that they can be told from each other: of several without a summary that do the same, all but the
// first carry a number, as "POST to crm.example.com (2)".
func TaskTitles(ctx context.Context, tasks []models.TaskSpec) []string {
	titles, seen := make([]string, len(tasks)), map[string]int{}
	for i, t := range tasks {
		title := TaskTitle(ctx, t)
		seen[title]++
		titles[i] = title
		if n := seen[title]; n > 1 {
			titles[i] = i18n.T(ctx, "task.words.again", "Name", title, "Number", n)
		}
	}
	return titles
}

// TaskTitleAt is the title that TaskTitles gives the task at that place.
func TaskTitleAt(ctx context.Context, tasks []models.TaskSpec, place int) string {
	return TaskTitles(ctx, tasks[:place+1])[place]
}
