package handlers

import (
	"cmp"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views"
	"surveyflow/views/components"
)

// runs are the pages of the history of runs.
type runs struct {
	store *store.Store
	clock clock.Clock
}

// runRoutes are the rows of runs.
func runRoutes(d Deps) []web.Route {
	h := &runs{store: d.Store, clock: d.Clock}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternRuns, h.list),
		page(get, link.PatternWorkflowRuns, h.list),
		page(get, link.PatternRun, h.show),
		page(post, link.PatternRunReplay, h.replay),
		page(post, link.PatternRunCancel, h.cancel),
		page(post, link.PatternRunPlay, h.play),
	}
}

// list shows the runs of one workflow or of all. A page that refreshes itself names what it shows; it is answered 204
// while that is still so.
func (h *runs) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := views.RunsProps{Filter: views.RunsFilter{
		Status: runStatus(web.Query(c, "status")), Search: cutRunes(web.Query(c, "q"), 200), Workflow: web.Query(c, "workflow"), Period: runPeriod(web.Query(c, "period")),
		After: web.PageOf(c).Before,
	}}
	workflows, err := h.workflowsOf(c, &p)
	if err != nil {
		return err
	}
	filter := store.RunFilter{
		WorkflowID: p.Filter.Workflow, Status: models.RunStatus(p.Filter.Status), Search: p.Filter.Search, From: h.since(p.Filter.Period),
		Page: store.Page{Before: p.Filter.After},
	}
	if n := len([]rune(filter.Search)); n > 0 && n < store.MinSearch {
		p.Errors = []models.FieldError{models.Field("q", "run.error.search_short", "Min", store.MinSearch)}
		filter.Search = ""
	}
	rows, next, err := h.store.Runs(ctx, actor, filter)
	if err != nil {
		return err
	}
	p.Older = next
	for i := range rows {
		p.Items = append(p.Items, runItem(&rows[i]))
	}
	if p.Filter.Search == "" {
		if p.Counts, err = h.store.RunCounts(ctx, filter.From, workflows...); err != nil {
			return err
		}
		p.Counted = true
	}
	return h.renderList(c, p, rows)
}

func (h *runs) renderList(c echo.Context, p views.RunsProps, rows []store.RunRow) error {
	p.Seen = listFingerprint(rows, p.Counts)
	p.Active = slices.ContainsFunc(p.Items, func(r views.RunItem) bool {
		return r.Status == models.RunRunning || r.Status == models.RunScheduled && r.Held == "" && r.DueAt.Before(h.clock.Now().Add(time.Minute))
	})
	if web.IsFragment(c) {
		if c.QueryParam("seen") == p.Seen {
			return c.NoContent(http.StatusNoContent)
		}
		return web.Render(c, http.StatusOK, views.RunsList(p))
	}
	status := http.StatusOK
	if len(p.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, views.Runs(p))
}

