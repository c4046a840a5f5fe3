package apiv3

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/outbound"
	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// importLimit is the largest body with a file, and importTimeout how long a call with one may take.
const (
	importLimit   = qsf.MaxFile + 64<<10
	importTimeout = 2 * time.Minute
)

// importReport tells what became of a file.
type importReport struct {
	FileName  string       `json:"fileName"`
	Size      int64        `json:"size"`
	Imported  int          `json:"imported"`
	Kept      int          `json:"kept"`
	Changed   int          `json:"changed"`
	Attention int          `json:"attention"`
	Lines     []importLine `json:"lines"`
}

// importLine tells what became of one part of a file.
type importLine struct {
	Kind models.ImportKind `json:"kind"`
	Item string            `json:"item"`
	Name string            `json:"name"`
	Text string            `json:"text"`
}

func reportOf(ctx context.Context, i *models.SurveyImport) importReport {
	r := &i.Report.V
	out := importReport{
		FileName: i.FileName, Size: i.Size, Imported: r.Count(models.ImportTaken), Kept: r.Count(models.ImportKept),
		Changed: r.Count(models.ImportChanged), Attention: r.Count(models.ImportAttention), Lines: make([]importLine, len(r.Lines)),
	}
	for n, l := range r.Lines {
		args := map[string]any{}
		for name, value := range l.Args {
			if number, ok := value.(json.Number); ok { // as the database gives it
				if whole, err := number.Int64(); err == nil {
					value = whole
				}
			}
			args[name] = value
		}
		out.Lines[n] = importLine{Kind: l.Kind, Item: l.Item, Name: l.Name, Text: i18n.TMap(ctx, l.Key, args)}
	}
	return out
}

// madeImport answers POST /surveys with a file.
type madeImport struct {
	ID     string       `json:"id"`
	Report importReport `json:"importReport"`
}

// importBody is what POST /surveys takes beside the file itself.
type importBody struct {
	Name        string `json:"name"`
	FileURL     string `json:"fileUrl"`
	ContentType string `json:"contentType"`

	file     []byte
	fileName string
	given    bool // a file came with it
}

// makeSurvey makes a survey of a file, or copies one: the header says which.
func (a *API) makeSurvey(c *call) (any, error) {
	if strings.TrimSpace(c.Request().Header.Get(headerCopySource)) != "" {
		return a.copySurvey(c)
	}
	in, err := c.importBody()
	if err != nil {
		return nil, err
	}
	if !in.given && in.FileURL == "" {
		if in.Name == "" {
			return a.copySurvey(c) // which says what is missing
		}
		return nil, invalid("fileUrl", "survey.import.error.file_or_url")
	}
	if in.ContentType != "" {
		kind, _, err := mime.ParseMediaType(in.ContentType)
		if err != nil || kind != qsf.ContentType && kind != "application/json" && kind != "application/octet-stream" {
			return nil, invalid("contentType", "survey.import.error.content_type", "Got", in.ContentType, "Want", qsf.ContentType)
		}
	}
	if in.Name != "" {
		if wrong := checkName("name", &in.Name); len(wrong) > 0 {
			return nil, models.Invalid(wrong...)
		}
	}
	ctx := c.Request().Context()
	if !in.given {
		if err := a.fetch(ctx, in); err != nil {
			return nil, err
		}
	}
	s, report, err := survey.Import(ctx, a.store, c.actor, survey.ImportFile{Data: in.file, FileName: in.fileName, Name: in.Name, Untitled: i18n.T(ctx, "survey.import.untitled")})
	if err != nil {
		return nil, err
	}
	return madeImport{ID: s.ID, Report: reportOf(ctx, report)}, nil
}

// importBody reads the body, which is a form or JSON.
func (c *call) importBody() (*importBody, error) {
	var in importBody
	kind, params, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return &in, c.optionalBody(&in)
	}
	parts := multipart.NewReader(c.Request().Body, params["boundary"])
	for range maxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return &in, nil
		}
		if err != nil {
			return nil, formError(err)
		}
		if err := in.take(part); err != nil {
			return nil, formError(err)
		}
	}
	return nil, invalid("", "survey.import.error.multipart")
}

// maxParts is how many parts a form may have.
const maxParts = 20

// formError tells that a form is broken, or too large as a whole.
func formError(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return &models.Error{Code: models.CodeInvalid, Key: "error.bad_request", Cause: err, Fields: []models.FieldError{models.Field("", "survey.import.error.multipart")}}
}

// take takes one part of a form.
func (in *importBody) take(part *multipart.Part) error {
	data, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(models.CleanText(string(data)))
	switch part.FormName() {
	case "file":
		in.file, in.given, in.fileName = data, true, models.CleanText(part.FileName())
		if kind := part.Header.Get("Content-Type"); part.FileName() != "" && kind != "" {
			in.ContentType = cmp.Or(in.ContentType, kind)
		}
	case "name", "projectName":
		in.Name = text
	case "fileUrl":
		in.FileURL = text
	case "contentType":
		in.ContentType = text
	}
	return nil
}

// fetch reads the file from the address that the caller names, which the guard of outbound calls has to allow. Nothing of
// what the address answers is told but its status.
func (a *API) fetch(ctx context.Context, in *importBody) error {
	x := a.outbound.Do(ctx, outbound.Request{Method: http.MethodGet, URL: in.FileURL, Timeout: outbound.MaxTimeout, FollowRedirect: true, MaxBody: qsf.MaxFile})
	switch {
	case x.Err != nil:
		return invalid("fileUrl", "survey.import.error.url", "Why", i18n.TMap(ctx, x.Err.Key, x.Err.Args))
	case !x.Succeeded():
		return invalid("fileUrl", "survey.import.error.status", "Status", x.Status)
	}
	in.file = x.Body
	if address, _, found := strings.Cut(in.FileURL, "?"); found || address != "" {
		in.fileName = path.Base(address)
	}
	return nil
}

func (a *API) showImportReport(c *call) (any, error) {
	ctx := c.Request().Context()
	if _, err := a.survey(c); err != nil {
		return nil, err
	}
	i, err := a.store.SurveyImport(ctx, c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_import")
	}
	return reportOf(ctx, i), nil
}

// asFile answers with the draft of a survey as a file, without an envelope.
func (a *API) asFile(s *models.Survey, c *call) (any, error) {
	data, err := qsf.EncodeFile(qsf.Survey{Survey: s, Definition: &s.Draft.V, BaseURL: a.base.App("")})
	if err != nil {
		return nil, err
	}
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": qsf.FileName(s.Name)}))
	c.Response().Header().Set("Cache-Control", "no-store")
	return nil, c.Blob(http.StatusOK, qsf.ContentType, data)
}
