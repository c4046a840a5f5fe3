package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// draftForm is a form of the editor: what was typed, and for which revision of the draft.
type draftForm struct {
	url.Values
	revision int64
	do       string // the pressed button that adds or removes a part
	auto     bool   // sent in the background, while somebody is typing or leaves
}

// readDraft reads a form of the editor.
func readDraft(c echo.Context) (draftForm, error) {
	values, err := web.Values(c)
	if err != nil {
		return draftForm{}, err
	}
	rev, err := strconv.ParseInt(values.Get("revision"), 10, 64)
	if err != nil || rev <= 0 {
		return draftForm{}, &models.Error{Code: models.CodeInvalid, Key: "error.bad_request", Cause: err}
	}
	return draftForm{Values: values, revision: rev, do: values.Get("do"), auto: values.Get("autosave") != ""}, nil
}

// save writes the changed draft of the editor. A draft that says what is written already is not written again, and one
// that says what is live leaves nothing to put live. It fails with models.CodeConflict when the form is older.
func (h *workflows) save(c echo.Context, e *editor, def models.WorkflowDefinition, revision int64) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	w := e.workflow
	if revision != w.DraftRev {
		return models.Conflict("workflow.error.changed", map[string]any{"Revision": w.DraftRev})
	}
	workflow.Normalize(&def)
	if sameJSON(def, w.Draft.V) {
		return nil
	}
	if e.live != nil && sameJSON(def, *e.live) {
		back, err := h.store.DiscardWorkflowDraft(ctx, actor, w.ID, revision)
		if err != nil {
			return err
		}
		e.workflow = back
	} else {
		saved := *w
		saved.Draft.V = def
		rev, err := h.store.SaveWorkflowDraft(ctx, actor, &saved, revision)
		if err != nil {
			return err
		}
		saved.DraftRev = rev
		if saved.Version == 0 {
			saved.EventType = def.Event.Type
		}
		e.workflow = &saved
	}
	if err := h.signing.Provide(ctx, w.ID, &def); err != nil {
		return err
	}
	e.check(h)
	return e.checkCredentials(c, h)
}

// saved answers a form of a card: in the background with the changed parts of the page, else by leading back to the
// card. What the card lacks before it can go live is shown beside its fields; the draft is saved all the same.
func (h *workflows) saved(c echo.Context, e *editor, f draftForm, edit string) error {
	if f.auto && !web.IsFragment(c) { // a page that is being left reads no answer
		return c.NoContent(http.StatusNoContent)
	}
	if f.auto {
		p, err := h.props(c, e, edit)
		if err != nil {
			return err
		}
		p.SavedAt = h.clock.Now()
		return web.Render(c, http.StatusOK, workflowpages.WorkflowSaved(p))
	}
	if errs := e.errorsOf(edit); len(errs) > 0 && f.do == "" {
		p, err := h.props(c, e, edit)
		if err != nil {
			return err
		}
		p.SavedAt = h.clock.Now()
		showErrors(&p, errs)
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	if f.do == "" {
		web.FlashOK(c, i18n.T(c.Request().Context(), "workflow.saved"))
	}
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, edit))
}

// notSaved tells somebody who is still typing that what the form says cannot be kept yet.
func notSaved(c echo.Context, problem models.FieldError) error {
	ctx := c.Request().Context()
	text := i18n.T(ctx, "workflow.not_saved", "Problem", i18n.TMap(ctx, problem.Key, problem.Args))
	return web.Render(c, http.StatusOK, workflowpages.WorkflowNotSaved(components.Flash{Tone: components.ToneWarn, Text: text}))
}

// conflict answers a form that was made from an older draft: with what was typed, to be saved over what is there now.
// In the background it says so in a sentence.
func (h *workflows) conflict(c echo.Context, e *editor, f draftForm, edit string, err error, fill func(*workflowpages.WorkflowProps)) error {
	if f.auto || models.ErrorCode(err) != models.CodeConflict {
		return err
	}
	p, err := h.props(c, e, edit)
	if err != nil {
		return err
	}
	p.Conflict = true
	if fill != nil {
		p.Typed = true
		fill(&p)
	}
	return h.answer(c, http.StatusConflict, p)
}

// noEvent refuses a workflow that would wait for nothing.
func (h *workflows) noEvent(c echo.Context, e *editor, f draftForm, event models.EventSpec) error {
	errs := []models.FieldError{models.Field("event.on", "workflow.error.no_event")}
	if f.auto {
		return notSaved(c, errs[0])
	}
	p, err := h.props(c, e, frame.EditEvent)
	if err != nil {
		return err
	}
	p.Event = event
	showErrors(&p, errs)
	return h.answer(c, http.StatusUnprocessableEntity, p)
}

func (h *workflows) saveCondition(c echo.Context) error {
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	def := e.workflow.Draft.V
	def.Condition = readCondition(f.Values, f.do, e.freshComparison())
	if err := h.save(c, e, def, f.revision); err != nil {
		return h.conflict(c, e, f, frame.EditCondition, err, func(p *workflowpages.WorkflowProps) { p.Condition = def.Condition })
	}
	return h.saved(c, e, f, frame.EditCondition)
}

