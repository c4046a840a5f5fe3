package handlers

import (
	"context"
	"errors"
	"net/http"
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
	"surveyflow/views/frame"
	"surveyflow/views/runpages"
	"surveyflow/views/workflowpages"
)

// failing are the pages about what goes wrong: receivers that are down, events that were refused.
type failing struct {
	store     *store.Store
	clock     clock.Clock
	retention time.Duration
}

// failingRoutes are the rows of what goes wrong.
func failingRoutes(d Deps) []web.Route {
	h := &failing{store: d.Store, clock: d.Clock, retention: d.Retention}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternWorkflowRefused, h.refused),
		page(get, link.PatternHosts, h.hosts),
		page(post, link.PatternHostTry, h.try),
	}
}

// refusedShown is how many lines of refused events a page shows: one for each hour and reason.
const refusedShown = 200

// refused shows the events that started no run of a workflow.
func (h *failing) refused(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	w, err := h.store.Workflow(ctx, actor, c.Param("workflowID"))
	if err != nil {
		return err
	}
	p := workflowpages.RefusedProps{Head: headOf(w), Days: int(h.retention / (24 * time.Hour))}
	if org, err := h.store.Organisation(ctx, actor); err == nil && org.RetentionDays > 0 {
		p.Days = org.RetentionDays
	}
	if err := nameSurvey(ctx, h.store, actor, &p.Head); err != nil {
		return err
	}
	p.Items, err = h.store.Refusals(ctx, actor, store.RefusalFilter{WorkflowID: w.ID}, refusedShown)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, workflowpages.Refused(p))
}

// nameSurvey fills in the name of the survey that a workflow belongs to.
func nameSurvey(ctx context.Context, s *store.Store, actor models.Actor, head *frame.WorkflowHead) error {
	if head.SurveyID == "" {
		return nil
	}
	v, err := s.Survey(ctx, actor, head.SurveyID)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil
	}
	if err == nil {
		head.SurveyName = v.Name
	}
	return err
}

// hosts shows the receivers that are failing, or that runs are held for.
func (h *failing) hosts(c echo.Context) error {
	all, err := h.store.Hosts(c.Request().Context(), web.Actor(c))
	if err != nil {
		return err
	}
	items := make([]workflowpages.HostItem, len(all))
	for i := range all {
		items[i] = hostItem(&all[i])
	}
	return web.Render(c, http.StatusOK, workflowpages.Hosts(items))
}

func hostItem(r *store.HostRow) workflowpages.HostItem {
	item := workflowpages.HostItem{
		Host: r.Host.Host, Failing: r.Breaker == models.BreakerOpen, Failures: r.Failures, Error: models.DecodeRunError(r.Error), Held: r.Held,
	}
	if item.Error != nil {
		item.Error.Detail = ""
	}
	if r.OpenedAt != nil {
		item.Since = time.UnixMicro(*r.OpenedAt).UTC()
	}
	if r.RetryAt != nil {
		item.Next = time.UnixMicro(*r.RetryAt).UTC()
	}
	return item
}

// try has the next probe of a receiver made now.
func (h *failing) try(c echo.Context) error {
	ctx := c.Request().Context()
	err := h.store.TryHost(ctx, web.Actor(c), c.FormValue("host"))
	switch code := models.ErrorCode(err); {
	case code == models.CodeConflict || code == models.CodeNotFound: // it is back, and may have left the list
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(ctx, "hosts.error.not_failing")})
	case err != nil:
		return err
	default:
		web.FlashOK(c, i18n.T(ctx, "hosts.tried"))
	}
	return web.Redirect(c, link.Hosts())
}

// waitsOf tells of the runs that are held for receivers how those do.
func waitsOf(ctx context.Context, s *store.Store, rows []store.RunRow, items []runpages.RunItem) error {
	var names []string
	for i := range rows {
		if rows[i].Host != nil && rows[i].Hold != nil && *rows[i].Hold == models.HoldHost {
			names = append(names, *rows[i].Host)
		}
	}
	if len(names) == 0 {
		return nil
	}
	hosts, err := s.HostsNamed(ctx, rows[0].OrgID, names)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Host == nil || items[i].Held != models.HoldHost {
			continue
		}
		wait := &runpages.HostWait{Host: *rows[i].Host}
		if h, known := hosts[wait.Host]; known && h.Breaker == models.BreakerOpen {
			wait.Failing = true
			if h.RetryAt != nil {
				wait.Next = time.UnixMicro(*h.RetryAt).UTC()
			}
		}
		items[i].Wait = wait
	}
	return nil
}

