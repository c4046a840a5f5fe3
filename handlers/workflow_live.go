package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
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
	text := i18n.T(ctx, key, "Version", live.Version)
	if f.Get("waiting") == workflowpages.WaitingMove {
		moved, stayed, err := h.store.MoveWaitingRuns(ctx, actor, live.ID, live.Version)
		if err != nil {
			return err
		}
		text += " " + i18n.T(ctx, "workflow.put_live.moved", "Count", moved)
		if stayed > 0 {
			text += " " + i18n.T(ctx, "workflow.put_live.stayed", "Count", stayed)
		}
	}
	web.FlashOK(c, text)
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

func (h *workflows) enable(c echo.Context) error { return h.turnOn(c) }

func (h *workflows) disable(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("workflowID")
	if err := h.store.SetWorkflowEnabled(ctx, web.Actor(c), id, false); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "workflow.disabled"))
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

// test runs the whole workflow on a response, the draft or what is live, and leads to the run.
func (h *workflows) test(c echo.Context) error {
	var in struct {
		ResponseID string `form:"responseId"`
		What       string `form:"what"`
		Event      string `form:"event"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	test := workflow.Test{WorkflowID: c.Param("workflowID"), ResponseID: in.ResponseID, Draft: in.What == workflowpages.TestDraft}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	if test.Draft && len(e.problems) > 0 {
		return h.showProblems(c, e)
	}
	if e.workflow.Draft.V.Event.Type != models.EventSurveyResponse {
		return h.testEvent(c, e, test, in.Event)
	}
	run, err := workflow.TestRun(c.Request().Context(), h.store, h.clock, web.Actor(c), test)
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
	p, err := h.props(c, e, frame.EditTest)
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
	edit := frame.EditTask + c.Param("taskID")
	p, err := h.props(c, e, edit)
	if err != nil {
		return err
	}
	p.SavedAt = h.clock.Now()
	p.Response = f.Get("responseId")
	spec := e.workflow.Draft.V.Tasks[taskIndex(e.workflow.Draft.V.Tasks, c.Param("taskID"))]
	spec, problem := withSample(spec, f.Get("sample"))
	if problem != nil {
		showErrors(&p, []models.FieldError{*problem})
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	tried, err := workflow.TryTask(c.Request().Context(), h.store, web.Actor(c), workflow.Trial{
		Types: h.types, Clock: h.clock, Log: h.log, Workflow: e.workflow, Spec: spec, ResponseID: p.Response, Survey: e.answered(),
		Outputs: e.outputs, Link: h.surveyLink(e), Payload: h.trialPayload(c, e, p.Response),
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
	trial := runAttempt(tried.Attempt)
	p.Trial, p.TrialAt = &trial, time.Time{}
	h.trials.keep(web.Actor(c), spec.ID, trial, tried, h.clock.Now())
	if err := h.fillResults(c, e, &p, taskIndex(e.workflow.Draft.V.Tasks, spec.ID)); err != nil {
		return err
	}
	return h.answer(c, http.StatusOK, p)
}

// trialPayload is the event that a task is tried with: the chosen one, or the sample; nil for a workflow that waits for answers.
func (h *workflows) trialPayload(c echo.Context, e *editor, id string) json.RawMessage {
	if e.sent == nil {
		return nil
	}
	chosen, err := h.loadSent(c.Request().Context(), web.Actor(c), e.workflow, id)
	if err != nil || chosen.sample == nil {
		return json.RawMessage("{}")
	}
	return chosen.sample
}

// surveyLink is the address at which the survey of a workflow is answered; empty without a survey.
func (h *workflows) surveyLink(e *editor) string {
	if e.survey == nil {
		return ""
	}
	return h.base.JFE(e.survey.ID)
}
