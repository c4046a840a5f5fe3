package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views"
)

// putLive makes the draft what runs. What keeps it from that is shown with links to the fields. The first time the
// workflow is turned on as well: nobody puts one live to have it do nothing, and it can be turned off at once.
func (h *workflows) putLive(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	if len(e.problems) > 0 {
		return h.showProblems(c, e)
	}
	first := e.workflow.Version == 0
	live, err := h.store.PutWorkflowLive(ctx, actor, e.workflow.ID, f.revision)
	if err != nil {
		return h.conflict(c, e, f, "", err, nil)
	}
	if first {
		if err := h.store.SetWorkflowEnabled(ctx, actor, live.ID, true); err != nil {
			return err
		}
		live.Enabled = true
	}
	key := "workflow.put_live.done"
	if !live.Enabled {
		key = "workflow.put_live.done.off"
	}
	web.FlashOK(c, i18n.T(ctx, key, "Version", live.Version))
	return web.Redirect(c, link.Workflow(live.ID))
}

// showProblems answers a try to put an unfinished draft live: with all that is missing, and the first card that lacks
// something open.
func (h *workflows) showProblems(c echo.Context, e *editor) error {
	edit := ""
	for _, f := range e.problems {
		if edit, _ = e.place(f.Field); edit != "" {
			break
		}
	}
	p, err := h.props(c, e, edit)
	if err != nil {
		return err
	}
	p.Problems = e.problemLinks(c.Request().Context())
	p.Task.Errors = e.errorsOf(p.Edit) // beside the fields; the list above has them all
	return h.answer(c, http.StatusUnprocessableEntity, p)
}

// discard makes the draft what is live again.
func (h *workflows) discard(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("workflowID")
	if _, err := h.store.DiscardWorkflowDraft(ctx, web.Actor(c), id, 0); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "workflow.discarded"))
	return web.Redirect(c, link.Workflow(id))
}

func (h *workflows) enable(c echo.Context) error { return h.setEnabled(c, true, "workflow.enabled") }

func (h *workflows) disable(c echo.Context) error { return h.setEnabled(c, false, "workflow.disabled") }

func (h *workflows) setEnabled(c echo.Context, on bool, said string) error {
	ctx, id := c.Request().Context(), c.Param("workflowID")
	if err := h.store.SetWorkflowEnabled(ctx, web.Actor(c), id, on); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, link.Workflow(id))
}

func (h *workflows) delete(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	w, err := h.store.Workflow(ctx, actor, c.Param("workflowID"))
	if err != nil {
		return err
	}
	canceled, err := h.store.DeleteWorkflow(ctx, actor, w.ID)
	if err != nil {
		return err
	}
	text := i18n.T(ctx, "workflow.deleted", "Name", w.Name)
	if canceled > 0 {
		text += " " + i18n.T(ctx, "workflow.deleted.runs", "Count", canceled)
	}
	web.FlashOK(c, text)
	return web.Redirect(c, link.Workflows())
}

// test runs the live version on a response and leads to the run.
func (h *workflows) test(c echo.Context) error {
	var in struct {
		ResponseID string `form:"responseId"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	id := c.Param("workflowID")
	run, err := workflow.TestRun(c.Request().Context(), h.store, h.clock, web.Actor(c), id, in.ResponseID)
	if models.ErrorCode(err) == models.CodeNotFound {
		return h.noSuchResponse(c, in.ResponseID)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Run(run.ID))
}

// noSuchResponse tells that the chosen response is gone, unless it is the workflow that is not there.
func (h *workflows) noSuchResponse(c echo.Context, responseID string) error {
	e, err := h.open(c)
	if err != nil {
		return err
	}
	p, err := h.props(c, e, views.EditTest)
	if err != nil {
		return err
	}
	p.Response = responseID
	showErrors(&p, []models.FieldError{models.Field("responseId", "workflow.error.response")})
	return h.answer(c, http.StatusUnprocessableEntity, p)
}

// tryTask saves the form of a task and runs the task once, for real.
func (h *workflows) tryTask(c echo.Context) error {
	e, f, err := h.updateTask(c)
	if e == nil || err != nil {
		return err
	}
	edit := views.EditTask + c.Param("taskID")
	p, err := h.props(c, e, edit)
	if err != nil {
		return err
	}
	p.SavedAt = h.clock.Now()
	p.Response = f.Get("responseId")
	spec := e.workflow.Draft.V.Tasks[taskIndex(e.workflow.Draft.V.Tasks, c.Param("taskID"))]
	attempt, err := workflow.TryTask(c.Request().Context(), h.store, web.Actor(c), workflow.Trial{
		Types: h.types, Clock: h.clock, Log: h.log, Workflow: e.workflow, Spec: spec, ResponseID: p.Response, Survey: e.definition(),
	})
	if invalid, ok := errors.AsType[*models.Error](err); ok && invalid.Code == models.CodeInvalid {
		p.TrialError = invalid.Fields
		showErrors(&p, e.errorsOf(edit))
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	if models.ErrorCode(err) == models.CodeNotFound {
		showErrors(&p, []models.FieldError{models.Field("responseId", "workflow.error.response")})
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	trial := runAttempt(*attempt)
	p.Trial = &trial
	return h.answer(c, http.StatusOK, p)
}
