package apiv3

import (
	"context"
	"slices"
	"strings"

	"surveyflow/models"
)

// checkLive refuses a write that was made of an older revision and says who changed what since (contract §7, Writes).
// 0 says nothing and overwrites.
func (a *API) checkLive(ctx context.Context, actor models.Actor, w *models.Workflow, revision int) error {
	if revision == 0 || revision == w.Version {
		return nil
	}
	if revision > w.Version || revision < 0 {
		return invalid("revision", "api.error.revision", "Revision", w.Version)
	}
	now, err := a.store.WorkflowVersion(ctx, w.ID, w.Version)
	if err != nil {
		return err
	}
	then, err := a.store.WorkflowVersion(ctx, w.ID, revision)
	if err != nil {
		return err
	}
	who := now.SavedBy
	if u, err := a.store.User(ctx, actor, now.SavedBy); err == nil {
		who = u.Name()
	}
	return models.Conflict("api.error.workflow_changed", map[string]any{
		"Who": who, "At": seconds(now.SavedAt), "Revision": now.Version,
		"What": strings.Join(differences(&then.Definition.V, &now.Definition.V), ", "),
	})
}

// differences names the members in which two definitions of a workflow differ.
func differences(then, now *models.WorkflowDefinition) []string {
	var names []string
	note := func(name string, a, b any) {
		if !sameJSON(a, b) {
			names = append(names, name)
		}
	}
	note("event", then.Event, now.Event)
	note("condition", then.Condition, now.Condition)
	for _, t := range now.Tasks {
		i := slices.IndexFunc(then.Tasks, func(old models.TaskSpec) bool { return old.ID == t.ID })
		if i < 0 || !sameJSON(then.Tasks[i], t) {
			names = append(names, "task "+t.ID)
		}
	}
	for _, t := range then.Tasks {
		if !slices.ContainsFunc(now.Tasks, func(kept models.TaskSpec) bool { return kept.ID == t.ID }) {
			names = append(names, "task "+t.ID+" (removed)")
		}
	}
	note("the order of tasks", taskIDs(then.Tasks), taskIDs(now.Tasks))
	note("notifications", then.Notifications, now.Notifications)
	if len(names) == 0 {
		names = []string{"nothing but its name or whether it is on"}
	}
	return names
}

func taskIDs(tasks []models.TaskSpec) []string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return ids
}

func sameJSON(a, b any) bool {
	x, errX := models.MarshalJSON(a)
	y, errY := models.MarshalJSON(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
