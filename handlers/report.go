package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/reportpages"
)

// reports are the results of a survey, its detailed report, and files made of it.
type reports struct {
	store   *store.Store
	surveys *survey.Service
	reports *report.Service
	clock   clock.Clock
}

// reportRoutes are the rows of reports.
func reportRoutes(d Deps) []web.Route {
	h := &reports{store: d.Store, surveys: d.Surveys, reports: d.Reports, clock: d.Clock}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternSurveyReports, h.results),
		page(get, link.PatternSurveyReportTexts, h.texts),
		page(get, link.PatternSurveyReportDetails, h.details),
		page(get, link.PatternSurveyReportExport, h.newExport),
		page(post, link.PatternSurveyReportExport, h.export),
	}
}

// reportRows is how many responses a page of the detailed report has.
const reportRows = 50

// readReport reads the filter of a report. What is no filter is told and left out.
func readReport(q url.Values, zone *time.Location) (f reportpages.ReportFilter, from, to time.Time, wrong []models.FieldError) {
	text := func(name string) string { return models.CleanText(q.Get(name)) }
	f = reportpages.ReportFilter{From: text("from"), To: text("to"), Oldest: text("order") == "oldest"}
	if states, ok := report.ParseStates(text("state")); !ok {
		wrong = append(wrong, models.Field("state", "report.error.state"))
	} else if len(states) == 1 {
		f.State = states[0]
	}
	for _, key := range q["col"] {
		if key = models.CleanText(key); key != "" && !slices.Contains(f.Columns, key) {
			f.Columns = append(f.Columns, key)
		}
	}
	day := func(field string, value *string) time.Time {
		if *value == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, *value, zone)
		if err != nil || t.Year() < 1970 || t.Year() > 9000 {
			wrong = append(wrong, models.Field(field, "report.error.day"))
			*value = ""
			return time.Time{}
		}
		return t
	}
	from = day("from", &f.From)
	if to = day("to", &f.To); !to.IsZero() {
		to = to.AddDate(0, 0, 1)
		if !from.IsZero() && !from.Before(to) {
			wrong = append(wrong, models.Field("to", "report.error.period"))
			f.To, to = "", time.Time{}
		}
	}
	return f, from, to, wrong
}

// stateList gives the states that a filter means.
func stateList(state models.ResponseState) []models.ResponseState {
	if state == "" {
		return nil
	}
	return []models.ResponseState{state}
}

