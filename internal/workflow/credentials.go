package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// CheckCredentials finds tasks whose credentials may not be used there: w's definition is about to be saved or put live by the
// actor. A workflow's runs use what its owner may use; and nobody can have somebody else's private credential used in a
// task that they change, since whoever writes the address decides who gets it. A task that is as it was in before, the live
// version, is not theirs. The fields are paths in the definition's JSON.
func CheckCredentials(ctx context.Context, s *store.Store, types *task.Registry, a models.Actor, w *models.Workflow, before *models.WorkflowDefinition) ([]models.FieldError, error) {
	owner := models.Actor{OrgID: w.OrgID, UserID: w.OwnerID, Role: a.Role, Via: a.Via}
	if owner.OrgID == "" { // a new one
		owner = a
	}
	var fields []models.FieldError
	for i, spec := range w.Draft.V.Tasks {
		at := fmt.Sprintf("tasks[%d].config.credentialId", i)
		ids, anyHost := credentialsOf(types, spec)
		for _, id := range ids {
			c, err := s.CredentialOrGone(ctx, owner, id)
			switch {
			case models.ErrorCode(err) == models.CodeNotFound:
				fields = append(fields, models.Field(at, "run.error.credential_none", "ID", id))
				continue
			case err != nil:
				return nil, err
			case c.DeletedAt != nil:
				fields = append(fields, models.Field(at, "run.error.credential_gone", "Name", c.Name))
			case !c.Shared && c.OwnerID != a.UserID && a.Via != models.ViaSystem && !unchanged(before, spec):
				fields = append(fields, models.Field(at, "workflow.error.credential_private", "Name", c.Name))
			case anyHost && len(c.AllowedHosts.V) == 0:
				fields = append(fields, models.Field(at, "run.error.credential_hosts", "Name", c.Name))
			}
		}
	}
	return fields, nil
}

// credentialsOf lists the credentials of a task, and whether only the data says where it calls. What does not compile is
// another check's matter.
func credentialsOf(types *task.Registry, spec models.TaskSpec) (ids []string, anyHost bool) {
	kind, ok := types.Type(spec.Type)
	if !ok {
		return nil, false
	}
	compiled, err := kind.Compile(spec.Config)
	if err != nil {
		return nil, false
	}
	if t, ok := compiled.(task.Secured); ok {
		return t.Credentials(), compiled.Host() == ""
	}
	return nil, false
}

// unchanged reports whether the definition has the task with the same config.
func unchanged(def *models.WorkflowDefinition, spec models.TaskSpec) bool {
	return def != nil && slices.ContainsFunc(def.Tasks, func(t models.TaskSpec) bool {
		return t.ID == spec.ID && t.Type == spec.Type && sameConfig(t.Config, spec.Config)
	})
}

func sameConfig(a, b json.RawMessage) bool {
	var one, other models.JSON[any]
	return one.Scan([]byte(a)) == nil && other.Scan([]byte(b)) == nil && reflect.DeepEqual(one.V, other.V)
}
