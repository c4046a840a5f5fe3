package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/collectorpages"
	"surveyflow/views/components"
)

// invitationsPage is how many invitations a page lists.
const invitationsPage = 50

// invitations lists the invitations of a collector.
func (h *collectors) invitations(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	head, err := h.page(c)
	if err != nil {
		return err
	}
	if head.Collector.Type != models.CollectorEmail {
		return models.NotFound("error.not_found")
	}
	p := collectorpages.InvitationsProps{CollectorPageProps: head, Search: web.Query(c, "q"), Now: h.clock.Now(), NoServer: !h.sending}
	if status := models.InvitationStatus(web.Query(c, "status")); slices.Contains(models.InvitationStatuses, status) {
		p.Status = status
	}
	page := web.PageOf(c)
	page.Limit = invitationsPage
	all, next, err := h.store.Invitations(ctx, actor, p.Survey.ID, p.Collector.ID, store.InvitationFilter{Status: p.Status, Search: p.Search, Page: page})
	if err != nil {
		return err
	}
	p.Invitations, p.Hold = all, p.Collector.Hold(&p.Survey, p.Now)
	if id := p.Collector.ListID; id != nil {
		l, err := h.store.ContactList(ctx, models.SystemActor(actor.OrgID), *id)
		if err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return err
		}
		if err == nil {
			p.List = l.Name
		}
	}
	jobs, err := h.store.JobsAbout(ctx, actor, p.Collector.ID, models.JobInvite, 1)
	if err != nil {
		return err
	}
	if len(jobs) > 0 && jobs[0].Status == models.JobOpen {
		p.Running = jobs[0].ID
	}
	if next != "" {
		p.Pager.Older = link.With(p.Address(), "after", next)
	}
	if page.Before != "" {
		p.Pager.First = p.Address()
	}
	return web.Render(c, http.StatusOK, collectorpages.Invitations(p))
}

// remind has everybody reminded who has not answered.
func (h *collectors) remind(c echo.Context) error {
	ctx, id, collector := c.Request().Context(), c.Param("surveyID"), c.Param("collectorID")
	n, err := h.store.RemindInvited(ctx, web.Actor(c), id, collector)
	if err != nil {
		return err
	}
	if n == 0 {
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(ctx, "invitation.reminded.none")})
	} else {
		web.FlashOK(c, i18n.T(ctx, "invitation.reminded", "Count", int(n)))
	}
	return web.Redirect(c, link.Invitations(id, collector))
}

// resend has a mail to one person leave now.
func (h *collectors) resend(c echo.Context) error {
	ctx, id, collector := c.Request().Context(), c.Param("surveyID"), c.Param("collectorID")
	err := h.store.ResendInvitation(ctx, web.Actor(c), id, collector, c.Param("invitationID"))
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeConflict {
		web.Flash(c, components.Flash{Tone: components.ToneBad, Text: i18n.TMap(ctx, e.Key, e.Args)})
		return web.Redirect(c, link.Invitations(id, collector))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "invitation.resent"))
	return web.Redirect(c, link.Invitations(id, collector))
}

// frequency says how often one person is asked about the survey.
func (h *collectors) frequency(c echo.Context) error {
	var form struct {
		Days string `form:"days"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	days, ok := 0, true
	if form.Days != "" {
		n, err := strconv.Atoi(form.Days)
		days, ok = n, err == nil && n >= 1 && n <= models.CollectorMaxDays
	}
	if !ok {
		if _, err := h.store.SurveyToEdit(ctx, web.Actor(c), id); err != nil {
			return err
		}
		p := collectorpages.CollectorsProps{Days: form.Days, DayErrors: []models.FieldError{models.Field("days", "collector.frequency.error", "Max", models.CollectorMaxDays)}}
		return h.render(c, http.StatusUnprocessableEntity, p)
	}
	if err := h.store.SetSurveyFrequency(ctx, web.Actor(c), id, days); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "collector.frequency.saved"))
	return web.Redirect(c, link.SurveyCollectors(id))
}
