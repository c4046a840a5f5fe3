package workflow

import (
	"errors"
	"fmt"
	"slices"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// MaxTasks is how many tasks a workflow may have.
const MaxTasks = 50

// Normalize gives a definition its defaults (contract §7, Defaults) and every task an id of its own.
func Normalize(def *models.WorkflowDefinition) {
	if def.Event.Type == models.EventSurveyResponse && len(def.Event.On) == 0 {
		def.Event.On = []string{models.OnCreated}
	}
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
	}
}

// Check finds what keeps a definition from being put live: it fails with models.CodeInvalid, and the fields are paths in the
// definition's JSON, such as "tasks[0].config.url". The survey is that of the workflow, nil when it has none.
func Check(types *task.Registry, def *models.WorkflowDefinition, survey *models.SurveyDefinition) error {
	fields := checkEvent(def.Event)
	condition, err := CompileCondition(def.Condition, "condition")
	fields = append(fields, fieldsOf(err)...)
	fields = append(fields, checkRefs(condition.Refs(), "condition", survey, nil)...)
	switch {
	case len(def.Tasks) == 0:
		fields = append(fields, models.Field("tasks", "workflow.error.no_tasks"))
	case len(def.Tasks) > MaxTasks:
		fields = append(fields, models.Field("tasks", "workflow.error.too_many_tasks", "Max", MaxTasks))
		return models.Invalid(fields...)
	}
	earlier := map[string]bool{}
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
			fields = append(fields, checkRefs(step.Condition.Refs(), at+".condition", survey, earlier)...)
		}
		earlier[spec.ID] = true
	}
	return models.Invalid(fields...)
}

func checkEvent(e models.EventSpec) []models.FieldError {
	if !slices.Contains(models.EventTypes, e.Type) {
		return []models.FieldError{models.Field("event.type", "event.error.type", "Type", string(e.Type))}
	}
	for _, on := range e.On {
		if on != models.OnCreated && on != models.OnUpdated {
			return []models.FieldError{models.Field("event.on", "event.error.on", "Value", on)}
		}
	}
	return nil
}

// checkRefs finds piped text that names a question or task which is not there: it would always be empty.
func checkRefs(refs []pipedtext.Ref, at string, survey *models.SurveyDefinition, tasks map[string]bool) []models.FieldError {
	var fields []models.FieldError
	for _, r := range refs {
		switch {
		case r.Scheme == "q" && (survey == nil || survey.Question(r.Name) == nil):
			fields = append(fields, models.Field(at, "workflow.error.unknown_question", "Token", r.String()))
		case r.Scheme == "ch" && !tasks[r.Name]:
			fields = append(fields, models.Field(at, "workflow.error.unknown_task", "Token", r.String()))
		}
	}
	return fields
}
