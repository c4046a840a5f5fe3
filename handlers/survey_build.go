package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views"
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
	p := h.open(s, web.Query(c, "edit"))
	p.Focus = web.Query(c, "new") != ""
	if blank := web.Query(c, "add"); blank != "" {
		addBlankRow(&p)
	}
	return h.render(c, http.StatusOK, p)
}

// open gives the page with one part open: a question, a page, or one of the parts below them.
func (h *builder) open(s *models.Survey, editing string) views.BuilderProps {
	p := views.BuilderProps{Survey: *s, Editing: editing, Fields: fieldFormsOf(s.Draft.V.EmbeddedData), End: s.Draft.V.End}
	if q := s.Draft.V.Question(editing); q != nil {
		p.Question = questionFormOf(q)
	}
	if b := s.Draft.V.Block(editing); b != nil {
		p.Page = &views.PageForm{Title: b.Title}
	}
	if editing == views.EditingFields && len(p.Fields) == 0 {
		p.Fields = []views.FieldForm{{}}
	}
	return p
}

// addBlankRow adds an empty row to the open form, for browsers without scripts.
func addBlankRow(p *views.BuilderProps) {
	switch {
	case p.Question != nil && p.Question.Type.HasChoices():
		p.Question.Choices = append(p.Question.Choices, views.ChoiceForm{Row: len(p.Question.Choices)})
	case p.Editing == views.EditingFields:
		p.Fields = append(p.Fields, views.FieldForm{Row: len(p.Fields)})
	}
}

// render answers with the whole page, or with the builder for htmx. htmx shows a 422 and no 409: a conflict is told by the page.
func (h *builder) render(c echo.Context, status int, p views.BuilderProps) error {
	if err := h.addLink(c, &p); err != nil {
		return err
	}
	p.Unready = map[string][]models.FieldError{}
	for _, q := range p.Survey.Draft.V.Questions() {
		if wrong := survey.CheckQuestion(q); len(wrong) > 0 && q.ID != p.Editing {
			p.Unready[q.ID] = wrong
		}
	}
	if !web.IsFragment(c) {
		return web.Render(c, status, views.Build(p))
	}
	if status == http.StatusConflict {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, views.BuildFragment(p))
}

func (h *builder) addLink(c echo.Context, p *views.BuilderProps) error {
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

// structure is change for what has no form to show again: adding, moving and deleting. What cannot be done to the
// newest draft is told on the page of the newest draft.
func (h *builder) structure(c echo.Context, editing string, edit func(s *models.Survey) (string, error)) error {
	var form struct {
		Revision int64 `form:"revision"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	open := editing
	s, err := h.change(c, form.Revision, func(s *models.Survey) (err error) {
		open, err = edit(s)
		return err
	})
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	return h.saved(c, s, open, editing == newPart)
}

// newPart as the part that a change opens means that it is new and takes the focus.
const newPart = "new"

// saved goes on after a change: to the builder, with a part open.
func (h *builder) saved(c echo.Context, s *models.Survey, editing string, focus bool) error {
	at := link.With(link.SurveyBuild(s.ID), "edit", editing)
	if !web.IsFragment(c) {
		if focus {
			at = link.With(at, "new", "1")
		}
		if editing != "" {
			at += "#" + editing
		}
		return web.Redirect(c, at)
	}
	c.Response().Header().Set("HX-Replace-Url", at)
	p := h.open(s, editing)
	p.Focus, p.SavedAt = focus, s.UpdatedAt
	return h.render(c, http.StatusOK, p)
}

// stale answers a change that meets a newer draft, or what is no more in it, with the newest draft. fill puts what was
// typed into the page. Other errors are not its business.
func (h *builder) stale(c echo.Context, editing string, fill func(p *views.BuilderProps), err error) error {
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

// addPage adds a page at the end.
func (h *builder) addPage(c echo.Context) error {
	return h.structure(c, "", func(s *models.Survey) (string, error) {
		_, err := survey.AddBlock(s, "")
		return "", err
	})
}

// savePage renames a page.
func (h *builder) savePage(c echo.Context) error {
	var form struct {
		Revision int64  `form:"revision"`
		Title    string `form:"title"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	id := c.Param("pageID")
	s, err := h.change(c, form.Revision, func(s *models.Survey) error {
		b := s.Draft.V.Block(id)
		if b == nil {
			return models.NotFound("survey.error.no_block")
		}
		b.Title = form.Title
		return h.partOf(&s.Draft.V, id)
	})
	fill := func(p *views.BuilderProps) { p.Page = &views.PageForm{Title: form.Title} }
	if fields, status, refused := web.Refused(c, err); refused && models.ErrorCode(err) == models.CodeInvalid {
		return h.refuse(c, s, id, fields, status, fill)
	}
	if err != nil {
		return h.stale(c, id, fill, err)
	}
	return h.saved(c, s, "", false)
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
func (h *builder) refuse(c echo.Context, s *models.Survey, editing string, fields []models.FieldError, status int, fill func(p *views.BuilderProps)) error {
	stored, err := h.store.Survey(c.Request().Context(), web.Actor(c), s.ID)
	if err != nil {
		return err
	}
	p := h.open(stored, editing)
	p.Errors = fields
	fill(&p)
	return h.render(c, status, p)
}

// movePage moves a page up or down.
func (h *builder) movePage(c echo.Context) error {
	to, err := direction(c)
	if err != nil {
		return err
	}
	return h.structure(c, "", func(s *models.Survey) (string, error) {
		id := c.Param("pageID")
		at := slices.IndexFunc(s.Draft.V.Blocks, func(b models.Block) bool { return b.ID == id })
		return "", survey.MoveBlock(s, id, at+to)
	})
}

// direction reads from a form whether something moves up (-1) or down (1).
func direction(c echo.Context) (int, error) {
	in, err := web.Values(c)
	if err != nil {
		return 0, err
	}
	if in.Get("to") == "up" {
		return -1, nil
	}
	return 1, nil
}

// deletePage removes a page with its questions.
func (h *builder) deletePage(c echo.Context) error {
	return h.structure(c, "", func(s *models.Survey) (string, error) {
		return "", survey.DeleteBlock(s, c.Param("pageID"))
	})
}

// putLive makes the draft what respondents meet. What keeps it from that is listed, with the way to each place.
func (h *builder) putLive(c echo.Context) error {
	var form struct {
		Revision int64 `form:"revision"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	s, err := h.store.Survey(ctx, actor, id)
	if err != nil {
		return err
	}
	if form.Revision != 0 && form.Revision != s.DraftRev {
		return h.stale(c, "", nil, models.Conflict("survey.error.changed", nil))
	}
	if problems, invalid := checkFields(survey.Check(&s.Draft.V)); invalid {
		p := h.open(s, "")
		p.Problems = problems
		return h.render(c, http.StatusUnprocessableEntity, p)
	}
	first := s.Version == 0
	live, err := h.store.PutSurveyLive(ctx, actor, id, s.DraftRev)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	if first {
		web.FlashOK(c, i18n.T(ctx, "survey.live.first"))
		return web.Redirect(c, link.SurveyCollectors(id))
	}
	web.FlashOK(c, i18n.T(ctx, "survey.live.done", "Version", live.Version))
	return web.Redirect(c, link.SurveyBuild(id))
}
