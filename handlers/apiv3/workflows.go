package apiv3

import (
	"context"
	"encoding/json"

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
	Revision int `json:"revision"` // the live version; 0 before the first one
}

func bodyOf(w *models.Workflow, def models.WorkflowDefinition) workflowBody {
	workflow.Normalize(&def)
	return workflowBody{ID: w.ID, Name: w.Name, SurveyID: w.SurveyID, Enabled: w.Enabled, WorkflowDefinition: def, Revision: w.Version}
}

// body gives a workflow with what runs: its live version, or its draft while there is none.
func (a *API) workflowBody(ctx context.Context, w *models.Workflow) (workflowBody, error) {
	if w.Version == 0 || !w.Changed() {
		return bodyOf(w, w.Draft.V), nil
	}
	v, err := a.store.WorkflowVersion(ctx, w.ID, w.Version)
	if err != nil {
		return workflowBody{}, err
	}
	return bodyOf(w, v.Definition.V), nil
}

// workflowOf reads the workflow that the path names.
func (a *API) workflowOf(c *call) (*models.Workflow, error) {
	w, err := a.store.Workflow(c.Request().Context(), c.actor, c.Param("workflowId"))
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
	return listOf(bodies, a.nextPage(c, next)), nil
}

func (a *API) showWorkflow(c *call) (any, error) {
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	return a.workflowBody(c.Request().Context(), w)
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

// onto puts what is named into a definition.
func (in *workflowChange) onto(def *models.WorkflowDefinition) {
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
	workflow.Normalize(def)
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
	in.onto(&w.Draft.V)
	w.EventType = w.Draft.V.Event.Type
	if err := a.checkWorkflow(ctx, c.actor, w, fields); err != nil {
		return nil, err
	}
	err := a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.CreateWorkflow(ctx, c.actor, w); err != nil {
			return err
		}
		live, err := tx.PutWorkflowLive(ctx, c.actor, w.ID, 0)
		if err != nil {
			return err
		}
		*w = *live
		return switchTo(ctx, tx, c.actor, w, in.Enabled)
	})
	if err != nil {
		return nil, err
	}
	return bodyOf(w, w.Draft.V), nil
}

// switchTo turns a workflow on or off when that was asked for.
func switchTo(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, enabled *bool) error {
	if enabled == nil || *enabled == w.Enabled {
		return nil
	}
	w.Enabled = *enabled
	return tx.SetWorkflowEnabled(ctx, actor, w.ID, *enabled)
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
	in.onto(&w.Draft.V)
	if err := a.checkWorkflow(ctx, c.actor, w, fields); err != nil {
		return nil, err
	}
	err = a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		rev, err := tx.SaveWorkflowDraft(ctx, c.actor, w, w.DraftRev)
		if err != nil {
			return err
		}
		live, err := tx.PutWorkflowLive(ctx, c.actor, w.ID, rev)
		if err != nil {
			return err
		}
		*w = *live
		return switchTo(ctx, tx, c.actor, w, in.Enabled)
	})
	if err != nil {
		return nil, err
	}
	return bodyOf(w, w.Draft.V), nil
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

func (a *API) enableWorkflow(c *call) (any, error)  { return a.switchWorkflow(c, true) }
func (a *API) disableWorkflow(c *call) (any, error) { return a.switchWorkflow(c, false) }

func (a *API) switchWorkflow(c *call, on bool) (any, error) {
	if err := a.store.SetWorkflowEnabled(c.Request().Context(), c.actor, c.Param("workflowId"), on); err != nil {
		return nil, missing(err, "api.error.no_workflow")
	}
	return a.showWorkflow(c)
}

// workflowTest is the body of POST /workflows/{workflowId}/test.
type workflowTest struct {
	ResponseID string          `json:"responseId"`
	Event      json.RawMessage `json:"event"`
}

// testWorkflow runs the live version on a response that is there, and answers the run as it was scheduled.
func (a *API) testWorkflow(c *call) (any, error) {
	var in workflowTest
	if err := c.body(&in); err != nil {
		return nil, err
	}
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	if len(in.Event) > 0 && string(in.Event) != "null" {
		return nil, invalid("event", "api.error.test_event")
	}
	if in.ResponseID == "" {
		return nil, invalid("responseId", "api.error.test_response")
	}
	run, err := workflow.TestRun(c.Request().Context(), a.store, a.clock, c.actor, w.ID, models.CleanText(in.ResponseID))
	if err != nil {
		return nil, missing(err, "api.error.no_response")
	}
	return a.runBody(c, run.ID)
}
