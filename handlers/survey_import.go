package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// surveyImportLimit is the largest form with a file, and surveyImportTimeout how long it may take to read it.
const (
	surveyImportLimit   = qsf.MaxFile + 64<<10
	surveyImportTimeout = 2 * time.Minute
)

// surveyImports are how a survey is made of a file, and written as one.
type surveyImports struct {
	store *store.Store
	base  string // where the instance is reached
}

// surveyImportRoutes are its rows.
func surveyImportRoutes(d Deps) []web.Route {
	h := &surveyImports{store: d.Store, base: d.Base.App("")}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveysImport, Handler: h.form, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveysImport, Handler: h.create, Guard: web.GuardUser, Origin: web.OriginApp, Limit: surveyImportLimit, Timeout: surveyImportTimeout},
		{Method: get, Pattern: link.PatternSurveyImported, Handler: h.report, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyFile, Handler: h.file, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

func (h *surveyImports) form(c echo.Context) error {
	return web.Render(c, http.StatusOK, surveypages.SurveyImport(surveypages.SurveyImportProps{}))
}

// create makes a survey of the uploaded file and leads to the report about it.
func (h *surveyImports) create(c echo.Context) error {
	ctx := c.Request().Context()
	name := models.CleanText(c.FormValue("name"))
	data, called, err := uploaded(c, "file")
	if err != nil {
		return err
	}
	refuse := func(status int, fields ...models.FieldError) error {
		return web.Render(c, status, surveypages.SurveyImport(surveypages.SurveyImportProps{Name: name, Errors: fields})) //nolint:contextcheck // templ gives components their context when they render
	}
	if len(data) == 0 && called == "" {
		return refuse(http.StatusUnprocessableEntity, models.Field("file", "survey.import.error.no_file"))
	}
	if utf8.RuneCountInString(name) > maxSurveyName {
		return refuse(http.StatusUnprocessableEntity, models.Field("name", "survey.name.long", "Max", maxSurveyName))
	}
	s, _, err := survey.Import(ctx, h.store, web.Actor(c), survey.ImportFile{Data: data, FileName: called, Name: name, Untitled: i18n.T(ctx, "survey.import.untitled")})
	if fields, status, refused := web.Refused(c, err); refused {
		return refuse(status, fields...)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.import.done"))
	return web.Redirect(c, link.SurveyImported(s.ID))
}

// uploaded gives a file of a form and what it is called; nothing when none was chosen. The form's limit bounds it.
func uploaded(c echo.Context, field string) (data []byte, called string, err error) {
	upload, err := c.FormFile(field)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, "", err
	}
	if err != nil { // none was chosen, or it is no such form
		return nil, "", nil //nolint:nilerr // the page asks for a file
	}
	opened, err := upload.Open()
	if err != nil {
		return nil, "", err
	}
	defer opened.Close()
	data, err = io.ReadAll(opened)
	return data, models.CleanText(upload.Filename), err
}

// report shows what became of the file.
func (h *surveyImports) report(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	i, err := h.store.SurveyImport(ctx, actor, s.ID)
	if err != nil {
		return err
	}
	p := surveypages.ImportReportProps{Survey: *s, FileName: i.FileName, Size: i.Size, At: i.ImportedAt}
	for _, l := range i.Report.V.Lines {
		p.Lines = append(p.Lines, surveypages.ImportLine{Kind: l.Kind, Item: l.Item, Name: l.Name, Text: importSentence(ctx, l)})
	}
	return web.Render(c, http.StatusOK, surveypages.ImportReport(p))
}

// importSentence says what became of a part of a file.
func importSentence(ctx context.Context, l models.ImportLine) string {
	args := map[string]any{}
	for name, value := range l.Args {
		if n, ok := value.(json.Number); ok { // as the database gives it
			if whole, err := n.Int64(); err == nil {
				value = whole
			}
		}
		args[name] = value
	}
	if t, ok := args["Type"].(string); ok && l.Key == "survey.import.line.question" {
		args["Type"] = i18n.T(ctx, "survey.type."+t)
	}
	return i18n.TMap(ctx, l.Key, args)
}

// file gives the draft of a survey as a QSF file.
func (h *surveyImports) file(c echo.Context) error {
	s, err := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	data, err := qsf.EncodeFile(qsf.Survey{Survey: s, Definition: &s.Draft.V, BaseURL: h.base})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": qsf.FileName(s.Name)}))
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, qsf.ContentType, data)
}
