package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/surveypages"
)

// builder is the page on which a survey is made, and every change to a draft. Each change names the draft that its page
// was made of: a change to an older one is answered with the newest draft and what was typed.
type builder struct {
	store *store.Store
	base  link.Base
	clock clock.Clock
}

// show shows the draft, with one part open for editing if the address says so.
func (h *builder) show(c echo.Context) error {
	s, err := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	if !s.Access.Allows(models.AccessEdit) {
		return h.outline(c, s)
	}
	p := h.open(s, web.Query(c, "edit"))
	p.Focus = web.Query(c, "new") != ""
	if blank := web.Query(c, "add"); blank != "" {
		addBlankRow(&p, blank)
	}
	if block, at, ok := strings.Cut(web.Query(c, "insert"), "."); ok && s.Draft.V.Block(block) != nil {
		n, _ := strconv.Atoi(at)
		p.Insert = &surveypages.InsertForm{Block: block, At: min(max(n, 0), len(s.Draft.V.Block(block).Questions))}
	}
	return h.render(c, http.StatusOK, p)
}

// outline shows the draft to whoever may only look at it.
func (h *builder) outline(c echo.Context, s *models.Survey) error {
	owner, err := h.store.User(c.Request().Context(), web.Actor(c), s.OwnerID)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, surveypages.SurveyOutline(surveypages.OutlineProps{Survey: *s, Owner: owner.Name()}))
}

// open gives the page with one part open: a question, a page, or one of the parts below them.
func (h *builder) open(s *models.Survey, editing string) surveypages.BuilderProps {
	p := surveypages.BuilderProps{Survey: *s, Editing: editing, Fields: fieldFormsOf(s.Draft.V.EmbeddedData), End: s.Draft.V.End, Intro: s.Draft.V.Description}
	if q := s.Draft.V.Question(editing); q != nil {
		p.Question = questionFormOf(q)
	}
	if b := s.Draft.V.Block(editing); b != nil {
		p.Page = &surveypages.PageForm{Title: b.Title, Display: b.Display}
	}
	if b := &s.Draft.V.Blocks[0]; editing == "" && len(s.Draft.V.Blocks) == 1 && len(b.Questions) == 0 {
		p.Insert = &surveypages.InsertForm{Block: b.ID} // there is nothing else to do
	}
	if editing == surveypages.EditingFields && len(p.Fields) == 0 {
		p.Fields = []surveypages.FieldForm{{}}
	}
	return p
}

// addBlankRow adds an empty row to the open form, for browsers without scripts.
func addBlankRow(p *surveypages.BuilderProps, group string) {
	switch {
	case p.Question != nil && p.Question.Type.HasRows() && group == surveypages.GroupRows:
		p.Question.Rows = append(p.Question.Rows, surveypages.ChoiceForm{Group: group, Row: len(p.Question.Rows)})
	case p.Question != nil && p.Question.Type.HasChoices():
		p.Question.Choices = append(p.Question.Choices, surveypages.ChoiceForm{Row: len(p.Question.Choices)})
	case p.Editing == surveypages.EditingFields:
		p.Fields = append(p.Fields, surveypages.FieldForm{Row: len(p.Fields)})
	}
}

// render answers with the whole page, or with the builder for htmx. htmx shows a 422 and no 409: a conflict is told by the page.
func (h *builder) render(c echo.Context, status int, p surveypages.BuilderProps) error {
	if err := h.addLink(c, &p); err != nil {
		return err
	}
	p.Unready = map[string][]models.FieldError{}
	for _, q := range p.Survey.Draft.V.Questions() {
		if wrong := survey.CheckQuestion(q); len(wrong) > 0 && q.ID != p.Editing {
			p.Unready[q.ID] = wrong
		}
	}
	addLogic(c.Request().Context(), &p)
	if !web.IsFragment(c) {
		return web.Render(c, status, surveypages.Build(p))
	}
	if status == http.StatusConflict {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, surveypages.BuildFragment(p))
}

