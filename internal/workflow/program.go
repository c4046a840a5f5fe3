package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"surveyflow/internal/task"
	"surveyflow/models"
)

// Program is a version of a workflow ready to be executed.
type Program struct {
	Tasks  []Step
	Names  OutputNames
	Fields EventFields // of a JSON event
}

// OutputNames tells, by task id and path, under which name a task keeps what is found at that path.
type OutputNames map[string]map[string]string

// Step is one task of a program.
type Step struct {
	Spec      models.TaskSpec
	Task      task.Task
	Condition Condition
	Delays    []time.Duration // between tries
	Named     []string        // which results of this task later ones name
}

// ErrUnknownTask says that a workflow has a type of task that this program does not know: a newer one made it.
var ErrUnknownTask = errors.New("workflow: a task is of a type that this program does not know")

// NewProgram compiles all tasks of a version. It fails with [ErrUnknownTask] or models.CodeInvalid.
func NewProgram(types *task.Registry, def *models.WorkflowDefinition) (*Program, error) {
	p := &Program{Tasks: make([]Step, len(def.Tasks)), Fields: NewEventFields(def.Event)}
	var fields []models.FieldError
	for i, spec := range def.Tasks {
		step, err := NewStep(types, spec, fmt.Sprintf("tasks[%d]", i))
		if errors.Is(err, ErrUnknownTask) {
			return nil, err
		}
		fields = append(fields, fieldsOf(err)...)
		p.Tasks[i] = step
	}
	if err := models.Invalid(fields...); err != nil {
		return nil, err
	}
	p.link()
	return p, nil
}

// link tells each task what the later ones name of it.
func (p *Program) link() {
	p.Names = OutputNames{}
	for i := range p.Tasks {
		step := &p.Tasks[i]
		p.Names.add(step.Spec.ID, step.Task)
		for _, r := range slices.Concat(step.Task.Refs(), step.Condition.Refs()) {
			if r.Scheme != "ch" {
				continue
			}
			for j := range p.Tasks[:i] {
				if earlier := &p.Tasks[j]; earlier.Spec.ID == r.Name && !slices.Contains(earlier.Named, r.Path) {
					earlier.Named = append(earlier.Named, r.Path)
				}
			}
		}
	}
}

// Needed lists the results of a task that those tasks name for which it holds.
func (p *Program) Needed(id string, of func(*Step) bool) []string {
	var paths []string
	for i := range p.Tasks {
		if !of(&p.Tasks[i]) {
			continue
		}
		for _, r := range slices.Concat(p.Tasks[i].Task.Refs(), p.Tasks[i].Condition.Refs()) {
			if r.Scheme == "ch" && r.Name == id && !slices.Contains(paths, r.Path) {
				paths = append(paths, r.Path)
			}
		}
	}
	return paths
}

// outputNames gives the names of the outputs of those tasks that are complete.
func outputNames(types *task.Registry, specs []models.TaskSpec) OutputNames {
	names := OutputNames{}
	for _, spec := range specs {
		if t, ok := types.Type(spec.Type); ok {
			if compiled, err := t.Compile(spec.Config); err == nil {
				names.add(spec.ID, compiled)
			}
		}
	}
	return names
}

func (n OutputNames) add(id string, t task.Task) {
	producer, ok := t.(task.Producer)
	if !ok {
		return
	}
	names := map[string]string{}
	for _, o := range producer.Outputs() {
		names[o.Path] = o.Name
	}
	n[id] = names
}

// NewStep compiles one task. It fails with [ErrUnknownTask] or models.CodeInvalid; the fields are paths from at.
func NewStep(types *task.Registry, spec models.TaskSpec, at string) (Step, error) {
	t, ok := types.Type(spec.Type)
	if !ok {
		return Step{}, fmt.Errorf("%w: %q", ErrUnknownTask, spec.Type)
	}
	step := Step{Spec: spec}
	var fields []models.FieldError
	var err error
	if len(spec.Config) == 0 {
		spec.Config = json.RawMessage("{}")
	}
	if step.Task, err = t.Compile(spec.Config); err != nil {
		fields = append(fields, under(at+".config", err)...)
	}
	if step.Condition, err = CompileCondition(spec.Condition, at+".condition"); err != nil {
		fields = append(fields, fieldsOf(err)...)
	}
	if step.Delays, err = task.Delays(spec.Retry); err != nil {
		fields = append(fields, under(at, err)...)
	}
	if !slices.Contains([]models.OnFailure{models.FailureContinue, models.FailureStop}, spec.OnFailure) {
		fields = append(fields, models.Field(at+".onFailure", "task.error.on_failure", "Value", string(spec.OnFailure)))
	}
	return step, models.Invalid(fields...)
}

// fieldsOf gives what an error says of fields; an error that says nothing of them is one about all.
func fieldsOf(err error) []models.FieldError {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*models.Error](err); ok && len(e.Fields) > 0 {
		return e.Fields
	}
	return []models.FieldError{models.Field("", "error.invalid")}
}

func under(at string, err error) []models.FieldError {
	fields := slices.Clone(fieldsOf(err))
	for i := range fields {
		if fields[i].Field == "" {
			fields[i].Field = at
		} else {
			fields[i].Field = at + "." + fields[i].Field
		}
	}
	return fields
}
