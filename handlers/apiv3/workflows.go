package apiv3

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// workflowBody is a workflow as the contract's JSON has it (§6).
type workflowBody struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	SurveyID *string `json:"surveyId"`
	Enabled  bool    `json:"enabled"`
	models.WorkflowDefinition
	Revision       int     `json:"revision"`       // the live version; 0 before the first one
	SwitchOffAfter int     `json:"switchOffAfter"` // failed runs in a row; 0 for never
	OffReason      *string `json:"offReason"`      // why it switched itself off
	OffSince       *string `json:"offSince"`
}

func bodyOf(w *models.Workflow, def models.WorkflowDefinition) workflowBody {
	workflow.Normalize(&def)
	def = workflow.ShowSecrets(def)
	return workflowBody{ID: w.ID, Name: w.Name, SurveyID: w.SurveyID, Enabled: w.Enabled, WorkflowDefinition: def, Revision: w.Version, SwitchOffAfter: w.OffAfter, OffSince: millis(w.OffAt)}
}

// body gives a workflow with what runs: its live version, or its draft while there is none.
func (a *API) workflowBody(ctx context.Context, w *models.Workflow) (workflowBody, error) {
	if w.Version == 0 || !w.Changed() {
		return bodyOf(w, w.Draft.V).explained(ctx, w), nil
	}
	v, err := a.store.WorkflowVersion(ctx, w.ID, w.Version)
	if err != nil {
		return workflowBody{}, err
	}
	body := bodyOf(w, v.Definition.V)
	body.Notifications = w.Draft.V.Notifications // they count at once
	return body.explained(ctx, w), nil
}

// explained says why a workflow switched itself off.
func (b workflowBody) explained(ctx context.Context, w *models.Workflow) workflowBody {
	b.OffReason = sentenceOf(ctx, w.OffReason)
	return b
}

// workflowOf reads the workflow that the path names: to see it for GET, to change it for everything else.
func (a *API) workflowOf(c *call) (*models.Workflow, error) {
	read := a.store.WorkflowToEdit
	if c.Request().Method == http.MethodGet {
		read = a.store.Workflow
	}
	w, err := read(c.Request().Context(), c.actor, c.Param("workflowId"))
	return w, missing(err, "api.error.no_workflow")
}

