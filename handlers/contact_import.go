package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/contactpages"
)

const (
	importTimeout = 10 * time.Minute // how long it may take until a large file has come and was read
	importForm    = 1 << 20          // bytes of an upload that are kept in memory
	importSamples = 5                // contacts of a preview
)

func (h *contacts) importNew(c echo.Context) error {
	l, err := h.store.ContactList(c.Request().Context(), web.Actor(c), c.Param("listID"))
	if err != nil {
		return err
	}
	return h.renderImportNew(c, http.StatusOK, *l, nil)
}

func (h *contacts) renderImportNew(c echo.Context, status int, l models.ContactList, errs []models.FieldError) error {
	recent, err := h.store.RecentImports(c.Request().Context(), web.Actor(c), l.ID)
	if err != nil {
		return err
	}
	p := contactpages.ContactImportNewProps{List: l, Errors: errs}
	for _, i := range recent {
		p.Recent = append(p.Recent, contactpages.RecentImport{ContactImport: i.ContactImport, Job: i.Job})
	}
	return web.Render(c, status, contactpages.ContactImportNew(p))
}

// importUpload takes a file, and leads to what was found in it.
func (h *contacts) importUpload(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	until := time.Now().Add(importTimeout) //nolint:forbidigo // of a connection
	connection := http.NewResponseController(c.Response())
	_ = connection.SetReadDeadline(until) // where there is none, nothing ends early
	_ = connection.SetWriteDeadline(until)
	if err := c.Request().ParseMultipartForm(importForm); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return h.renderImportNew(c, http.StatusUnprocessableEntity, *l, []models.FieldError{models.Field("file", "import.error.bytes", "MB", models.ImportMaxBytes>>20)})
		}
		return &models.Error{Code: models.CodeInvalid, Key: "error.bad_request", Cause: err}
	}
	defer func() { _ = c.Request().MultipartForm.RemoveAll() }()
	file, head, err := c.Request().FormFile("file")
	if err != nil || head.Size == 0 && head.Filename == "" {
		return h.renderImportNew(c, http.StatusUnprocessableEntity, *l, []models.FieldError{models.Field("file", "import.error.file")})
	}
	defer file.Close()
	i, err := h.contacts.Upload(ctx, actor, l.ID, head.Filename, file, head.Size)
	if errs, status, refused := web.Refused(c, err); refused {
		return h.renderImportNew(c, status, *l, errs)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.ContactImport(l.ID, i.ID))
}

// openImport reads the import that the address names, with its list.
func (h *contacts) openImport(c echo.Context) (contactpages.ContactImportProps, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return contactpages.ContactImportProps{}, err
	}
	i, err := h.store.ContactImport(ctx, actor, c.Param("importID"))
	if err != nil {
		return contactpages.ContactImportProps{}, err
	}
	if i.ListID != l.ID {
		return contactpages.ContactImportProps{}, models.NotFound("error.not_found")
	}
	return contactpages.ContactImportProps{List: *l, Import: *i}, nil
}

func (h *contacts) importShow(c echo.Context) error {
	p, err := h.openImport(c)
	if err != nil {
		return err
	}
	if p.Import.JobID != nil {
		return web.Redirect(c, link.Job(*p.Import.JobID))
	}
	return h.renderImport(c, http.StatusOK, p)
}

func (h *contacts) renderImport(c echo.Context, status int, p contactpages.ContactImportProps) error {
	inviting, err := h.store.InvitingCollectors(c.Request().Context(), web.Actor(c), p.List.ID)
	if err != nil {
		return err
	}
	for _, i := range inviting {
		p.Inviting = append(p.Inviting, contactpages.InvitingCollector{Collector: i.Collector, Survey: i.Survey, From: i.From})
	}
	p.Now = h.store.Now()
	lines, err := h.contacts.Preview(c.Request().Context(), &p.Import, 20)
	if err != nil {
		return err
	}
	for n, line := range lines {
		p.Cells = append(p.Cells, line.Cells)
		if n >= importSamples {
			continue
		}
		sample := contactpages.ImportSample{Line: line.Number}
		var wrong []models.FieldError
		sample.Contact, wrong = contact.LineContact(&p.Import, line)
		if len(wrong) > 0 {
			sample.Why = i18n.TMap(c.Request().Context(), wrong[0].Key, wrong[0].Args)
		}
		p.Samples = append(p.Samples, sample)
	}
	if p.Tags == "" {
		p.Tags = strings.Join(p.Import.Tags.V, ", ")
	}
	return web.Render(c, status, contactpages.ContactImport(p))
}

// importChange reads the file in another way, or starts the import.
func (h *contacts) importChange(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in struct {
		Do        string   `form:"do"`
		Encoding  string   `form:"encoding"`
		Separator string   `form:"separator"`
		Sheet     string   `form:"sheet"`
		Heading   bool     `form:"heading"`
		To        []string `form:"to"`
		Field     []string `form:"field"`
		Merge     string   `form:"merge"`
		Tags      string   `form:"tags"`
		Follow    bool     `form:"follow"`
		Invite    string   `form:"invite"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p, err := h.openImport(c)
	if err != nil {
		return err
	}
	i := &p.Import
	if i.JobID != nil {
		return web.Redirect(c, link.Job(*i.JobID))
	}
	if in.Do == "read" {
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(importTimeout)) //nolint:forbidigo // of a connection
		as := contact.Reading{Encoding: in.Encoding, Sheet: in.Sheet, Heading: in.Heading}
		for separator, name := range contactpages.ImportSeparatorNames {
			if name == in.Separator {
				as.Separator = separator
			}
		}
		err := h.contacts.Reread(ctx, actor, i, as)
		if errs, status, refused := web.Refused(c, err); refused {
			p.Errors = errs
			return h.renderImport(c, status, p)
		}
		if err != nil {
			return err
		}
		return web.Redirect(c, link.ContactImport(p.List.ID, i.ID))
	}
	for n := range i.Columns.V {
		if column := &i.Columns.V[n]; n < len(in.To) && n < len(in.Field) {
			if column.To, column.Field = in.To[n], in.Field[n]; column.To == models.ImportField && column.Field == "" {
				column.Field = column.Heading
			}
		}
	}
	i.Merge, i.Follow, i.Quiet, p.Tags = models.MergeRule(in.Merge), in.Follow, in.Invite == contactpages.InviteNobody, in.Tags
	i.Tags.V = strings.FieldsFunc(in.Tags, func(r rune) bool { return r == ',' || r == ';' })
	j, err := h.contacts.Begin(ctx, actor, i)
	if errs, status, refused := web.Refused(c, err); refused {
		p.Errors = errs
		return h.renderImport(c, status, p)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Job(j.ID))
}