// offOf tells why a workflow switched itself off, and what waits; nil when it did not.
func (h *workflows) offOf(ctx context.Context, actor models.Actor, w *models.Workflow) (*workflowpages.WorkflowOff, error) {
	if !w.OffByItself() {
		return nil, nil
	}
	p := &workflowpages.WorkflowOff{ID: w.ID, Reason: models.DecodeRunError(w.OffReason)}
	if w.OffAt != nil {
		p.Since = *w.OffAt
	}
	var err error
	if p.Held, err = h.store.HeldOff(ctx, w.ID); err != nil {
		return nil, err
	}
	filter, err := h.failedSince(ctx, w.ID)
	if err == nil && filter != nil {
		p.Failed, err = h.store.CountRuns(ctx, actor, *filter)
	}
	return p, err
}

// failedSince chooses the runs of a workflow that failed since it began to; nil when it did not.
func (h *workflows) failedSince(ctx context.Context, id string) (*store.RunFilter, error) {
	health, err := h.store.Health(ctx, id)
	if err != nil || health == nil || health.FailingSince == nil {
		return nil, err
	}
	// A run was made before it failed; a retry schedule may take a day.
	return &store.RunFilter{WorkflowID: id, Status: models.RunFailed, From: health.FailingSince.Add(-24 * time.Hour)}, nil
}

// turnOn turns a workflow on, as asked for with what was held and with what failed meanwhile.
func (h *workflows) turnOn(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("workflowID")
	failed, err := h.failedSince(ctx, id)
	if err != nil {
		return err
	}
	said := i18n.T(ctx, "workflow.enabled")
	if c.FormValue("held") == "cancel" {
		n, err := h.store.TurnOnCanceling(ctx, actor, id)
		if err != nil {
			return err
		}
		if n > 0 {
			said += " " + i18n.T(ctx, "workflow.deleted.runs", "Count", n)
		}
	} else if err := h.store.SetWorkflowEnabled(ctx, actor, id, true); err != nil {
		return err
	}
	if c.FormValue("replay") != "" && failed != nil {
		j, err := workflow.ReplayRuns(ctx, h.store, actor, workflow.Selection{Filter: *failed}, workflow.BulkReplay{})
		switch {
		case models.ErrorCode(err) == models.CodeConflict: // nothing is left to replay
		case err != nil:
			return err
		default:
			said += " " + i18n.T(ctx, "workflow.off.replaying", "Count", j.Total)
		}
	}
	web.FlashOK(c, said)
	return web.Redirect(c, link.Workflow(id))
}

// saveOffAfter says after how many failed runs a workflow switches itself off.
func (h *workflows) saveOffAfter(c echo.Context) error {
	ctx := c.Request().Context()
	typed := strings.TrimSpace(c.FormValue("switchOffAfter"))
	n, err := strconv.Atoi(typed)
	switch {
	case typed == "":
		n, err = 0, nil
	case err != nil || n < 1:
		n = -1
	}
	if err == nil || n < 0 {
		err = h.store.SetOffAfter(ctx, web.Actor(c), c.Param("workflowID"), n)
	}
	if problem, ok := errors.AsType[*models.Error](err); ok && problem.Code == models.CodeInvalid {
		e, err := h.open(c)
		if err != nil {
			return err
		}
		return h.renderSettingsWith(c, http.StatusUnprocessableEntity, e, func(p *workflowpages.WorkflowSettingsProps) {
			p.OffAfter = workflowpages.WorkflowOffAfter{Failures: cutRunes(typed, 20), Errors: problem.Fields}
		})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "workflow.off_after.saved"))
	return web.Redirect(c, link.WorkflowSettings(c.Param("workflowID")))
}
