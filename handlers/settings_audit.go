package handlers

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/runpages"
	"surveyflow/views/settingspages"
)

// audit is the page of the audit log.
type audit struct{ store *store.Store }

// auditRoutes are the rows of the audit log.
func auditRoutes(d Deps) []web.Route {
	h := &audit{store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsAudit, Handler: h.list, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsAudit, Handler: h.saveDays, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsAuditFile, Handler: h.download, Guard: web.GuardAdmin, Origin: web.OriginApp, Timeout: auditFileTimeout},
	}
}

// list shows the log.
func (h *audit) list(c echo.Context) error {
	p := settingspages.AuditProps{}
	if days := web.Organisation(c).AuditDays; days > 0 {
		p.Days = strconv.Itoa(days)
	}
	return h.render(c, http.StatusOK, p)
}

func (h *audit) render(c echo.Context, status int, p settingspages.AuditProps) error {
	ctx := c.Request().Context()
	filter, wrong := auditFilter(c, &p.Filter)
	p.Errors = wrong
	filter.Page = web.PageOf(c)
	rows, next, err := h.store.AuditLog(ctx, web.Actor(c), filter)
	if err != nil {
		return err
	}
	for i := range rows {
		p.Lines = append(p.Lines, auditLine(ctx, &rows[i]))
	}
	p.Pager = pager(c, next)
	p.Download = link.With(link.SettingsAuditFile(), "person", p.Filter.Person, "object", p.Filter.Object, "action", p.Filter.Action,
		"from", p.Filter.From, "to", p.Filter.To)
	return web.Render(c, status, settingspages.SettingsAudit(p))
}

// auditFilter reads the filter from the address. What of it makes no sense is left out.
func auditFilter(c echo.Context, in *settingspages.AuditFilter) (store.AuditFilter, []models.FieldError) {
	*in = settingspages.AuditFilter{
		Person: cutRunes(web.Query(c, "person"), 200), Object: cutRunes(web.Query(c, "object"), 200), Action: web.Query(c, "action"),
		From: web.Query(c, "from"), To: web.Query(c, "to"),
	}
	days := runpages.RunsFilter{From: in.From, To: in.To}
	var period store.RunFilter
	wrong := readDays(i18n.Zone(c.Request().Context()), &days, &period)
	return store.AuditFilter{Person: in.Person, Object: in.Object, Action: models.AuditAction(in.Action), From: period.From, To: period.To}, wrong
}

func auditLine(ctx context.Context, r *store.AuditRow) settingspages.AuditLine {
	l := settingspages.AuditLine{
		At: r.At, IP: r.IP, Action: settingspages.AuditActionWords(ctx, r.Action), Warn: r.Action == models.AuditSignInFailed,
		Object: settingspages.AuditObjectWords(ctx, &r.AuditEntry), Href: settingspages.AuditHref(&r.AuditEntry), Detail: settingspages.AuditDetails(ctx, &r.AuditEntry),
	}
	switch who, known := r.Person(); {
	case known:
		l.Who, l.Email = who.Name(), who.Email
	case r.Action == models.AuditSignInFailed:
		l.Email = i18n.T(ctx, "audit.who.unknown")
	default:
		l.Email = i18n.T(ctx, "audit.who.program")
	}
	if r.TokenID != "" {
		l.Token = i18n.T(ctx, "audit.token.gone")
		if r.TokenName != nil {
			l.Token = *r.TokenName
		}
	}
	return l
}

// saveDays says how long the log is kept.
func (h *audit) saveDays(c echo.Context) error {
	var form struct {
		Days string `form:"days"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	days, err := 0, error(nil)
	if form.Days != "" {
		if days, err = strconv.Atoi(form.Days); err != nil || days < minAuditDays || days > maxAuditDays {
			return h.render(c, http.StatusUnprocessableEntity, settingspages.AuditProps{
				Days: form.Days, DaysErrors: []models.FieldError{models.Field("days", "audit.error.days", "Min", minAuditDays, "Max", maxAuditDays)},
			})
		}
	}
	if err := h.store.SetAuditDays(ctx, web.Actor(c), days); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "settings.saved"))
	return web.Redirect(c, link.SettingsAudit())
}

// Bounds of the retention. A log that a brand admin could empty within days would not be one.
const (
	minAuditDays = 30
	maxAuditDays = 3650
)

const (
	auditFileTimeout = 5 * time.Minute
	// mostAuditLines ends a file that would be too long for any program that opens it.
	mostAuditLines = 200_000
)

// download gives the lines of a filter as CSV, page by page, so that a long log needs no more memory than a short one.
func (h *audit) download(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in settingspages.AuditFilter
	filter, wrong := auditFilter(c, &in)
	if len(wrong) > 0 {
		return models.Invalid(wrong...)
	}
	filter.Limit = store.MaxPage
	if err := h.store.Audit(ctx, actor, models.AuditEntry{Action: models.AuditExport, Object: models.ExportAudit}); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	header.Set(echo.HeaderContentDisposition, `attachment; filename="audit-log.csv"`)
	header.Set("Cache-Control", "no-store")
	out := csv.NewWriter(c.Response())
	if err := out.Write([]string{"time", "person", "email", "token", "address", "action", "object", "name", "detail"}); err != nil {
		return err
	}
	for n := 0; n < mostAuditLines; n += store.MaxPage {
		rows, next, err := h.store.AuditLog(ctx, actor, filter)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := out.Write(auditRecord(ctx, &rows[i])); err != nil {
				return err
			}
		}
		if filter.Before = next; next == "" {
			break
		}
	}
	out.Flush()
	return out.Error()
}

// auditRecord is a line as it stands in a file.
func auditRecord(ctx context.Context, r *store.AuditRow) []string {
	who, _ := r.Person()
	name, token := "", r.TokenID
	if who.ID != "" {
		name = who.Name()
	}
	if r.TokenName != nil {
		token = *r.TokenName
	}
	details := make([]string, 0, len(r.Detail.V))
	for _, d := range settingspages.AuditDetails(ctx, &r.AuditEntry) {
		details = append(details, d.Label+": "+d.Value)
	}
	record := []string{r.At.Format(time.RFC3339), name, who.Email, token, r.IP, string(r.Action), r.Object, r.Name, strings.Join(details, "; ")}
	for i := range record {
		record[i] = defused(record[i])
	}
	return record
}

// defused is models.DefuseCell.
func defused(cell string) string { return models.DefuseCell(cell) }
