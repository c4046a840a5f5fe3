package handlers

import (
	"cmp"
	"context"
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
	"surveyflow/views/components"
	"surveyflow/views/runpages"
)

// runs are the pages of the history of runs.
type runs struct {
	store     *store.Store
	clock     clock.Clock
	retention time.Duration // how long runs are kept when the organisation says nothing else; 0 keeps them
}

// runRoutes are the rows of runs.
func runRoutes(d Deps) []web.Route {
	h := &runs{store: d.Store, clock: d.Clock, retention: d.Retention}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternRuns, h.list),
		page(get, link.PatternWorkflowRuns, h.list),
		page(get, link.PatternRunsBulk, h.bulk),
		page(post, link.PatternRunsBulk, h.startBulk),
		page(post, link.PatternRunsExport, h.export),
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
	p := runpages.RunsProps{Filter: readFilter(c)}
	p.Oldest, p.Today = h.kept(c)
	if err := h.fillChoices(c, &p); err != nil {
		return err
	}
	filter, wrong := h.filter(ctx, &p.Filter)
	p.Errors = wrong
	rows, next, err := h.store.Runs(ctx, actor, filter)
	if err != nil {
		return err
	}
	p.Older = next
	for i := range rows {
		p.Items = append(p.Items, runItem(&rows[i]))
	}
	if err := waitsOf(ctx, h.store, rows, p.Items); err != nil {
		return err
	}
	if p.Refused, err = h.store.CountRefusals(ctx, actor, store.RefusalFilter{WorkflowID: filter.WorkflowID, SurveyID: filter.SurveyID, From: filter.From}); err != nil {
		return err
	}
	if filter.Search == "" {
		if p.Counts, err = h.store.RunCounts(ctx, actor, filter); err != nil {
			return err
		}
		p.Counted = true
	}
	if p.Filter.After == "" {
		hours, err := h.store.RunHours(ctx, actor, filter)
		if err != nil {
			return err
		}
		p.Chart = runChart(hours, filter, i18n.Zone(ctx), h.clock.Now())
	}
	return h.renderList(c, p, rows)
}

// kept gives the first and the last day of which there can be runs, where the person is.
func (h *runs) kept(c echo.Context) (oldest, today string) {
	now, zone := h.clock.Now(), i18n.Zone(c.Request().Context())
	keep := h.retention
	if days := web.Organisation(c).RetentionDays; days > 0 {
		keep = time.Duration(days) * 24 * time.Hour
	}
	if keep > 0 {
		oldest = now.Add(-keep).In(zone).Format(time.DateOnly)
	}
	return oldest, now.In(zone).Format(time.DateOnly)
}

// filter reads the filter as the store takes it, and tells what of it is wrong: that part is left out.
func (h *runs) filter(ctx context.Context, in *runpages.RunsFilter) (store.RunFilter, []models.FieldError) {
	out := store.RunFilter{
		WorkflowID: in.Workflow, SurveyID: in.Survey, Status: models.RunStatus(in.Status), Search: in.Search, Page: store.Page{Before: in.After},
	}
	var wrong []models.FieldError
	if n := len([]rune(out.Search)); n > 0 && n < store.MinSearch {
		wrong = append(wrong, models.Field("q", "run.error.search_short", "Min", store.MinSearch))
		out.Search = ""
	}
	switch in.Period {
	case "24h":
		out.From = h.clock.Now().Add(-24 * time.Hour)
	case "7d":
		out.From = h.clock.Now().Add(-7 * 24 * time.Hour)
	case runpages.RunPeriodDays:
		return out, append(wrong, readDays(i18n.Zone(ctx), in, &out)...)
	}
	in.From, in.To = "", ""
	return out, wrong
}

// readDays reads the first and the last day of a period, as they are where the person is. One of them may be missing.
func readDays(zone *time.Location, in *runpages.RunsFilter, out *store.RunFilter) []models.FieldError {
	var wrong []models.FieldError
	day := func(field, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil || t.Year() < 2000 || t.Year() > 9000 {
			wrong = append(wrong, models.Field(field, "run.error.day"))
			return time.Time{}
		}
		return t
	}
	out.From = day("from", in.From)
	if last := day("to", in.To); !last.IsZero() {
		out.To = last.AddDate(0, 0, 1)
		if !out.From.IsZero() && !out.From.Before(out.To) {
			wrong = append(wrong, models.Field("to", "run.error.days_order"))
			out.To = time.Time{}
		}
	}
	return wrong
}

