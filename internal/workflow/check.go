package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"surveyflow/internal/extract"
	"surveyflow/internal/jsonpath"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// MaxTasks is how many tasks a workflow may have.
const MaxTasks = 50

// Normalize gives a definition its defaults (contract §7, Defaults) and every task an id of its own. Secrets of webhooks are
// taken out of it: they are given by the ids of their tasks, for who keeps them.
func Normalize(def *models.WorkflowDefinition) (secrets map[string]string) {
	normalizeEvent(&def.Event)
	if def.Tasks == nil {
		def.Tasks = []models.TaskSpec{}
	}
	if def.Notifications.Recipients == nil {
		def.Notifications.Recipients = []string{}
	}
	seen := map[string]bool{}
	for i := range def.Tasks {
		t := &def.Tasks[i]
		if !models.ValidID(models.PrefixTask, t.ID) || seen[t.ID] {
			t.ID = models.NewID(models.PrefixTask)
		}
		seen[t.ID] = true
		if t.OnFailure == "" {
			t.OnFailure = models.FailureContinue
		}
		if len(t.Config) == 0 {
			t.Config = []byte("{}")
		}
		if text := takeSecret(t); text != "" {
			if secrets == nil {
				secrets = map[string]string{}
			}
			secrets[t.ID] = text
		}
	}
	return secrets
}

// checkNotified checks the addresses of who is told of failed runs.
func checkNotified(recipients []string) []models.FieldError {
	const path = "notifications.recipients"
	if len(recipients) > models.MaxNotified {
		return []models.FieldError{models.Field(path, "workflow.notify.error.many", "Count", len(recipients), "Max", models.MaxNotified)}
	}
	var wrong []models.FieldError
	for i, email := range recipients {
		if !models.ValidEmail(email) {
			wrong = append(wrong, models.Field(fmt.Sprintf("%s[%d]", path, i), "workflow.notify.error.email", "Email", strings.ToValidUTF8(email[:min(len(email), 100)], "")))
		}
	}
	return wrong
}

// Check finds what keeps a definition from being put live: it fails with models.CodeInvalid, and the fields are paths in the
// definition's JSON, such as "tasks[0].config.url". The survey is that of the workflow, nil when it has none.
func Check(types *task.Registry, def *models.WorkflowDefinition, survey *models.SurveyDefinition) error {
	fields := checkEvent(def.Event)
	if def.Event.Type == models.EventContactList && survey != nil {
		fields = append(fields, models.Field("event.type", "event.error.list_survey"))
	}
	if def.Event.Type != models.EventSurveyResponse {
		survey = nil // nobody has answered it in such an event
	}
	condition, err := CompileCondition(def.Condition, "condition")
	fields = append(fields, fieldsOf(err)...)
	fields = append(fields, checkRefs(condition.Refs(), "condition", survey, nil)...)
	fields = append(fields, checkEventRefs(condition.Refs(), "condition", def.Event)...)
	fields = append(fields, checkSecrets(condition.Refs(), "condition")...)
	fields = append(fields, checkNotified(def.Notifications.Recipients)...)
	switch {
	case len(def.Tasks) == 0:
		fields = append(fields, models.Field("tasks", "workflow.error.no_tasks"))
	case len(def.Tasks) > MaxTasks:
		fields = append(fields, models.Field("tasks", "workflow.error.too_many_tasks", "Max", MaxTasks))
		return models.Invalid(fields...)
	}
	if slices.Contains(def.Event.On, models.OnStarted) && models.SubscriptionOf(def.Tasks[0]) == nil {
		fields = append(fields, models.Field("event.on", "event.error.started"))
	}
	earlier := earlierTasks{}
	for i, spec := range def.Tasks {
		at := fmt.Sprintf("tasks[%d]", i)
		step, err := NewStep(types, spec, at)
		if errors.Is(err, ErrUnknownTask) {
			fields = append(fields, models.Field(at+".type", "task.error.type", "Type", string(spec.Type)))
			continue
		}
		fields = append(fields, fieldsOf(err)...)
		if err == nil {
			fields = append(fields, checkRefs(step.Task.Refs(), at+".config", survey, earlier)...)
			if _, ok := step.Task.(task.Reporter); ok && (def.Event.Type != models.EventSurveyResponse || survey == nil) {
				fields = append(fields, models.Field(at+".type", "workflow.error.needs_response"))
			}
			fields = append(fields, checkEventRefs(step.Task.Refs(), at+".config", def.Event)...)
			fields = append(fields, checkEventRefs(step.Condition.Refs(), at+".condition", def.Event)...)
			if _, ok := step.Task.(task.Secured); !ok {
				fields = append(fields, checkSecrets(step.Task.Refs(), at+".config")...)
			}
			fields = append(fields, checkSecrets(step.Condition.Refs(), at+".condition")...)
			fields = append(fields, checkRefs(step.Condition.Refs(), at+".condition", survey, earlier)...)
		}
		earlier.add(spec.ID, step.Task)
	}
	return models.Invalid(fields...)
}

