package handlers

import (
	"context"
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/runpages"
)

// jobs are the pages of long work.
type jobs struct {
	store *store.Store
}

// jobRoutes are the rows of long work.
func jobRoutes(d Deps) []web.Route {
	h := &jobs{store: d.Store}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternJobs, h.list),
		page(get, link.PatternJob, h.show),
		page(post, link.PatternJobCancel, h.cancel),
		{Method: get, Pattern: link.PatternJobFile, Handler: h.file, Guard: web.GuardUser, Origin: web.OriginApp, Timeout: web.SendTimeout},
	}
}

// list shows the long work that the visitor asked for, or everybody's to who sees all.
func (h *jobs) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	rows, next, err := h.store.Jobs(ctx, actor, web.PageOf(c))
	if err != nil {
		return err
	}
	p := runpages.JobsProps{Pager: pager(c, next), All: actor.SeesAll()}
	for i := range rows {
		item, err := h.item(ctx, actor, &rows[i])
		if err != nil {
			return err
		}
		p.Items = append(p.Items, item)
	}
	return web.Render(c, http.StatusOK, runpages.Jobs(p))
}

// item gives a job as pages show it, with what its subject is called.
func (h *jobs) item(ctx context.Context, a models.Actor, j *store.JobRow) (frame.JobItem, error) {
	item := frame.JobItem{Job: j.Job, OwnerName: j.OwnerName, Canceling: j.Canceling}
	if j.Subject == "" {
		return item, nil
	}
	if models.ValidID(models.PrefixSurvey, j.Subject) {
		s, err := h.store.Survey(ctx, a, j.Subject)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound: // deleted since, or not shared any more
		case err != nil:
			return item, err
		default:
			item.Survey = s.Name
		}
		return item, nil
	}
	if models.ValidID(models.PrefixList, j.Subject) {
		l, err := h.store.ContactList(ctx, a, j.Subject)
		if err == nil {
			item.List = l.Name
		} else if models.ErrorCode(err) != models.CodeNotFound {
			return item, err
		}
		return item, nil
	}
	w, err := h.store.Workflow(ctx, a, j.Subject)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound: // deleted since
	case err != nil:
		return item, err
	default:
		item.Workflow = w.Name
	}
	return item, nil
}

// show shows how far a job is. The page refreshes itself while it is under way.
func (h *jobs) show(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	j, err := h.store.Job(ctx, actor, c.Param("jobID"))
	if err != nil {
		return err
	}
	item, err := h.item(ctx, actor, j)
	if err != nil {
		return err
	}
	p := runpages.JobProps{Item: item, Seen: jobFingerprint(j)}
	switch {
	case !web.IsFragment(c):
		return web.Render(c, http.StatusOK, runpages.Job(p))
	case web.Query(c, "seen") == p.Seen:
		return c.NoContent(http.StatusNoContent)
	case j.Status != models.JobOpen: // the parts around the refreshed one are others now
		return web.Redirect(c, link.Job(j.ID))
	}
	return web.Render(c, http.StatusOK, runpages.JobProgress(p))
}

// jobFingerprint is the same as long as a job's page shows the same.
func jobFingerprint(j *store.JobRow) string {
	return string(j.Status) + strconv.FormatInt(j.Done, 36) + "-" + strconv.FormatInt(j.Failed, 36) + strconv.FormatBool(j.Canceling)
}

func (h *jobs) cancel(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("jobID")
	err := h.store.CancelJob(ctx, web.Actor(c), id)
	if e, ok := domainError(err); ok && e.Code == models.CodeConflict {
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.TMap(ctx, e.Key, e.Args)})
		return web.Redirect(c, link.Job(id))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "job.cancel.done"))
	return web.Redirect(c, link.Job(id))
}

// file gives what a job made, part by part.
func (h *jobs) file(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	j, err := h.store.Job(ctx, actor, c.Param("jobID"))
	if err != nil {
		return err
	}
	if j.Kind == models.JobExportResponses || j.Kind == models.JobImportResponses { // who lost access to the survey has none to its answers
		if err := h.store.CheckAccess(ctx, actor, j.Subject, models.AccessView); err != nil {
			return err
		}
	}
	f, err := h.store.File(ctx, actor, j.FileID)
	if err != nil {
		return err
	}
	attach(c, f.ContentType, f.Name)
	c.Response().Header().Set(echo.HeaderContentLength, strconv.FormatInt(f.Size, 10))
	return h.store.WriteFile(ctx, f, web.Sending(c))
}

// attach makes the answer a file that the browser saves.
func attach(c echo.Context, contentType, name string) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, contentType)
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	header.Set("Cache-Control", "no-store")
}