// freshComparison is what an added comparison begins as: about the first thing that can be asked.
func (e *editor) freshComparison() models.Condition {
	fresh := models.Condition{Operator: models.OpEqualTo}
	if len(e.tokens) > 0 {
		fresh.Left = e.tokens[0].Text
	}
	return fresh
}

// firstConfig is what a new task of a type begins with.
func firstConfig(t models.TaskType) []byte {
	if t == models.TaskWebService {
		return []byte(`{"method":"POST","url":"","body":{"format":"json","mode":"keyValue"}}`)
	}
	if t == models.TaskCode {
		return firstCode
	}
	if t == models.TaskOutboundWebhook {
		return []byte(`{"url":"","variables":"all","labels":"auto","choices":"label"}`)
	}
	if t == models.TaskAddContact {
		return firstAddContact
	}
	if t == models.TaskEmail {
		return []byte(`{"to":"","subject":"","body":""}`)
	}
	if t == models.TaskNotification {
		return []byte(`{"userIds":[],"text":""}`)
	}
	if t == models.TaskWait {
		return []byte(`{"for":"PT1H"}`)
	}
	if t == models.TaskSendSurvey {
		return []byte(`{"surveyId":"","to":"${m://Email}","firstName":"${m://FirstName}","lastName":"${m://LastName}"}`)
	}
	return []byte("{}")
}

func (h *workflows) saveTask(c echo.Context) error {
	e, f, err := h.updateTask(c)
	if e == nil || err != nil {
		return err
	}
	return h.saved(c, e, f, frame.EditTask+c.Param("taskID"))
}

// updateTask saves the form of a task. It gives no editor when the form was answered already.
func (h *workflows) updateTask(c echo.Context) (*editor, draftForm, error) {
	f, err := readDraft(c)
	if err != nil {
		return nil, f, err
	}
	e, err := h.open(c)
	if err != nil {
		return nil, f, err
	}
	def := e.workflow.Draft.V
	i := taskIndex(def.Tasks, c.Param("taskID"))
	if i < 0 {
		return nil, f, models.NotFound("error.not_found")
	}
	spec, errs := readTask(f.Values, def.Tasks[i], f.do)
	edit := frame.EditTask + spec.ID
	if f.Has("condition.shown") {
		spec.Condition = readCondition(f.Values, f.do, e.freshComparison())
	}
	typed := func(p *workflowpages.WorkflowProps) { h.typedTask(p, spec, f) }
	if len(errs) > 0 {
		if f.auto {
			return nil, f, notSaved(c, errs[0])
		}
		p, err := h.props(c, e, edit)
		if err != nil {
			return nil, f, err
		}
		typed(&p)
		showErrors(&p, errs)
		return nil, f, h.answer(c, http.StatusUnprocessableEntity, p)
	}
	def.Tasks = slices.Clone(def.Tasks)
	def.Tasks[i] = spec
	if err := h.save(c, e, def, f.revision); err != nil {
		return nil, f, h.conflict(c, e, f, edit, err, typed)
	}
	return e, f, nil
}

// typedTask shows a form of a task as it was typed.
func (h *workflows) typedTask(p *workflowpages.WorkflowProps, spec models.TaskSpec, f draftForm) {
	shown := p.Task
	p.Task = taskProps(spec)
	p.Task.First, p.Task.Last, p.Task.Receivers, p.Task.Tokens = shown.First, shown.Last, shown.Receivers, shown.Tokens
	p.Task.People = shown.People
	p.Task.Choices, p.Task.Preview = shown.Choices, shown.Preview
	p.Task.Credentials, p.Task.CredentialNew = shown.Credentials, shown.CredentialNew
	p.Task.Web, p.Task.Code = readWebService(f.Values, f.do), readCode(f.Values, f.do)
	if spec.Type == models.TaskOutboundWebhook {
		p.Task.Hook, p.Task.Offer = readWebhook(f.Values), shown.Offer
	}
	p.Task.Outputs, p.Task.WorkflowID = shown.Outputs, shown.WorkflowID
	p.Task.Delays = f.Get("retry.delays")
	p.Response = f.Get("responseId")
}

func (h *workflows) rename(c echo.Context) error {
	var in struct {
		Name string `form:"name"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if in.Name == "" || utf8.RuneCountInString(in.Name) > 200 {
		e, err := h.open(c)
		if err != nil {
			return err
		}
		p, err := h.props(c, e, frame.EditSettings)
		if err != nil {
			return err
		}
		p.Name = in.Name
		showErrors(&p, []models.FieldError{models.Field("name", "workflow.error.name")})
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	id := c.Param("workflowID")
	if err := h.store.RenameWorkflow(ctx, web.Actor(c), id, in.Name); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "workflow.renamed"))
	return web.Redirect(c, link.Workflow(id))
}