func checkEvent(e models.EventSpec) []models.FieldError {
	if !slices.Contains(models.EventTypes, e.Type) {
		return []models.FieldError{models.Field("event.type", "event.error.type", "Type", string(e.Type))}
	}
	if e.Type == models.EventJSON {
		return checkJSONEvent(e)
	}
	if e.Type == models.EventContactList {
		if e.MailingListID != "" && !models.ValidID(models.PrefixList, e.MailingListID) {
			return []models.FieldError{models.Field("event.mailingListId", "event.error.list")}
		}
		return nil
	}
	if e.Type == models.EventSurveyDefinition {
		return checkSurveyEvent(e)
	}
	if e.Type == models.EventSchedule {
		return checkSchedule(e)
	}
	for _, on := range e.On {
		if on != models.OnCreated && on != models.OnUpdated && on != models.OnStarted {
			return []models.FieldError{models.Field("event.on", "event.error.on", "Value", on)}
		}
	}
	return nil
}

// checkRefs finds piped text that names a question or task which is not there: it would always be empty.
func checkRefs(refs []pipedtext.Ref, at string, survey *models.SurveyDefinition, tasks earlierTasks) []models.FieldError {
	var fields []models.FieldError
	for _, r := range refs {
		switch {
		case r.Scheme == "q" && (survey == nil || !survey.Names(r.Name)):
			fields = append(fields, models.Field(at, "workflow.error.unknown_question", "Token", r.String()))
		case r.Scheme == "ch":
			fields = append(fields, tasks.check(r, at)...)
		}
	}
	return fields
}

// checkEventRefs finds piped text that names a field which the event does not have, or a path that is none.
func checkEventRefs(refs []pipedtext.Ref, at string, e models.EventSpec) []models.FieldError {
	var fields []models.FieldError
	known := NewEventFields(e)
	for _, r := range refs {
		if r.Scheme != "aedj" {
			continue
		}
		if r.Path != "" {
			if _, err := jsonpath.Parse(r.Path); err != nil {
				fields = append(fields, models.Field(at, "workflow.error.output_path", "Token", r.String()))
			}
		} else if known[r.Name] == nil {
			fields = append(fields, models.Field(at, "workflow.error.unknown_field", "Token", r.String()))
		}
	}
	return fields
}

// checkSecrets finds parts of credentials where none may be: outside of what a task sends to the credential's hosts.
func checkSecrets(refs []pipedtext.Ref, at string) []models.FieldError {
	var fields []models.FieldError
	for _, r := range refs {
		if r.Scheme == "cr" {
			fields = append(fields, models.Field(at, "workflow.error.credential_here", "Token", r.String()))
		}
	}
	return fields
}

// earlierTasks are the tasks before the one that is checked, with the names of their results; nil names when they are known
// only after the task has run.
type earlierTasks map[string][]string

func (e earlierTasks) add(id string, t task.Task) {
	e[id] = nil
	if producer, ok := t.(task.Producer); ok {
		e[id] = []string{}
		for _, o := range producer.Outputs() {
			e[id] = append(e[id], o.Name, o.Path)
		}
	}
}

// check finds a token that names a task which is not there, or a result that this task never has. A path is looked up in the
// answer itself, whether an output names it or not.
func (e earlierTasks) check(r pipedtext.Ref, at string) []models.FieldError {
	names, there := e[r.Name]
	switch {
	case !there:
		return []models.FieldError{models.Field(at, "workflow.error.unknown_task", "Token", r.String())}
	case slices.Contains(names, r.Path):
		return nil
	case strings.HasPrefix(r.Path, "$"):
		if _, err := extract.ParsePath(r.Path); err != nil {
			return []models.FieldError{models.Field(at, "workflow.error.output_path", "Token", r.String())}
		}
	case names != nil && !strings.HasPrefix(r.Path, "/"):
		return []models.FieldError{models.Field(at, "workflow.error.unknown_output", "Token", r.String())}
	}
	return nil
}
