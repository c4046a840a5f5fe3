package handlers

import (
	"github.com/labstack/echo/v4"

	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/runpages"
)

// exportAtOnce is how many runs are written while somebody waits; more become a job with a file.
const exportAtOnce = 2000

// export writes the runs that a filter finds as a file: at once, or as a job when they are many.
func (h *runs) export(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := runpages.RunsProps{Filter: readFilter(c)}
	p.Filter.After = ""
	filter, wrong := h.filter(ctx, &p.Filter)
	if len(wrong) > 0 {
		return models.Invalid(wrong...)
	}
	n, err := h.store.CountRuns(ctx, actor, filter)
	if err != nil {
		return err
	}
	if n == 0 {
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(ctx, "job.none_chosen")})
		return web.Redirect(c, link.Runs())
	}
	if err := h.store.Audit(ctx, actor, models.AuditEntry{Action: models.AuditExport, Object: models.ExportRuns}); err != nil {
		return err
	}
	format := workflow.ExportCSV
	if web.Query(c, "format") == string(workflow.ExportJSON) {
		format = workflow.ExportJSON
	}
	if n > exportAtOnce {
		j, err := workflow.ExportRuns(ctx, h.store, actor, filter, format)
		if err != nil {
			return err
		}
		return web.Redirect(c, link.Job(j.ID))
	}
	attach(c, format.ContentType(), format.ExportName(h.clock.Now()))
	return workflow.Export{Row: apiv3.RunJSON, Format: format}.Write(ctx, h.store, actor, filter, c.Response())
}
