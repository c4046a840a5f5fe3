package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views"
)

// checkFields gives the fields of an error that names them.
func checkFields(err error) (fields []models.FieldError, invalid bool) {
	e, ok := errors.AsType[*models.Error](err)
	if !ok || e.Code != models.CodeInvalid {
		return nil, false
	}
	return e.Fields, true
}

// showQuestion opens a question in the builder.
func (h *builder) showQuestion(c echo.Context) error {
	id := c.Param("questionID")
	return web.Redirect(c, link.With(link.SurveyBuild(c.Param("surveyID")), "edit", id)+"#"+id)
}

// addQuestion adds a question to a page and opens it.
func (h *builder) addQuestion(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	return h.structure(c, newPart, func(s *models.Survey) (string, error) {
		q, err := survey.AddQuestion(s, in.Get("page"), models.QuestionType(in.Get("type")))
		if err != nil {
			return "", err
		}
		return q.ID, nil
	})
}

// moveQuestion moves a question up or down, over the edge of its page too.
func (h *builder) moveQuestion(c echo.Context) error {
	to, err := direction(c)
	if err != nil {
		return err
	}
	return h.structure(c, "", func(s *models.Survey) (string, error) {
		id := c.Param("questionID")
		page, at := placeOf(&s.Draft.V, id)
		if page < 0 {
			return "", models.NotFound("survey.error.no_question")
		}
		blocks := s.Draft.V.Blocks
		switch at += to; {
		case at < 0 && page == 0, at >= len(blocks[page].Questions) && page == len(blocks)-1:
			return "", nil // at the very beginning or end already
		case at < 0:
			page--
			at = len(blocks[page].Questions)
		case at >= len(blocks[page].Questions):
			page++
			at = 0
		}
		return "", survey.MoveQuestion(s, id, blocks[page].ID, at)
	})
}

// placeOf gives the page of a question and its place there; -1 when there is none.
func placeOf(d *models.SurveyDefinition, id string) (page, at int) {
	for i := range d.Blocks {
		if at := slices.IndexFunc(d.Blocks[i].Questions, func(q models.Question) bool { return q.ID == id }); at >= 0 {
			return i, at
		}
	}
	return -1, -1
}

// copyQuestion adds a copy behind a question and opens it.
func (h *builder) copyQuestion(c echo.Context) error {
	return h.structure(c, newPart, func(s *models.Survey) (string, error) {
		q, err := survey.CopyQuestion(s, c.Param("questionID"))
		if err != nil {
			return "", err
		}
		return q.ID, nil
	})
}

// deleteQuestion removes a question.
func (h *builder) deleteQuestion(c echo.Context) error {
	return h.structure(c, "", func(s *models.Survey) (string, error) {
		return "", survey.DeleteQuestion(s, c.Param("questionID"))
	})
}

// questionEdit is what the form of a question asks for beside its fields.
type questionEdit struct {
	do  string // "done", "stay", "autosave", "add", "remove", "up" or "down"
	row int    // of a choice
}

func readQuestionEdit(in url.Values) questionEdit {
	do, row, _ := strings.Cut(in.Get("do"), ":")
	n, err := strconv.Atoi(row)
	if err != nil {
		n = -1
	}
	if do == "" {
		do = "done"
	}
	return questionEdit{do: do, row: n}
}

