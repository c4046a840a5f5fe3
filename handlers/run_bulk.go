package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/runpages"
)

// readFilter reads what a list of runs is limited to from the address.
func readFilter(c echo.Context) runpages.RunsFilter {
	return runpages.RunsFilter{
		Status: runStatus(web.Query(c, "status")), Search: cutRunes(web.Query(c, "q"), 200), Workflow: web.Query(c, "workflow"), Survey: web.Query(c, "survey"),
		Period: runPeriod(web.Query(c, "period")), From: web.Query(c, "from"), To: web.Query(c, "to"), After: web.PageOf(c).Before,
	}
}

// bulkPage reads from the address which runs something is to be done with: those that are named, or all that a filter finds.
func (h *runs) bulkPage(c echo.Context) (runpages.RunsBulkProps, workflow.Selection, error) {
	ctx := c.Request().Context()
	p := runpages.RunsBulkProps{RunsProps: runpages.RunsProps{Filter: readFilter(c)}, Do: web.Query(c, "do"), IDs: c.QueryParams()["run"], All: web.Query(c, "all") != ""}
	p.Filter.After = ""
	if !slices.Contains(runpages.BulkActions, p.Do) {
		return p, workflow.Selection{}, nil
	}
	if !p.All {
		p.IDs = p.IDs[:min(len(p.IDs), store.MaxPage)]
		p.Filter = runpages.RunsFilter{}
		p.Count = int64(len(p.IDs))
		return p, workflow.Selection{IDs: p.IDs}, nil
	}
	p.IDs = nil
	if err := h.fillChoices(c, &p.RunsProps); err != nil {
		return p, workflow.Selection{}, err
	}
	filter, wrong := h.filter(ctx, &p.Filter)
	if p.Errors = wrong; len(wrong) > 0 {
		return p, workflow.Selection{}, models.Invalid(wrong...)
	}
	switch p.Do {
	case runpages.BulkReplay:
		filter.Ended = true
	case runpages.BulkCancel:
		if filter.Status == "" {
			filter.Status = models.RunOpen
		}
	case runpages.BulkPlay:
		filter.Status = models.RunScheduled
	}
	var err error
	p.Count, err = h.store.CountRuns(ctx, web.Actor(c), filter)
	return p, workflow.Selection{Filter: filter}, err
}

// bulk shows what is about to be done with several runs, and how.
func (h *runs) bulk(c echo.Context) error {
	p, _, err := h.bulkPage(c)
	if err != nil {
		return err
	}
	if p.Count == 0 {
		return noneChosen(c, p)
	}
	p.From, p.Revision = "start", "current"
	return web.Render(c, http.StatusOK, runpages.RunsBulk(p))
}

// noneChosen leads back to the list where there is nothing to do.
func noneChosen(c echo.Context, p runpages.RunsBulkProps) error {
	web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(c.Request().Context(), "job.none_chosen")})
	return web.Redirect(c, p.Back())
}

// startBulk begins it.
func (h *runs) startBulk(c echo.Context) error {
	p, sel, err := h.bulkPage(c)
	if err != nil {
		return err
	}
	if p.Count == 0 {
		return noneChosen(c, p)
	}
	var in struct {
		From     string `form:"from"`
		Revision string `form:"revision"`
		Pace     string `form:"pace"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p.From, p.Revision, p.Pace = in.From, in.Revision, in.Pace
	ctx, actor := c.Request().Context(), web.Actor(c)
	var j *models.Job
	switch p.Do {
	case runpages.BulkReplay:
		j, err = workflow.ReplayRuns(ctx, h.store, actor, sel, workflow.BulkReplay{
			ReplayOptions: workflow.ReplayOptions{FromFailed: in.From == "failedTask", Original: in.Revision == "original"}, PerSecond: pace(in.Pace),
		})
	case runpages.BulkCancel:
		j, err = workflow.CancelRuns(ctx, h.store, actor, sel)
	default:
		j, err = workflow.PlayRuns(ctx, h.store, actor, sel)
	}
	if fields, status, refused := web.Refused(c, err); refused {
		p.Errors = fields
		return web.Render(c, status, runpages.RunsBulk(p))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Job(j.ID))
}

// pace reads a pace per second: 0 for nothing, and -1, which is refused, for what is no number.
func pace(text string) int {
	if text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return -1
}