func (a *API) listWorkflows(c *call) (any, error) {
	ctx := c.Request().Context()
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	all, next, err := a.store.Workflows(ctx, c.actor, store.WorkflowFilter{SurveyID: c.QueryParam("surveyId"), Page: page})
	if err != nil {
		return nil, err
	}
	bodies := make([]workflowBody, len(all))
	for i := range all {
		if bodies[i], err = a.workflowBody(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	addressed := make([]*workflowBody, len(bodies))
	for i := range bodies {
		addressed[i] = &bodies[i]
	}
	if err := a.tellAddresses(ctx, addressed...); err != nil {
		return nil, err
	}
	return listOf(bodies, a.nextPage(c, next)), nil
}

func (a *API) showWorkflow(c *call) (any, error) {
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	body, err := a.workflowBody(ctx, w)
	if err != nil {
		return nil, err
	}
	return a.told(ctx, body)
}

// workflowChange is a workflow as it is written: what is not named takes its default when it is made, and stays when it is
// changed.
type workflowChange struct {
	Name          *string                    `json:"name"`
	SurveyID      optional[string]           `json:"surveyId"`
	Enabled       *bool                      `json:"enabled"`
	Event         *models.EventSpec          `json:"event"`
	Condition     optional[models.Condition] `json:"condition"`
	Tasks         *[]models.TaskSpec         `json:"tasks"`
	Notifications *models.Notifications      `json:"notifications"`
	Revision      int                        `json:"revision"`
	// SwitchOffAfter counts at once, like the notifications.
	SwitchOffAfter *int `json:"switchOffAfter"`
}

// optional is a member that may be left out or null, and both mean something.
type optional[T any] struct {
	given bool
	value *T
}

// UnmarshalJSON reads the member, which was not left out then.
func (o *optional[T]) UnmarshalJSON(text []byte) error {
	o.given = true
	return json.Unmarshal(text, &o.value)
}

// onto puts what is named into a definition, and gives the secrets of webhooks in it, by the ids of their tasks.
func (in *workflowChange) onto(def *models.WorkflowDefinition) map[string]string {
	if in.Event != nil {
		def.Event = *in.Event
	}
	if in.Condition.given {
		def.Condition = in.Condition.value
	}
	if in.Tasks != nil {
		def.Tasks = *in.Tasks
	}
	if in.Notifications != nil {
		def.Notifications = *in.Notifications
	}
	return workflow.Normalize(def)
}

// checkSecrets tells which secrets of webhooks cannot sign.
func checkSecrets(def *models.WorkflowDefinition, secrets map[string]string) []models.FieldError {
	var wrong []models.FieldError
	for i, t := range def.Tasks {
		if text, brought := secrets[t.ID]; brought && !signing.Valid(text) {
			wrong = append(wrong, models.Field(fmt.Sprintf("tasks[%d].config.secret", i), "task.error.webhook_secret"))
		}
	}
	return wrong
}

// keepSecrets keeps the secrets that came with a workflow, sealed, and makes those of webhooks that came without one.
func (a *API) keepSecrets(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, secrets map[string]string) error {
	for id, text := range secrets {
		if _, err := a.signing.In(tx).Set(ctx, actor, w.ID, id, text); err != nil {
			return err
		}
	}
	return a.signing.In(tx).Provide(ctx, w.ID, &w.Draft.V)
}

func (a *API) createWorkflow(c *call) (any, error) {
	ctx := c.Request().Context()
	var in workflowChange
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.Name == nil {
		in.Name = new(string)
	}
	if id := in.SurveyID.value; id != nil {
		*id = models.CleanText(*id)
	}
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), SurveyID: in.SurveyID.value, OwnerID: c.actor.UserID}
	fields := checkName("name", in.Name)
	w.Name = *in.Name
	secrets := in.onto(&w.Draft.V)
	fields = append(fields, checkSecrets(&w.Draft.V, secrets)...)
	if in.Tasks != nil {
		fields = append(fields, unknownMembers(*in.Tasks)...)
	}
	w.EventType = w.Draft.V.Event.Type
	wrong, err := a.checkSecret(ctx, w, in.secret())
	if err != nil {
		return nil, err
	}
	if err := a.checkWorkflow(ctx, c.actor, w, append(fields, wrong...)); err != nil {
		return nil, err
	}
	err = a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.CreateWorkflow(ctx, c.actor, w); err != nil {
			return err
		}
		if err := a.keepSecrets(ctx, tx, c.actor, w, secrets); err != nil {
			return err
		}
		if err := a.keepSecret(ctx, tx, c.actor, w, in.secret()); err != nil {
			return err
		}
		live, err := tx.PutWorkflowLive(ctx, c.actor, w.ID, 0)
		if err != nil {
			return err
		}
		*w = *live
		if err := setOffAfter(ctx, tx, c.actor, w, in.SwitchOffAfter); err != nil {
			return err
		}
		return switchTo(ctx, tx, c.actor, w, in.Enabled)
	})
	if err != nil {
		return nil, err
	}
	return a.told(ctx, bodyOf(w, w.Draft.V))
}

// switchTo turns a workflow on or off when that was asked for.
func switchTo(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, enabled *bool) error {
	if enabled == nil || *enabled == w.Enabled {
		return nil
	}
	w.Enabled = *enabled
	return tx.SetWorkflowEnabled(ctx, actor, w.ID, *enabled)
}

// setOffAfter says when a workflow switches itself off, when that was asked for.
func setOffAfter(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, failures *int) error {
	if failures == nil {
		return nil
	}
	w.OffAfter = *failures
	return tx.SetOffAfter(ctx, actor, w.ID, *failures)
}