func (h *runs) renderList(c echo.Context, p runpages.RunsProps, rows []store.RunRow) error {
	p.Seen = listFingerprint(rows, p.Counts)
	p.Active = slices.ContainsFunc(p.Items, func(r runpages.RunItem) bool {
		return r.Status == models.RunRunning || r.Status == models.RunScheduled && r.Held == "" && r.DueAt.Before(h.clock.Now().Add(time.Minute))
	})
	if web.IsFragment(c) {
		if c.QueryParam("seen") == p.Seen {
			return c.NoContent(http.StatusNoContent)
		}
		return web.Render(c, http.StatusOK, runpages.RunsList(p))
	}
	status := http.StatusOK
	if len(p.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, runpages.Runs(p))
}

// fillChoices fills in whose runs are listed and what the filter offers.
func (h *runs) fillChoices(c echo.Context, p *runpages.RunsProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	if id := c.Param("workflowID"); id != "" {
		w, err := h.store.Workflow(ctx, actor, id)
		if err != nil {
			return err
		}
		head := headOf(w)
		names, err := surveyNames(ctx, h.store, actor, []models.Workflow{*w})
		if err != nil {
			return err
		}
		head.SurveyName = names[head.SurveyID]
		p.Head, p.Filter.Workflow, p.Filter.Survey = &head, id, ""
		return nil
	}
	all, _, err := h.store.Workflows(ctx, actor, store.WorkflowFilter{Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return err
	}
	names, err := surveyNames(ctx, h.store, actor, all)
	if err != nil {
		return err
	}
	for _, w := range all {
		p.Workflows = append(p.Workflows, components.Option{Value: w.ID, Label: w.Name})
	}
	for id, name := range names {
		if name != "" {
			p.Surveys = append(p.Surveys, components.Option{Value: id, Label: name})
		}
	}
	if p.Workflows, err = h.chosen(p.Workflows, p.Filter.Workflow, func(id string) (string, error) {
		w, err := h.store.Workflow(ctx, actor, id)
		if err != nil {
			return "", err
		}
		return w.Name, nil
	}); err != nil {
		return err
	}
	p.Surveys, err = h.chosen(p.Surveys, p.Filter.Survey, func(id string) (string, error) {
		v, err := h.store.Survey(ctx, actor, id)
		if err != nil {
			return "", err
		}
		return v.Name, nil
	})
	return err
}

// chosen sorts the options by their names, and adds the chosen one where the list was too long for it. One that was
// deleted goes by its id: its runs are still there.
func (h *runs) chosen(options []components.Option, id string, name func(id string) (string, error)) ([]components.Option, error) {
	if id != "" && !slices.ContainsFunc(options, func(o components.Option) bool { return o.Value == id }) {
		label, err := name(id)
		if err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
		options = append(options, components.Option{Value: id, Label: cmp.Or(label, cutRunes(id, 40))})
	}
	slices.SortFunc(options, func(a, b components.Option) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), cmp.Compare(a.Value, b.Value))
	})
	return options, nil
}

// runStatus gives a status that a list can be filtered by; empty for any other word.
func runStatus(word string) string {
	if slices.Contains(models.RunStatuses, models.RunStatus(word)) {
		return word
	}
	return ""
}

func runPeriod(word string) string {
	if slices.Contains(runpages.RunPeriods, word) {
		return word
	}
	return ""
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
		add(r.ID, string(r.Display()), strconv.Itoa(r.Attempts), strconv.Itoa(r.Retries), r.WorkflowName)
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
func runItem(r *store.RunRow) runpages.RunItem {
	item := runpages.RunItem{
		ID: r.ID, Status: r.Display(), Test: r.Test, Replay: r.ReplayOf != nil, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName,
		WorkflowDeleted: r.WorkflowDeleted, CreatedAt: r.CreatedAt, Retries: r.Retries, Error: models.DecodeRunError(r.Error),
		Anonymous: r.EventType == models.EventSurveyResponse && r.ResponseID == nil,
	}
	if r.ResponseID != nil {
		item.ResponseID = *r.ResponseID
	}
	switch {
	case r.PersonName != nil && *r.PersonName != "":
		item.Person = runpages.PersonName(*r.PersonName)
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
	run, err := workflow.Replay(ctx, h.store, web.Actor(c), c.Param("runID"), workflow.ReplayOptions{
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
