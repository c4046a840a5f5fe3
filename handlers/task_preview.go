package handlers

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/task"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// previewTask renders what a task would send for a response, from its form as it is typed. It saves and sends nothing.
func (h *workflows) previewTask(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	form, err := web.Values(c)
	if err != nil {
		return err
	}
	w, err := h.store.Workflow(ctx, actor, c.Param("workflowID"))
	if err != nil {
		return err
	}
	i := taskIndex(w.Draft.V.Tasks, c.Param("taskID"))
	if i < 0 {
		return models.NotFound("error.not_found")
	}
	var survey *models.Survey
	if w.SurveyID != nil {
		if survey, err = h.store.Survey(ctx, actor, *w.SurveyID); err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return err
		}
	}
	id := form.Get("responseId")
	values, err := sampleValues(ctx, h.store, survey, h.base.JFE, h.clock.Now())
	if err != nil {
		return err
	}
	if id != "" || w.Draft.V.Event.Type != models.EventSurveyResponse {
		if values, _, err = h.valuesFor(ctx, actor, w, survey, id); err != nil {
			return err
		}
	}
	spec, errs := readTask(form, w.Draft.V.Tasks[i], "")
	p := h.preview(actor, spec, values)
	if p == nil {
		return c.NoContent(http.StatusNoContent)
	}
	p.Errors = append(errs, p.Errors...)
	p.Rows = rowNames(form, "config.body.pairs", "")
	return web.Render(c, http.StatusOK, workflowpages.TaskPreviewUpdate(*p))
}

// preview renders what a task would send; nil for a type that shows no preview. Errors are named like the fields of the
// form.
func (h *workflows) preview(actor models.Actor, spec models.TaskSpec, values exampleValues) *workflowpages.TaskPreview {
	kind, ok := h.types.Type(spec.Type)
	if !ok || values.source == nil {
		return nil
	}
	if len(spec.Config) == 0 {
		spec.Config = json.RawMessage("{}")
	}
	compiled, err := kind.Compile(spec.Config)
	if err != nil {
		p := &workflowpages.TaskPreview{Incomplete: true}
		if e, ok := domainError(err); ok {
			p.Errors = inConfig(e.Fields)
		}
		return p
	}
	previewer, ok := compiled.(task.Previewer)
	if !ok {
		return nil
	}
	if values.subject != nil { // shown as it will be sent, and not as a test
		real := *values.subject
		real.Test = false
		values.subject = &real
	}
	request, problems := previewer.Preview(task.Input{Values: values.source, Actor: models.Actor{OrgID: actor.OrgID}, Now: h.clock.Now(), TaskID: spec.ID, Subject: values.subject})
	return &workflowpages.TaskPreview{Request: &request, Errors: inConfig(problems)}
}

// inConfig names errors within a config like the fields of the form.
func inConfig(errs []models.FieldError) []models.FieldError {
	out := make([]models.FieldError, len(errs))
	for i, e := range errs {
		e.Field = "config." + e.Field
		out[i] = e
	}
	return out
}