// checkWorkflow tells what keeps a workflow from being live, by paths in its JSON. Its survey's questions are those of the
// draft or, because respondents still answer them, of the live version.
func (a *API) checkWorkflow(ctx context.Context, actor models.Actor, w *models.Workflow, fields []models.FieldError) error {
	var draft, live *models.SurveyDefinition
	if w.SurveyID != nil {
		s, err := a.store.Survey(ctx, actor, *w.SurveyID)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound:
			fields = append(fields, models.Field("surveyId", "api.error.no_survey"))
		case err != nil:
			return err
		default:
			draft = &s.Draft.V
			if s.Version > 0 {
				if live, err = a.surveys.Definition(ctx, s.ID, s.Version); err != nil {
					return err
				}
			}
		}
	}
	err := workflow.Check(a.tasks, &w.Draft.V, draft)
	if err != nil && live != nil && workflow.Check(a.tasks, &w.Draft.V, live) == nil {
		err = nil
	}
	if e, ok := err.(*models.Error); ok { //nolint:errorlint // Check promises this type
		fields = append(fields, e.Fields...)
	}
	more, err := a.checkCredentials(ctx, actor, w)
	if err != nil {
		return err
	}
	fields = append(fields, more...)
	return models.Invalid(fields...)
}

func (a *API) updateWorkflow(c *call) (any, error) {
	ctx := c.Request().Context()
	var in workflowChange
	if err := c.body(&in); err != nil {
		return nil, err
	}
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	if err := a.checkLive(ctx, c.actor, w, in.Revision); err != nil {
		return nil, err
	}
	before, err := a.workflowBody(ctx, w)
	if err != nil {
		return nil, err
	}
	var fields []models.FieldError
	if in.Name != nil {
		fields = checkName("name", in.Name)
		w.Name = *in.Name
	}
	if in.SurveyID.given && !sameID(in.SurveyID.value, w.SurveyID) {
		fields = append(fields, models.Field("surveyId", "api.error.survey_fixed"))
	}
	w.Draft.V = before.WorkflowDefinition
	secrets := in.onto(&w.Draft.V)
	fields = append(fields, checkSecrets(&w.Draft.V, secrets)...)
	if in.Tasks != nil {
		fields = append(fields, unknownMembers(*in.Tasks)...)
	}
	wrong, err := a.checkSecret(ctx, w, in.secret())
	if err != nil {
		return nil, err
	}
	if err := a.checkWorkflow(ctx, c.actor, w, append(fields, wrong...)); err != nil {
		return nil, err
	}
	err = a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := a.keepSecrets(ctx, tx, c.actor, w, secrets); err != nil {
			return err
		}
		rev, err := tx.SaveWorkflowDraft(ctx, c.actor, w, w.DraftRev)
		if err != nil {
			return err
		}
		if err := a.keepSecret(ctx, tx, c.actor, w, in.secret()); err != nil {
			return err
		}
		live, err := tx.PutWorkflowLive(ctx, c.actor, w.ID, rev)
		if err != nil {
			return err
		}
		*w = *live
		if err := setOffAfter(ctx, tx, c.actor, w, in.SwitchOffAfter); err != nil {
			return err
		}
		return switchTo(ctx, tx, c.actor, w, in.Enabled)
	})
	if err != nil {
		return nil, err
	}
	return a.told(ctx, bodyOf(w, w.Draft.V))
}

func sameID(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func (a *API) deleteWorkflow(c *call) (any, error) {
	canceled, err := a.store.DeleteWorkflow(c.Request().Context(), c.actor, c.Param("workflowId"))
	if err != nil {
		return nil, missing(err, "api.error.no_workflow")
	}
	c.tellCanceled(canceled)
	return nil, nil
}

func (a *API) disableWorkflow(c *call) (any, error) { return a.switchWorkflow(c, false) }

func (a *API) switchWorkflow(c *call, on bool) (any, error) {
	if err := a.store.SetWorkflowEnabled(c.Request().Context(), c.actor, c.Param("workflowId"), on); err != nil {
		return nil, missing(err, "api.error.no_workflow")
	}
	return a.showWorkflow(c)
}