// workflowsOf fills in whose runs are listed, and gives the ids of the workflows to count.
func (h *runs) workflowsOf(c echo.Context, p *views.RunsProps) ([]string, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	if id := c.Param("workflowID"); id != "" {
		w, err := h.store.Workflow(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		head := headOf(w)
		names, err := surveyNames(ctx, h.store, actor, []models.Workflow{*w})
		if err != nil {
			return nil, err
		}
		head.SurveyName = names[head.SurveyID]
		p.Head, p.Filter.Workflow = &head, id
		return []string{id}, nil
	}
	all, _, err := h.store.Workflows(ctx, actor, store.WorkflowFilter{Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b models.Workflow) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	var ids []string
	known := false
	for _, w := range all {
		p.Workflows = append(p.Workflows, components.Option{Value: w.ID, Label: w.Name})
		if p.Filter.Workflow == "" || p.Filter.Workflow == w.ID {
			ids = append(ids, w.ID)
			known = true
		}
	}
	if !known {
		ids = []string{p.Filter.Workflow} // a deleted one: its runs are still there
	}
	return ids, nil
}

// runStatus gives a status that a list can be filtered by; empty for any other word.
func runStatus(word string) string {
	if slices.Contains(models.RunStatuses, models.RunStatus(word)) {
		return word
	}
	return ""
}

func runPeriod(word string) string {
	if slices.Contains(views.RunPeriods, word) {
		return word
	}
	return ""
}

// since gives where a period begins; the zero time for all.
func (h *runs) since(period string) time.Time {
	switch period {
	case "24h":
		return h.clock.Now().Add(-24 * time.Hour)
	case "7d":
		return h.clock.Now().Add(-7 * 24 * time.Hour)
	}
	return time.Time{}
}

// listFingerprint is the same as long as a list shows the same.
func listFingerprint(rows []store.RunRow, counts map[models.RunStatus]int64) string {
	f := fnv.New64a()
	add := func(texts ...string) {
		for _, t := range texts {
			_, _ = f.Write([]byte(t + "\x00"))
		}
	}
	for i := range rows {
		r := &rows[i]
		add(r.ID, string(r.Display()), strconv.Itoa(r.Attempts), r.WorkflowName)
		if r.DueAt != nil {
			add(strconv.FormatInt(*r.DueAt, 10))
		}
	}
	for _, s := range models.RunStatuses {
		add(strconv.FormatInt(counts[s], 10))
	}
	return strconv.FormatUint(f.Sum64(), 36)
}

// runItem is one line of a list of runs.
func runItem(r *store.RunRow) views.RunItem {
	item := views.RunItem{
		ID: r.ID, Status: r.Display(), Test: r.Test, Replay: r.ReplayOf != nil, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName,
		WorkflowDeleted: r.WorkflowDeleted, CreatedAt: r.CreatedAt, Attempts: r.Attempts, Error: models.DecodeRunError(r.Error),
		Anonymous: r.EventType == models.EventSurveyResponse && r.ResponseID == nil,
	}
	if r.ResponseID != nil {
		item.ResponseID = *r.ResponseID
	}
	switch {
	case r.PersonName != nil && *r.PersonName != "":
		item.Person = views.PersonName(*r.PersonName)
	case r.PersonEmail != nil:
		item.Person = *r.PersonEmail
	}
	if r.FinishedAt != nil {
		item.Duration = r.FinishedAt.Sub(r.CreatedAt)
	}
	if r.DueAt != nil {
		item.DueAt = time.UnixMicro(*r.DueAt).UTC()
	}
	if r.Hold != nil {
		item.Held = *r.Hold
	}
	return item
}

func (h *runs) replay(c echo.Context) error {
	var in struct {
		From     string `form:"from"`
		Revision string `form:"revision"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	run, err := workflow.Replay(ctx, h.store, h.clock, web.Actor(c), c.Param("runID"), workflow.ReplayOptions{
		FromFailed: in.From == "failedTask", Original: in.Revision == "original",
	})
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "run.replayed"))
	return web.Redirect(c, link.Run(run.ID))
}

func (h *runs) cancel(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("runID")
	if err := h.store.CancelRun(ctx, actor, id); err != nil {
		return h.explain(c, id, err)
	}
	said := "run.canceled"
	if d, err := h.store.Run(ctx, actor, id); err == nil && d.Status == models.RunOpen {
		said = "run.cancel.asked"
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, link.Run(id))
}

func (h *runs) play(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("runID")
	if err := h.store.PlayRun(ctx, web.Actor(c), id); err != nil {
		return h.explain(c, id, err)
	}
	web.FlashOK(c, i18n.T(ctx, "run.played"))
	return web.Redirect(c, link.Run(id))
}

// explain leads back to a run that went on or ended while its page was open, and says so.
func (h *runs) explain(c echo.Context, id string, err error) error {
	e, ok := domainError(err)
	if !ok || e.Code != models.CodeConflict {
		return err
	}
	web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.TMap(c.Request().Context(), e.Key, e.Args)})
	return web.Redirect(c, link.Run(id))
}
