package handlers

import (
	"cmp"
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
	"surveyflow/views/surveypages"
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

// questionEdit is what the form of a question asks for beside its fields.
type questionEdit struct {
	do    string // "done", "stay", "autosave", "convert", "add", "group", "remove", "up" or "down"
	at    string // what it is done to, as the button says it: a row, or a part of a condition
	group string // surveypages.GroupRows for a row; else it is about a choice
	row   int    // of a choice or row
}

// What the forms of the builder ask for most.
const (
	doDone     = "done"
	doAutosave = "autosave"
)

func readQuestionEdit(in url.Values) questionEdit {
	do, at, _ := strings.Cut(in.Get("do"), ":")
	group, row := "", at
	if at == surveypages.GroupRows || strings.HasPrefix(at, surveypages.GroupRows+":") {
		group = surveypages.GroupRows
		row = strings.TrimPrefix(at, surveypages.GroupRows+":")
	}
	n, err := strconv.Atoi(row)
	if err != nil {
		n = -1
	}
	switch {
	case in.Get("autosave") != "": // the page is being left
		do = doAutosave
	case do == "":
		do = doDone
	}
	return questionEdit{do: do, at: at, group: group, row: n}
}

// revisionOf reads which draft a form was made of; 0 when it does not say.
func revisionOf(in url.Values) (int64, error) {
	revision, err := strconv.ParseInt(in.Get("revision"), 10, 64)
	if err != nil && in.Get("revision") != "" {
		return 0, models.Invalid(models.Field("revision", "error.whole_number"))
	}
	return revision, nil
}

// saveQuestion saves the form of a question.
func (h *builder) saveQuestion(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	revision, err := revisionOf(in)
	if err != nil {
		return err
	}
	id, edit := c.Param("questionID"), readQuestionEdit(in)
	var form *surveypages.QuestionForm
	s, err := h.change(c, revision, func(s *models.Survey) error {
		q := s.Draft.V.Question(id)
		if q == nil {
			return models.NotFound("survey.error.no_question")
		}
		was := *q
		was.Choices = slices.Clone(q.Choices)
		form = readQuestionForm(q, in)
		edit.prepare(form, q)
		wrong := applyQuestionForm(form, q)
		if err := convertQuestion(q, form, in, s.Draft.V.Language); err != nil {
			return err
		}
		wrong = append(wrong, edit.logic(in, &s.Draft.V, id, &q.Display)...)
		form.Display = q.Display
		if len(wrong) == 0 {
			wrong = edit.check(q)
		}
		survey.CarryLabels(&s.Draft.V, &was)
		return models.Invalid(wrong...)
	})
	fill := func(p *surveypages.BuilderProps) { fillQuestion(p, id, form, in) }
	if fields, invalid := checkFields(err); invalid {
		if edit.do == doAutosave {
			return web.Render(c, http.StatusUnprocessableEntity, surveypages.NotSavedFragment(fields))
		}
		return h.refuse(c, s, id, fields, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.stale(c, id, fill, err)
	}
	return h.savedQuestion(c, s, form, edit)
}

// fillQuestion puts what was typed into the page. Without a form the change was refused before the question was looked at.
func fillQuestion(p *surveypages.BuilderProps, id string, form *surveypages.QuestionForm, in url.Values) {
	if q := p.Survey.Draft.V.Question(id); form == nil && q != nil {
		form = readQuestionForm(q, in)
		numberRows(form)
	}
	if form == nil {
		return
	}
	if form.Type.HasChoices() && len(form.Choices) == 0 {
		form.Choices = []surveypages.ChoiceForm{{}, {Row: 1}} // somewhere to type
	}
	if form.Type.HasRows() && len(form.Rows) == 0 {
		form.Rows = []surveypages.ChoiceForm{{Group: surveypages.GroupRows}, {Group: surveypages.GroupRows, Row: 1}}
	}
	p.Editing, p.Question = id, form
}

// unfinished are the errors of a question that is still being written. They keep it from being put live and not from
// being saved on the way.
var unfinished = []string{"question.error.no_text", "question.error.no_choices", "question.error.choice_text", "question.error.no_rows", "question.error.row_text"}

// check tells what keeps the question from being saved: everything that is wrong with it when its owner says that it is
// done, and on the way only what is wrong already.
func (e questionEdit) check(q *models.Question) []models.FieldError {
	wrong := survey.CheckQuestion(q)
	if e.do == doDone {
		return wrong
	}
	return slices.DeleteFunc(wrong, func(f models.FieldError) bool { return slices.Contains(unfinished, f.Key) })
}

// prepare does to the rows of choices what a button asked for.
func (e questionEdit) prepare(f *surveypages.QuestionForm, q *models.Question) {
	switch e.do {
	case doAutosave:
		dropNewBlank(f, q)
		return
	case "up", "down":
		movePart(*partsOf(f, e.group), e.row, e.do == "up")
	case "remove":
		parts := partsOf(f, e.group)
		*parts = slices.DeleteFunc(*parts, func(c surveypages.ChoiceForm) bool { return c.Row == e.row })
	}
	dropBlank(f, q)
}

// savedQuestion answers a form of a question that was saved.
func (h *builder) savedQuestion(c echo.Context, s *models.Survey, form *surveypages.QuestionForm, edit questionEdit) error {
	switch {
	case edit.do == doDone:
		return h.saved(c, s, edited{focus: form.ID})
	case edit.do == doAutosave:
		return h.autosaved(c, surveypages.BuilderProps{Survey: *s, Question: form, SavedAt: s.UpdatedAt})
	case edit.do == "add" && !edit.ofLogic() && !web.IsFragment(c):
		return web.Redirect(c, link.With(link.SurveyBuild(s.ID), "edit", form.ID, "add", cmp.Or(edit.group, "1"))+"#"+form.ID)
	}
	return h.saved(c, s, edited{open: form.ID, logic: edit.ofLogic()})
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
		rows = slices.DeleteFunc(rows, func(f surveypages.FieldForm) bool { return f.Row == edit.row })
	}
	rows = slices.DeleteFunc(rows, func(f surveypages.FieldForm) bool { return f.Name == "" && f.Default == "" })
	var fields []models.EmbeddedField
	for i, f := range rows {
		rows[i].Row = i
		fields = append(fields, models.EmbeddedField{Name: f.Name, Default: f.Default, FromLink: f.FromLink})
	}
	s, err := h.change(c, revision, func(s *models.Survey) error {
		s.Draft.V.EmbeddedData = fields
		return h.ownProblems(&s.Draft.V, "embeddedData")
	})
	fill := func(p *surveypages.BuilderProps) { p.Fields = rows }
	if wrong, invalid := checkFields(err); invalid {
		return h.refuse(c, s, surveypages.EditingFields, wrong, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.stale(c, surveypages.EditingFields, fill, err)
	}
	switch {
	case edit.do == "add" && !web.IsFragment(c):
		return web.Redirect(c, link.With(link.SurveyBuild(s.ID), "edit", surveypages.EditingFields, "add", "1")+"#"+surveypages.EditingFields)
	case edit.do == "remove":
		return h.saved(c, s, edited{open: surveypages.EditingFields})
	}
	return h.saved(c, s, edited{})
}

// ownProblems is what is wrong with the parts of a definition whose names begin so.
func (h *builder) ownProblems(d *models.SurveyDefinition, prefix string) error {
	all, _ := checkFields(survey.Check(d))
	own := slices.DeleteFunc(slices.Clone(all), func(f models.FieldError) bool { return !strings.HasPrefix(f.Field, prefix) })
	return models.Invalid(own...)
}