// details shows one row for each response, with the columns that the visitor chose.
func (h *reports) details(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	p := reportpages.ReportDetailsProps{Survey: *s}
	var from, to time.Time
	p.Filter, from, to, p.Errors = readReport(c.QueryParams(), i18n.Zone(ctx))
	v, err := h.reports.View(ctx, s, report.ViewQuery{
		States: stateList(p.Filter.State), From: from, To: to, Oldest: p.Filter.Oldest, Columns: p.Filter.Columns, After: web.PageOf(c).Before, Limit: reportRows,
	})
	if err != nil {
		return err
	}
	counts, err := h.store.ResponseCounts(ctx, s.ID)
	if err != nil {
		return err
	}
	l, err := h.reports.Layout(ctx, s)
	if err != nil {
		return err
	}
	p.Counts, p.Pager, p.More, p.Anonymous = counts[s.ID], pager(c, v.Next), v.More, l.Anonymous()
	column := func(c *report.Column) reportpages.ReportColumn {
		return reportpages.ReportColumn{
			Key: c.Key, Name: c.Name, Text: c.Text, Group: string(c.Group), Number: c.Numeric,
			Shown: slices.ContainsFunc(v.Columns, func(shown report.Column) bool { return shown.Key == c.Key }),
		}
	}
	for i := range v.All {
		p.All = append(p.All, column(&v.All[i]))
	}
	for i := range v.Columns {
		p.Columns = append(p.Columns, column(&v.Columns[i]))
	}
	for _, r := range v.Rows {
		row := reportpages.ReportRow{ID: r.ID, Cells: make([]string, len(r.Cells))}
		for i := range r.Cells {
			switch at := r.Cells[i].At; {
			case at == nil:
				row.Cells[i] = r.Cells[i].Words()
			case p.Anonymous:
				row.Cells[i] = i18n.Date(i18n.WithZone(ctx, time.UTC), *at)
			default:
				row.Cells[i] = i18n.Time(ctx, *at)
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, reportpages.ReportDetails(p))
}

// exportForm is the form that makes a file.
type exportForm struct {
	Format  string `form:"format"`
	Show    string `form:"show"`
	Headers string `form:"headers"`
	Split   bool   `form:"split"`
	BOM     bool   `form:"bom"`
	Zone    string `form:"timeZone"`
	Only    bool   `form:"only"`
}

// newExport offers to save responses as a file: those of the report that the visitor comes from.
func (h *reports) newExport(c echo.Context) error {
	zone := i18n.Zone(c.Request().Context())
	f, _, _, wrong := readReport(c.QueryParams(), zone)
	return h.renderExport(c, http.StatusOK, f, reportpages.ReportExportForm{
		Format: string(report.FormatXLSX), Show: string(report.ShowLabels), Headers: string(report.HeaderNames), BOM: true, Zone: zone.String(), Only: len(f.Columns) > 0,
	}, wrong)
}

func (h *reports) renderExport(c echo.Context, status int, f reportpages.ReportFilter, form reportpages.ReportExportForm, wrong []models.FieldError) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	p := reportpages.ReportExportProps{Survey: *s, Filter: f, Form: form, Zones: zones(), Errors: wrong}
	for _, format := range report.Formats {
		p.Formats = append(p.Formats, string(format))
	}
	counts, err := h.store.ResponseCounts(ctx, s.ID)
	if err != nil {
		return err
	}
	p.Counts = counts[s.ID]
	def := &s.Draft.V
	if s.Version > 0 {
		if def, err = h.surveys.Definition(ctx, s.ID, s.Version); err != nil {
			return err
		}
	}
	p.Unprintable = !report.PrintableSurvey(def)
	recent, err := h.store.JobsAbout(ctx, actor, s.ID, models.JobExportResponses, recentExports)
	if err != nil {
		return err
	}
	for i := range recent {
		p.Recent = append(p.Recent, frame.JobItem{Job: recent[i].Job, OwnerName: recent[i].OwnerName, Canceling: recent[i].Canceling})
	}
	return web.Render(c, status, reportpages.ReportExport(p))
}

// recentExports is how many files the page names.
const recentExports = 5

// export makes a file: at once when it is a small one, else as a job.
func (h *reports) export(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	var form exportForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	values, err := web.Values(c)
	if err != nil {
		return err
	}
	zone, zoneErr := time.LoadLocation(form.Zone)
	if zoneErr != nil || form.Zone == "Local" {
		zone = time.UTC
	}
	f, from, to, wrong := readReport(values, zone)
	o := report.Options{
		Format: report.Format(form.Format), Show: report.Show(form.Show), Headers: report.Headers(form.Headers), Split: form.Split, BOM: form.BOM, Defuse: true,
		Zone: form.Zone, States: stateList(f.State), From: from, To: to,
	}
	if form.Only && len(f.Columns) > 0 {
		o.Columns = f.Columns
	}
	again := func(wrong []models.FieldError) error {
		return h.renderExport(c, http.StatusUnprocessableEntity, f, reportpages.ReportExportForm{
			Format: form.Format, Show: form.Show, Headers: form.Headers, Split: form.Split, BOM: form.BOM, Zone: form.Zone, Only: form.Only,
		}, wrong)
	}
	if len(wrong) > 0 {
		return again(wrong)
	}
	small, err := h.reports.Small(ctx, actor, id, o)
	if e, ok := domainError(err); ok && e.Code == models.CodeInvalid {
		return again(e.Fields)
	}
	switch {
	case err != nil:
		return err
	case small == nil:
		j, err := h.reports.Start(ctx, actor, id, o)
		if err != nil {
			return err
		}
		return web.Redirect(c, link.Job(j.ID))
	case small.Rows == 0:
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(ctx, "report.error.nothing")})
		return web.Redirect(c, link.SurveyReportExport(id))
	}
	attach(c, small.ContentType, small.Name)
	return small.Write(c.Response())
}