// saveQuestion saves the form of a question.
func (h *builder) saveQuestion(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(in.Get("revision"), 10, 64)
	if err != nil && in.Get("revision") != "" {
		return models.Invalid(models.Field("revision", "error.whole_number"))
	}
	id, edit := c.Param("questionID"), readQuestionEdit(in)
	var form *views.QuestionForm
	s, err := h.change(c, revision, func(s *models.Survey) error {
		q := s.Draft.V.Question(id)
		if q == nil {
			return models.NotFound("survey.error.no_question")
		}
		form = readQuestionForm(q, in)
		edit.prepare(form, q)
		wrong := applyQuestionForm(form, q)
		if len(wrong) == 0 {
			wrong = edit.check(q)
		}
		return models.Invalid(wrong...)
	})
	fill := func(p *views.BuilderProps) { fillQuestion(p, id, form, in) }
	if fields, invalid := checkFields(err); invalid {
		if edit.do == "autosave" {
			return web.Render(c, http.StatusUnprocessableEntity, views.NotSavedFragment(fields))
		}
		return h.refuse(c, s, id, fields, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.stale(c, id, fill, err)
	}
	return h.savedQuestion(c, s, form, edit)
}

// fillQuestion puts what was typed into the page. Without a form the change was refused before the question was looked at.
func fillQuestion(p *views.BuilderProps, id string, form *views.QuestionForm, in url.Values) {
	if q := p.Survey.Draft.V.Question(id); form == nil && q != nil {
		form = readQuestionForm(q, in)
		numberRows(form)
	}
	if form == nil {
		return
	}
	if form.Type.HasChoices() && len(form.Choices) == 0 {
		form.Choices = []views.ChoiceForm{{}, {Row: 1}} // somewhere to type
	}
	p.Editing, p.Question = id, form
}

// unfinished are the errors of a question that is still being written. They keep it from being put live and not from
// being saved on the way.
var unfinished = []string{"question.error.no_text", "question.error.no_choices", "question.error.choice_text"}

// check tells what keeps the question from being saved: everything that is wrong with it when its owner says that it is
// done, and on the way only what is wrong already.
func (e questionEdit) check(q *models.Question) []models.FieldError {
	wrong := survey.CheckQuestion(q)
	if e.do == "done" {
		return wrong
	}
	return slices.DeleteFunc(wrong, func(f models.FieldError) bool { return slices.Contains(unfinished, f.Key) })
}

// prepare does to the rows of choices what a button asked for.
func (e questionEdit) prepare(f *views.QuestionForm, q *models.Question) {
	switch e.do {
	case "autosave":
		dropNewBlank(f, q)
		return
	case "up", "down":
		moveRow(f, e.row, e.do == "up")
	case "remove":
		f.Choices = slices.DeleteFunc(f.Choices, func(c views.ChoiceForm) bool { return c.Row == e.row })
	}
	dropBlank(f, q)
}

// savedQuestion answers a form of a question that was saved.
func (h *builder) savedQuestion(c echo.Context, s *models.Survey, form *views.QuestionForm, edit questionEdit) error {
	switch edit.do {
	case "done":
		return h.saved(c, s, "", false)
	case "autosave":
		if web.IsFragment(c) {
			p := views.BuilderProps{Survey: *s, Question: form, SavedAt: s.UpdatedAt}
			if err := h.addLink(c, &p); err != nil {
				return err
			}
			return web.Render(c, http.StatusOK, views.SavedFragment(p))
		}
	case "add":
		if !web.IsFragment(c) {
			return web.Redirect(c, link.With(link.SurveyBuild(s.ID), "edit", form.ID, "add", "1")+"#"+form.ID)
		}
	}
	return h.saved(c, s, form.ID, false)
}

// saveFields saves the embedded data.
func (h *builder) saveFields(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(in.Get("revision"), 10, 64)
	edit, rows := readQuestionEdit(in), readFieldForms(in)
	if edit.do == "remove" {
		rows = slices.DeleteFunc(rows, func(f views.FieldForm) bool { return f.Row == edit.row })
	}
	rows = slices.DeleteFunc(rows, func(f views.FieldForm) bool { return f.Name == "" && f.Default == "" })
	var fields []models.EmbeddedField
	for i, f := range rows {
		rows[i].Row = i
		fields = append(fields, models.EmbeddedField{Name: f.Name, Default: f.Default, FromLink: f.FromLink})
	}
	s, err := h.change(c, revision, func(s *models.Survey) error {
		s.Draft.V.EmbeddedData = fields
		return h.ownProblems(&s.Draft.V, "embeddedData")
	})
	fill := func(p *views.BuilderProps) { p.Fields = rows }
	if wrong, invalid := checkFields(err); invalid {
		return h.refuse(c, s, views.EditingFields, wrong, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.stale(c, views.EditingFields, fill, err)
	}
	switch {
	case edit.do == "add" && !web.IsFragment(c):
		return web.Redirect(c, link.With(link.SurveyBuild(s.ID), "edit", views.EditingFields, "add", "1")+"#"+views.EditingFields)
	case edit.do == "remove":
		return h.saved(c, s, views.EditingFields, false)
	}
	return h.saved(c, s, "", false)
}

// ownProblems is what is wrong with the parts of a definition whose names begin so.
func (h *builder) ownProblems(d *models.SurveyDefinition, prefix string) error {
	all, _ := checkFields(survey.Check(d))
	own := slices.DeleteFunc(slices.Clone(all), func(f models.FieldError) bool { return !strings.HasPrefix(f.Field, prefix) })
	return models.Invalid(own...)
}
