package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// duplicate copies a workflow with its draft, for its own survey or another one.
func (h *workflows) duplicate(c echo.Context) error {
	var in struct {
		SurveyID string `form:"surveyId"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	e, err := h.open(c)
	if err != nil {
		return err
	}
	file, _ := workflow.NewFile(e.workflow.Name, e.workflow.Draft.V, e.definition())
	file.WorkflowDefinition = e.workflow.Draft.V // a copy in the same instance keeps everything
	if in.SurveyID == "" && e.workflow.SurveyID != nil {
		in.SurveyID = *e.workflow.SurveyID
	}
	same := e.workflow.SurveyID != nil && in.SurveyID == *e.workflow.SurveyID
	if same {
		file.Questions = nil
		file.Name = cutRunes(i18n.T(ctx, "workflow.copy_of", "Name", file.Name), 200)
	}
	return h.adopt(c, &file, in.SurveyID, i18n.T(ctx, "workflow.duplicated"))
}

// adopt makes a workflow of a file for a survey and opens it; what of it names questions that are not there is told.
func (h *workflows) adopt(c echo.Context, file *workflow.File, surveyID, said string) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	w := models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: actor.UserID, Name: file.Name, EventType: file.Event.Type}
	var def *models.SurveyDefinition
	if surveyID != "" {
		survey, err := h.store.Survey(ctx, actor, surveyID)
		if err != nil {
			return err
		}
		w.SurveyID, def = &survey.ID, &survey.Draft.V
	}
	adopted, lost, err := workflow.Adopt(file.WorkflowDefinition, file.Questions, def)
	if err != nil {
		return err
	}
	w.Draft.V = adopted
	err = h.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.CreateWorkflow(ctx, actor, &w); err != nil {
			return err
		}
		return h.signing.In(tx).Provide(ctx, w.ID, &w.Draft.V)
	})
	if err != nil {
		return err
	}
	f := components.Flash{Tone: components.ToneOK, Text: said}
	if len(lost) > 0 {
		f.Tone = components.ToneWarn
		f.Text += " " + i18n.T(ctx, "workflow.lost", "Count", len(lost), "Questions", lostWords(lost))
	}
	web.Flash(c, f)
	return web.Redirect(c, frame.EditorPath(w.ID, ""))
}

// lostWords lists the questions that were not found.
func lostWords(lost []workflow.FileQuestion) string {
	var names []string
	for _, q := range lost {
		name := q.Text
		if name == "" {
			name = q.ID
		}
		names = append(names, "“"+cutRunes(name, 80)+"”")
	}
	return cutRunes(strings.Join(names, ", "), 600)
}

var notInFileNames = regexp.MustCompile(`[^\pL\pN._-]+`)

// export gives the draft of a workflow as a file without secrets.
func (h *workflows) export(c echo.Context) error {
	e, err := h.open(c)
	if err != nil {
		return err
	}
	file, _ := workflow.NewFile(e.workflow.Name, e.workflow.Draft.V, e.definition())
	text, err := models.MarshalJSON(file)
	if err != nil {
		return err
	}
	name := strings.Trim(notInFileNames.ReplaceAllString(strings.ToLower(e.workflow.Name), "-"), "-.")
	if name == "" || !isASCII(name) {
		name = "workflow"
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`.json"`)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/json", []byte(components.Pretty(string(text))+"\n"))
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func (h *workflows) importForm(c echo.Context) error {
	return h.renderImport(c, http.StatusOK, workflowpages.WorkflowImportProps{SurveyID: web.Query(c, "survey")})
}

func (h *workflows) renderImport(c echo.Context, status int, p workflowpages.WorkflowImportProps) error {
	var err error
	if p.Surveys, err = surveyChoices(c.Request().Context(), h.store, web.Actor(c), ""); err != nil {
		return err
	}
	if p.SurveyID == "" && len(p.Surveys) > 0 {
		p.SurveyID = p.Surveys[0].Value
	}
	return web.Render(c, status, workflowpages.WorkflowImport(p))
}

// importFile makes a workflow of an uploaded or pasted file, or says what is wrong where.
func (h *workflows) importFile(c echo.Context) error {
	ctx := c.Request().Context()
	surveyID, pasted := strings.TrimSpace(c.FormValue("surveyId")), c.FormValue("text")
	text := []byte(pasted)
	if upload, err := c.FormFile("file"); err == nil && upload.Size > 0 {
		opened, err := upload.Open()
		if err != nil {
			return err
		}
		defer opened.Close()
		if text, err = io.ReadAll(io.LimitReader(opened, workflow.MaxFile+1)); err != nil {
			return err
		}
		pasted = ""
		if len(text) <= 200<<10 && utf8.Valid(text) {
			pasted = string(text)
		}
	}
	refuse := func(fields []models.FieldError) error {
		return h.renderImport(c, http.StatusUnprocessableEntity, workflowpages.WorkflowImportProps{SurveyID: surveyID, Text: models.CleanText(pasted), Problems: importProblems(ctx, fields)}) //nolint:contextcheck // templ gives components their context when they render
	}
	file, err := workflow.ReadFile(h.types, []byte(models.CleanText(string(text))))
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeInvalid {
		return refuse(e.Fields)
	}
	if err != nil {
		return err
	}
	if file.Name == "" || utf8.RuneCountInString(file.Name) > 200 {
		file.Name = i18n.T(ctx, "workflow.name.untitled")
	}
	err = h.adopt(c, file, models.CleanText(surveyID), i18n.T(ctx, "workflow.imported", "Name", file.Name))
	if models.ErrorCode(err) == models.CodeNotFound {
		return refuse([]models.FieldError{models.Field("surveyId", "workflow.error.survey")})
	}
	return err
}

// importProblems says what is wrong with a file, each with its place.
func importProblems(ctx context.Context, fields []models.FieldError) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = i18n.TMap(ctx, f.Key, f.Args)
		if f.Field != "" && !strings.HasPrefix(f.Key, "workflow.import.") {
			out[i] = f.Field + ": " + out[i]
		}
	}
	return out
}
