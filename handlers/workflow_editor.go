package handlers

import (
	"context"
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
	"surveyflow/views"
	"surveyflow/views/components"
)

// editor is a workflow in the hands of its editor: what is read for every view of it.
type editor struct {
	workflow *models.Workflow
	survey   *models.Survey             // nil when it has none, or it is gone
	live     *models.WorkflowDefinition // nil before the first Put live
	tokens   []views.Token
	problems []models.FieldError // what keeps the draft from going live
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
	if e.survey != nil {
		e.tokens = tokensOf(ctx, e.definition())
	}
	e.check(h)
	return e, nil
}

// definition gives the newest state of the survey: what the owner sees in its builder.
func (e *editor) definition() *models.SurveyDefinition {
	if e.survey == nil {
		return nil
	}
	return &e.survey.Draft.V
}

// check finds what keeps the draft from going live.
func (e *editor) check(h *workflows) {
	e.problems = nil
	if err, ok := errors.AsType[*models.Error](workflow.Check(h.types, &e.workflow.Draft.V, e.definition())); ok {
		e.problems = err.Fields
	}
}

// place says which card and which field of its form a path in a definition belongs to.
func (e *editor) place(path string) (edit, field string) {
	def := &e.workflow.Draft.V
	if rest, ok := strings.CutPrefix(path, "tasks["); ok {
		number, rest, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(def.Tasks) {
			return views.EditTask + def.Tasks[i].ID, strings.TrimPrefix(rest, ".")
		}
	}
	if rest, ok := strings.CutPrefix(path, "condition"); ok {
		return views.EditCondition, conditionField(rest, def.Condition)
	}
	if strings.HasPrefix(path, "event") {
		return views.EditEvent, path
	}
	if path == "tasks" {
		return views.EditAdd + strconv.Itoa(len(def.Tasks)), ""
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
func (e *editor) problemLinks(ctx context.Context) []views.Problem {
	out := make([]views.Problem, len(e.problems))
	for i, p := range e.problems {
		edit, field := e.place(p.Field)
		text := i18n.TMap(ctx, p.Key, p.Args)
		for n, t := range e.workflow.Draft.V.Tasks {
			if edit == views.EditTask+t.ID {
				text = i18n.T(ctx, "workflow.problem.in", "Step", i18n.T(ctx, "workflow.step.task", "Number", n+1), "Problem", text)
			}
		}
		if edit == views.EditCondition {
			text = i18n.T(ctx, "workflow.problem.in", "Step", i18n.T(ctx, "workflow.step.condition"), "Problem", text)
		}
		href := link.With(views.EditorPath(e.workflow.ID, edit), "check", "1")
		if field != "" {
			href += "#" + components.FieldID(field)
		}
		out[i] = views.Problem{Text: text, Href: href}
	}
	return out
}

// props gathers what the editor shows, with its panel as asked for.
func (h *workflows) props(c echo.Context, e *editor, edit string) (views.WorkflowProps, error) {
	ctx := c.Request().Context()
	w := e.workflow
	def := w.Draft.V
	p := views.WorkflowProps{
		Head: headOf(w), Definition: def, Revision: w.DraftRev, Tokens: e.tokens, Edit: edit, Event: def.Event, Condition: def.Condition, Name: w.Name,
		Steps: map[string]views.StepState{}, Response: web.Query(c, "response"),
	}
	if e.survey != nil {
		p.Head.SurveyName = e.survey.Name
		p.Choices = choicesOf(e.definition())
	}
	if e.live != nil {
		p.Changes = changes(ctx, e.live, &def)
	}
	if err := h.fillSteps(c, e, &p); err != nil {
		return p, err
	}
	return p, h.fillPanel(c, e, &p)
}

// fillSteps tells each card how it stands: problems, changes since the live version, and its part in the last run.
func (h *workflows) fillSteps(c echo.Context, e *editor, p *views.WorkflowProps) error {
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
	last, err := h.store.LastRuns(c.Request().Context(), e.workflow.ID)
	if err != nil {
		return err
	}
	row, ok := last[e.workflow.ID]
	if !ok {
		return nil
	}
	detail, err := h.store.Run(c.Request().Context(), web.Actor(c), row.ID)
	if err != nil {
		return err
	}
	for _, t := range runTasks(c.Request().Context(), detail) {
		if t.Status == "pending" {
			continue
		}
		s := p.Steps[views.EditTask+t.ID]
		s.LastRun = t.Status
		p.Steps[views.EditTask+t.ID] = s
	}
	return nil
}

// fillPanel reads what only the chosen panel needs; an unknown choice closes it.
func (h *workflows) fillPanel(c echo.Context, e *editor, p *views.WorkflowProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	def := &e.workflow.Draft.V
	var err error
	switch {
	case p.Edit == "", p.Edit == views.EditEvent, p.Edit == views.EditCondition, p.Edit == views.EditSettings:
	case p.Edit == views.EditTest:
		p.Responses, err = h.responseOptions(ctx, actor, e)
	case p.Edit == views.EditDelete:
		p.Waiting, err = h.store.WaitingRuns(ctx, e.workflow.ID)
	case strings.HasPrefix(p.Edit, views.EditAdd):
		n, bad := strconv.Atoi(strings.TrimPrefix(p.Edit, views.EditAdd))
		if bad != nil || n < 0 || n > len(def.Tasks) {
			p.Edit = ""
		}
		p.Position = n
	default:
		i := slices.IndexFunc(def.Tasks, func(t models.TaskSpec) bool { return views.EditTask+t.ID == p.Edit })
		if i < 0 {
			p.Edit = ""
			return nil
		}
		p.Task = taskProps(def.Tasks[i])
		p.Task.First, p.Task.Last, p.Task.Tokens = i == 0, i == len(def.Tasks)-1, e.tokens
		if p.Task.Receivers, err = receiverOptions(ctx, h.store, h.base, actor); err != nil {
			return err
		}
		p.Responses, err = h.responseOptions(ctx, actor, e)
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
	p, err := h.props(c, e, web.Query(c, "edit"))
	if err != nil {
		return err
	}
	if web.Query(c, "check") != "" {
		showErrors(&p, e.errorsOf(p.Edit))
	}
	return web.Render(c, http.StatusOK, views.Workflow(p))
}

// showErrors puts the problems of the panel's card beside its fields.
func showErrors(p *views.WorkflowProps, errs []models.FieldError) {
	p.Errors, p.Task.Errors = errs, errs
}

// answer shows the editor as the answer to a form, under the address of its page and not the form's.
func (h *workflows) answer(c echo.Context, status int, p views.WorkflowProps) error {
	c.Response().Header().Set("HX-Push-Url", views.EditorPath(p.Head.ID, p.Edit))
	return web.Render(c, status, views.Workflow(p))
}
