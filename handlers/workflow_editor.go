package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// editor is a workflow in the hands of its editor: what is read for every view of it.
type editor struct {
	workflow *models.Workflow
	survey   *models.Survey             // nil when it has none, or it is gone
	live     *models.WorkflowDefinition // nil before the first Put live
	tokens   []components.PipedToken
	examples exampleValues
	sent     *sent                                 // of a workflow that waits for something else than answers
	problems []models.FieldError                   // what keeps the draft from going live
	last     *store.RunDetail                      // nil when it never ran
	outputs  map[string]map[string]json.RawMessage // what its tasks came to lately, by task id; secrets are masked
}

// open reads a workflow for its editor.
func (h *workflows) open(c echo.Context) (*editor, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	w, err := h.store.Workflow(ctx, actor, c.Param("workflowID"))
	if err != nil {
		return nil, err
	}
	e := &editor{workflow: w}
	if w.SurveyID != nil {
		e.survey, err = h.store.Survey(ctx, actor, *w.SurveyID)
		if err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
	}
	if w.Version > 0 {
		v, err := h.store.WorkflowVersion(ctx, w.ID, w.Version)
		if err != nil {
			return nil, err
		}
		e.live = &v.Definition.V
	}
	if e.examples, e.sent, err = h.valuesFor(ctx, actor, w, e.survey, web.Query(c, "response")); err != nil {
		return nil, err
	}
	if err := h.loadResults(c, e); err != nil {
		return nil, err
	}
	scope := pipedScope{store: h.store, actor: actor, survey: e.answered(), outputs: e.outputs, event: w.Draft.V.Event, sent: e.sent, hasSurvey: e.survey != nil, contact: w.Draft.V.Event.Type == models.EventContactList}
	if i := e.taskOf(c); i >= 0 {
		scope.before, scope.inTask = w.Draft.V.Tasks[:i], true
	}
	if e.tokens, err = pipedTokens(ctx, scope, e.examples.source); err != nil {
		return nil, err
	}
	e.check(h)
	return e, e.checkCredentials(c, h)
}

// taskOf gives the place of the task that a request is about; -1 when it is about none.
func (e *editor) taskOf(c echo.Context) int {
	id := c.Param("taskID")
	if id == "" {
		id, _ = strings.CutPrefix(web.Query(c, "edit"), frame.EditTask)
	}
	return taskIndex(e.workflow.Draft.V.Tasks, id)
}

// definition gives the newest state of the survey: what the owner sees in its builder.
func (e *editor) definition() *models.SurveyDefinition {
	if e.survey == nil {
		return nil
	}
	return &e.survey.Draft.V
}

// answered gives the survey whose answers start the workflow; nil when something else does.
func (e *editor) answered() *models.SurveyDefinition {
	if e.workflow.Draft.V.Event.Type != models.EventSurveyResponse {
		return nil
	}
	return e.definition()
}

// check finds what keeps the draft from going live.
func (e *editor) check(h *workflows) {
	e.problems = nil
	if err, ok := errors.AsType[*models.Error](workflow.Check(h.types, &e.workflow.Draft.V, e.definition())); ok {
		e.problems = err.Fields
	}
	e.checkEventSecret()
}

// place says which card and which field of its form a path in a definition belongs to.
func (e *editor) place(path string) (edit, field string) {
	def := &e.workflow.Draft.V
	if rest, ok := strings.CutPrefix(path, "tasks["); ok {
		number, rest, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(def.Tasks) {
			field := strings.TrimPrefix(rest, ".")
			if inside, ok := strings.CutPrefix(field, "condition"); ok {
				field = conditionField(inside, def.Tasks[i].Condition)
			}
			return frame.EditTask + def.Tasks[i].ID, field
		}
	}
	if rest, ok := strings.CutPrefix(path, "condition"); ok {
		return frame.EditCondition, conditionField(rest, def.Condition)
	}
	if strings.HasPrefix(path, "event") {
		return frame.EditEvent, path
	}
	if path == "tasks" {
		return frame.EditAdd + strconv.Itoa(len(def.Tasks)), ""
	}
	return "", ""
}

// errorsOf gives the problems of one card, named like the fields of its form.
func (e *editor) errorsOf(edit string) []models.FieldError {
	var out []models.FieldError
	for _, p := range e.problems {
		if at, field := e.place(p.Field); at == edit {
			p.Field = field
			out = append(out, p)
		}
	}
	return out
}

