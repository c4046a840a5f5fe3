package handlers

import (
	"context"
	"fmt"
	"slices"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// marks tells which cards are new or changed since the live version.
func marks(live, draft *models.WorkflowDefinition) map[string]string {
	out := map[string]string{}
	if !sameJSON(live.Event, draft.Event) {
		out[frame.EditEvent] = "changed"
	}
	switch {
	case live.Condition == nil && draft.Condition != nil:
		out[frame.EditCondition] = "new"
	case !sameJSON(live.Condition, draft.Condition):
		out[frame.EditCondition] = "changed"
	}
	for _, t := range draft.Tasks {
		i := taskIndex(live.Tasks, t.ID)
		switch {
		case i < 0:
			out[frame.EditTask+t.ID] = "new"
		case !sameJSON(live.Tasks[i], t):
			out[frame.EditTask+t.ID] = "changed"
		}
	}
	return out
}

// changes says in sentences what putting the draft live would change.
func changes(ctx context.Context, live, draft *models.WorkflowDefinition) []string {
	var out []string
	say := func(key string, args ...any) { out = append(out, i18n.T(ctx, key, args...)) }
	marked := marks(live, draft)
	if marked[frame.EditEvent] != "" {
		say("workflow.change.event")
	}
	switch {
	case draft.Condition == nil && live.Condition != nil:
		say("workflow.change.condition.removed")
	case marked[frame.EditCondition] == "new":
		say("workflow.change.condition.new")
	case marked[frame.EditCondition] != "":
		say("workflow.change.condition.changed")
	}
	for i, t := range draft.Tasks {
		switch marked[frame.EditTask+t.ID] {
		case "new":
			say("workflow.change.task.new", "Name", workflowpages.TaskTitleAt(ctx, draft.Tasks, i))
		case "changed":
			say("workflow.change.task.changed", "Name", workflowpages.TaskTitleAt(ctx, draft.Tasks, i))
		}
	}
	for i, t := range live.Tasks {
		if taskIndex(draft.Tasks, t.ID) < 0 {
			say("workflow.change.task.removed", "Name", workflowpages.TaskTitleAt(ctx, live.Tasks, i))
		}
	}
	if reordered(live.Tasks, draft.Tasks) {
		say("workflow.change.order")
	}
	return out
}

func taskIndex(tasks []models.TaskSpec, id string) int {
	return slices.IndexFunc(tasks, func(t models.TaskSpec) bool { return t.ID == id })
}

// reordered reports whether tasks that both have stand in another order.
func reordered(live, draft []models.TaskSpec) bool {
	at := -1
	for _, t := range draft {
		i := taskIndex(live, t.ID)
		if i < 0 {
			continue
		}
		if i < at {
			return true
		}
		at = i
	}
	return false
}

// sameJSON reports whether two values have the same JSON, whatever the order of members in raw parts of it.
func sameJSON(a, b any) bool { return canonicalJSON(a) == canonicalJSON(b) }

func canonicalJSON(v any) string {
	text, err := models.MarshalJSON(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	var members models.JSON[any]
	if members.Scan(text) != nil {
		return string(text)
	}
	if text, err = models.MarshalJSON(members.V); err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