func (h *builder) addLink(c echo.Context, p *surveypages.BuilderProps) error {
	collectors, err := h.store.Collectors(c.Request().Context(), web.Actor(c), p.Survey.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(collectors, func(c models.Collector) bool { return c.IsDefault }); i >= 0 {
		p.PublicURL = h.base.Respond(collectors[i].Slug)
	}
	return nil
}

// change edits the draft that a form was made of and saves it. The survey is the one that is stored now, also after an
// error: of an edit that was refused it has nothing.
func (h *builder) change(c echo.Context, revision int64, edit func(s *models.Survey) error) (*models.Survey, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != s.DraftRev {
		return s, models.Conflict("survey.error.changed", nil)
	}
	if err := edit(s); err != nil {
		return s, err
	}
	s.DraftRev, err = h.store.SaveSurveyDraft(ctx, actor, s, s.DraftRev)
	s.UpdatedAt = h.clock.Now()
	return s, err
}

// edited is what a change of a draft led to.
type edited struct {
	open  string // the part that is open afterwards
	fresh bool   // it is new, and its form takes the focus
	focus string // the part whose card takes the focus; empty leaves it where it is
	said  string // what is read aloud
	undo  *components.Flash
	logic bool // the display logic of the open part stays unfolded
}

// structure is change for what has no form to show again: adding and moving. What cannot be done to the newest draft is
// told on the page of the newest draft.
func (h *builder) structure(c echo.Context, edit func(s *models.Survey) (edited, error)) error {
	revision, err := formRevision(c)
	if err != nil {
		return err
	}
	var done edited
	s, err := h.change(c, revision, func(s *models.Survey) (err error) {
		done, err = edit(s)
		return err
	})
	if err != nil {
		return h.stale(c, done.open, nil, err)
	}
	return h.saved(c, s, done)
}

func formRevision(c echo.Context) (int64, error) {
	var form struct {
		Revision int64 `form:"revision"`
	}
	return form.Revision, web.Bind(c, &form)
}

// saved goes on after a change: to the builder, with a part open.
func (h *builder) saved(c echo.Context, s *models.Survey, done edited) error {
	at := link.With(link.SurveyBuild(s.ID), "edit", done.open)
	if !web.IsFragment(c) {
		if done.undo != nil {
			web.Flash(c, *done.undo)
			return web.Redirect(c, at) // without a fragment, so that the way back is in sight
		}
		if done.fresh {
			at = link.With(at, "new", "1")
		}
		if part := cmp.Or(done.open, done.focus); part != "" {
			at += "#" + part
		}
		return web.Redirect(c, at)
	}
	c.Response().Header().Set("HX-Replace-Url", at)
	p := h.open(s, done.open)
	p.Focus, p.FocusAt, p.Said, p.Undo, p.SavedAt, p.Logic.Open = done.fresh, done.focus, done.said, done.undo, s.UpdatedAt, done.logic
	return h.render(c, http.StatusOK, p)
}

// stale answers a change that meets a newer draft, or what is no more in it, with the newest draft. fill puts what was
// typed into the page. Other errors are not its business.
func (h *builder) stale(c echo.Context, editing string, fill func(p *surveypages.BuilderProps), err error) error {
	code := models.ErrorCode(err)
	if code != models.CodeConflict && code != models.CodeNotFound {
		return err
	}
	s, readErr := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if readErr != nil {
		return readErr
	}
	p := h.open(s, editing)
	p.Conflict = code == models.CodeConflict && web.Key(err) == "survey.error.changed"
	if !p.Conflict {
		p.Errors = []models.FieldError{{Key: web.Key(err)}}
		p.Problems = p.Errors
	}
	if fill != nil {
		fill(&p)
	}
	return h.render(c, web.Status(err), p)
}

// partOf checks a definition and keeps what is wrong with one part of it, whose form names its fields without the part.
func (h *builder) partOf(d *models.SurveyDefinition, part string) error {
	all, _ := checkFields(survey.Check(d))
	var own []models.FieldError
	for _, f := range all {
		if field, found := strings.CutPrefix(f.Field, part+"."); found {
			f.Field = field
			own = append(own, f)
		}
	}
	return models.Invalid(own...)
}

// refuse shows a part again whose form broke a rule. The draft of the page is the stored one.
func (h *builder) refuse(c echo.Context, s *models.Survey, editing string, fields []models.FieldError, status int, fill func(p *surveypages.BuilderProps)) error {
	stored, err := h.store.Survey(c.Request().Context(), web.Actor(c), s.ID)
	if err != nil {
		return err
	}
	p := h.open(stored, editing)
	p.Errors = fields
	fill(&p)
	return h.render(c, status, p)
}

// autosaved answers what was saved while somebody types: without the form itself. A page that is being left reads nothing.
func (h *builder) autosaved(c echo.Context, p surveypages.BuilderProps) error {
	if !web.IsFragment(c) {
		return c.NoContent(http.StatusNoContent)
	}
	if err := h.addLink(c, &p); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, surveypages.SavedFragment(p))
}