// problemLinks lists all problems with links to their fields.
func (e *editor) problemLinks(ctx context.Context) []workflowpages.Problem {
	out := make([]workflowpages.Problem, len(e.problems))
	for i, p := range e.problems {
		edit, field := e.place(p.Field)
		text := i18n.TMap(ctx, p.Key, p.Args)
		for n, t := range e.workflow.Draft.V.Tasks {
			if edit == frame.EditTask+t.ID {
				text = i18n.T(ctx, "workflow.problem.in", "Step", i18n.T(ctx, "workflow.step.task", "Number", n+1), "Problem", text)
			}
		}
		if edit == frame.EditCondition {
			text = i18n.T(ctx, "workflow.problem.in", "Step", i18n.T(ctx, "workflow.step.condition"), "Problem", text)
		}
		href := link.With(frame.EditorPath(e.workflow.ID, edit), "check", "1")
		if field != "" {
			href += "#" + components.FieldID(field)
		}
		out[i] = workflowpages.Problem{Text: text, Href: href}
	}
	return out
}

// props gathers what the editor shows, with its panel as asked for.
func (h *workflows) props(c echo.Context, e *editor, edit string) (workflowpages.WorkflowProps, error) {
	ctx := c.Request().Context()
	w := e.workflow
	def := w.Draft.V
	p := workflowpages.WorkflowProps{
		Head: headOf(w), Definition: def, Revision: w.DraftRev, Tokens: e.tokens, Examples: e.examples.words, Edit: edit, Event: def.Event, Condition: def.Condition, Name: w.Name,
		Steps: map[string]workflowpages.StepState{}, Response: web.Query(c, "response"),
	}
	if e.survey != nil {
		p.Head.SurveyName = e.survey.Name
		if def := e.answered(); def != nil {
			p.Choices = choicesOf(def)
		}
	}
	p.Notified, p.NoMail = def.Notifications, !h.mails
	if e.live != nil {
		p.Changes = changes(ctx, e.live, &def)
	}
	if err := h.fillSteps(c, e, &p); err != nil {
		return p, err
	}
	var err error
	if p.Waiting, err = h.store.WaitingRuns(ctx, e.workflow.ID); err != nil {
		return p, err
	}
	h.fillSent(c, e, &p)
	if p.Off, err = h.offOf(ctx, web.Actor(c), w); err != nil {
		return p, err
	}
	return p, h.fillPanel(c, e, &p)
}

// fillSteps tells each card how it stands: problems, changes since the live version, and its part in the last run.
func (h *workflows) fillSteps(c echo.Context, e *editor, p *workflowpages.WorkflowProps) error {
	for _, f := range e.problems {
		edit, _ := e.place(f.Field)
		s := p.Steps[edit]
		s.Problems++
		p.Steps[edit] = s
	}
	if e.live != nil {
		for edit, mark := range marks(e.live, &e.workflow.Draft.V) {
			s := p.Steps[edit]
			s.Mark = mark
			p.Steps[edit] = s
		}
	}
	if e.last == nil {
		return nil
	}
	for _, t := range runTasks(c.Request().Context(), e.last) {
		if t.Status == "pending" {
			continue
		}
		s := p.Steps[frame.EditTask+t.ID]
		s.LastRun = t.Status
		p.Steps[frame.EditTask+t.ID] = s
	}
	return nil
}

