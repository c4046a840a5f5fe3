package runner

import (
	"encoding/json"
	"slices"

	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// reread completes the results of a call that was made for an older revision, of a run that waited or by one that a replay
// takes it over from: this revision may name parts of the answer that nothing named then. They are found in the recorded answer. It gives why the run cannot go on when one is
// not there: with nothing in its place a later task would send something else than its owner means.
func (e *execution) reread(p *workflow.Program, step *workflow.Step, done map[string]progress) *models.RunError {
	id := step.Spec.ID
	i := slices.IndexFunc(e.c.Attempts, func(a models.Attempt) bool {
		return a.TaskID == id && (a.Result == models.AttemptSucceeded || a.Result == models.AttemptCarried)
	})
	reader, ok := step.Task.(task.Rereader)
	if i < 0 || !ok || e.c.Attempts[i].Exchange == nil { // skipped then, as it would have been
		return nil
	}
	outputs := e.values.Outputs[id]
	missing := slices.DeleteFunc(p.Needed(id, func(s *workflow.Step) bool { return !done[s.Spec.ID].final }), func(path string) bool {
		_, kept := outputs[path]
		_, named := outputs[p.Names[id][path]]
		return kept || named
	})
	if len(missing) == 0 {
		return nil
	}
	var x models.Exchange
	var found map[string]json.RawMessage
	if json.Unmarshal([]byte(*e.c.Attempts[i].Exchange), &x) == nil {
		found = reader.Reread(&x, missing)
	}
	for _, path := range missing {
		value, ok := found[path]
		if !ok {
			return &models.RunError{Key: "run.error.output_not_kept", Args: map[string]any{"Path": path}}
		}
		if outputs == nil {
			outputs = map[string]json.RawMessage{}
		}
		outputs[path] = value
	}
	if e.values.Outputs == nil {
		e.values.Outputs = map[string]map[string]json.RawMessage{}
	}
	e.values.Outputs[id] = outputs
	return nil
}