// fillPanel reads what only the chosen panel needs; an unknown choice closes it.
func (h *workflows) fillPanel(c echo.Context, e *editor, p *workflowpages.WorkflowProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	def := &e.workflow.Draft.V
	var err error
	switch {
	case p.Edit == frame.EditPutLive && !e.workflow.Changed():
		p.Edit = ""
	case p.Edit == frame.EditEvent:
		p.Lists, err = listOptions(ctx, h.store, actor)
	case p.Edit == "", p.Edit == frame.EditPutLive, p.Edit == frame.EditCondition, p.Edit == frame.EditSettings:
	case p.Edit == frame.EditTest:
		p.Responses, err = h.responseOptions(ctx, actor, e)
	case p.Edit == frame.EditDelete:
	case strings.HasPrefix(p.Edit, frame.EditAdd):
		n, bad := strconv.Atoi(strings.TrimPrefix(p.Edit, frame.EditAdd))
		if bad != nil || n < 0 || n > len(def.Tasks) {
			p.Edit = ""
		}
		p.Position = n
	default:
		i := slices.IndexFunc(def.Tasks, func(t models.TaskSpec) bool { return frame.EditTask+t.ID == p.Edit })
		if i < 0 {
			p.Edit = ""
			return nil
		}
		p.Task = taskProps(def.Tasks[i])
		p.Task.WorkflowID = e.workflow.ID
		p.Task.First, p.Task.Last, p.Task.Tokens = i == 0, i == len(def.Tasks)-1, e.tokens
		p.Task.Choices = p.Choices
		if p.Task.Lists, err = listOptions(ctx, h.store, actor); err != nil {
			return err
		}
		if p.Task.Surveys, p.Task.Sends, err = sendOptions(ctx, h.store, actor); err != nil {
			return err
		}
		if def.Tasks[i].Type == models.TaskNotification {
			if p.Task.People, err = peopleOptions(ctx, h.store, actor); err != nil {
				return err
			}
		}
		if p.Task.Receivers, err = receiverOptions(ctx, h.store, h.base, actor); err != nil {
			return err
		}
		p.Task.Preview = h.preview(actor, def.Tasks[i], e.examples)
		if err := h.offerCredentials(ctx, actor, e.workflow.ID, &p.Task); err != nil {
			return err
		}
		if err := h.offerWebhook(ctx, e, &p.Task); err != nil {
			return err
		}
		if p.Responses, err = h.responseOptions(ctx, actor, e); err != nil {
			return err
		}
		err = h.fillResults(c, e, p, i)
	}
	if p.Response == "" && len(p.Responses) > 0 {
		p.Response = p.Responses[0].Value
	}
	return err
}

// newestResponses is how many responses are offered to try a workflow with.
const newestResponses = 20

// responseOptions offers the newest responses of the workflow's survey.
func (h *workflows) responseOptions(ctx context.Context, actor models.Actor, e *editor) ([]components.Option, error) {
	if e.workflow.Draft.V.Event.Type != models.EventSurveyResponse {
		return h.eventOptions(ctx, actor, e.workflow)
	}
	if e.survey == nil {
		return nil, nil
	}
	rows, _, err := h.store.Responses(ctx, actor, e.survey.ID, store.ResponseFilter{Page: store.Page{Limit: newestResponses}})
	if err != nil {
		return nil, err
	}
	options := make([]components.Option, len(rows))
	for i, r := range rows {
		at := r.UpdatedAt
		if r.RecordedAt != nil {
			at = *r.RecordedAt
		}
		options[i] = components.Option{Value: r.ID, Label: i18n.Time(ctx, at) + " · " + r.ID}
	}
	return options, nil
}

func (h *workflows) show(c echo.Context) error {
	e, err := h.open(c)
	if err != nil {
		return err
	}
	if !e.workflow.Access.Allows(models.AccessEdit) {
		return h.outline(c, e)
	}
	p, err := h.props(c, e, web.Query(c, "edit"))
	if err != nil {
		return err
	}
	if web.Query(c, "check") != "" {
		showErrors(&p, e.errorsOf(p.Edit))
	}
	return web.Render(c, http.StatusOK, workflowpages.Workflow(p))
}

// outline shows what a workflow does to whoever may only look at it: what is live, or the draft before that.
func (h *workflows) outline(c echo.Context, e *editor) error {
	p := workflowpages.WorkflowOutlineProps{Head: headOf(e.workflow), Definition: e.workflow.Draft.V, Tokens: e.tokens}
	if e.live != nil {
		p.Definition = *e.live
	}
	if e.survey != nil {
		p.Head.SurveyName = e.survey.Name
	}
	return web.Render(c, http.StatusOK, workflowpages.WorkflowOutline(p))
}

// showErrors puts the problems of the panel's card beside its fields.
func showErrors(p *workflowpages.WorkflowProps, errs []models.FieldError) {
	p.Errors, p.Task.Errors = errs, errs
}

// answer shows the editor as the answer to a form, under the address of its page and not the form's.
func (h *workflows) answer(c echo.Context, status int, p workflowpages.WorkflowProps) error {
	c.Response().Header().Set("HX-Push-Url", frame.EditorPath(p.Head.ID, p.Edit))
	return web.Render(c, status, workflowpages.Workflow(p))
}
