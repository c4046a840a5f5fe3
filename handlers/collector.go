package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/distribution"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/collectorpages"
)

// collectors are the ways into a survey.
type collectors struct {
	store   *store.Store
	surveys *survey.Service
	base    link.Base
	clock   clock.Clock
	outbox  *mail.Outbox
	letters *distribution.Service
	sending bool // there is a mail server
}

// list shows the collectors with their addresses.
func (h *collectors) list(c echo.Context) error {
	return h.render(c, http.StatusOK, collectorpages.CollectorsProps{})
}

func (h *collectors) render(c echo.Context, status int, p collectorpages.CollectorsProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	all, err := h.store.Collectors(ctx, actor, s.ID)
	if err != nil {
		return err
	}
	p.Survey = *s
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	counts, err := h.store.InvitationCounts(ctx, ids...)
	if err != nil {
		return err
	}
	for _, one := range all {
		p.Collectors = append(p.Collectors, collectorpages.CollectorLink{Collector: one, URL: h.base.Respond(one.Slug), Counts: counts[one.ID]})
	}
	if len(p.DayErrors) == 0 {
		p.Days = number(s.InviteDays)
	}
	if s.Version > 0 {
		live, err := h.surveys.Definition(ctx, s.ID, s.Version)
		if err != nil {
			return err
		}
		for _, f := range live.EmbeddedData {
			if f.FromLink {
				p.Fields = append(p.Fields, f.Name)
			}
		}
	}
	return web.Render(c, status, collectorpages.Collectors(p))
}

// close closes one collector; the survey's others stay as they are.
func (h *collectors) close(c echo.Context) error { return h.set(c, false, "closed") }

// reopen opens one collector.
func (h *collectors) reopen(c echo.Context) error { return h.set(c, true, "opened") }

func (h *collectors) set(c echo.Context, open bool, said string) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	if err := h.store.SetCollectorOpen(ctx, actor, id, c.Param("collectorID"), open); err != nil {
		return err
	}
	one, err := h.store.Collector(ctx, actor, id, c.Param("collectorID"))
	if err != nil {
		return err
	}
	if one.Type == models.CollectorEmail {
		web.FlashOK(c, i18n.T(ctx, "collector.email."+said))
		return web.Redirect(c, link.Invitations(id, one.ID))
	}
	web.FlashOK(c, i18n.T(ctx, map[bool]string{true: "collector.reopened", false: "collector.closed"}[open]))
	return web.Redirect(c, link.SurveyCollectors(id))
}

// frames says which sites may show the survey in a frame (contract §7, Frames).
func (h *collectors) frames(c echo.Context) error {
	var form struct {
		Sites string `form:"sites,raw"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	sites, wrong := models.ParseFrameSites(models.CleanText(form.Sites))
	p := collectorpages.CollectorsProps{Framed: c.Param("collectorID"), Sites: form.Sites}
	switch {
	case wrong != "":
		p.Errors = []models.FieldError{models.Field("sites", "collector.frames.error", "Site", cutRunes(wrong, 100))}
	case len(sites) > models.MaxFrameSites:
		p.Errors = []models.FieldError{models.Field("sites", "collector.frames.many", "Max", models.MaxFrameSites)}
	}
	if len(p.Errors) > 0 {
		if _, err := h.store.SurveyToEdit(ctx, web.Actor(c), id); err != nil {
			return err
		}
		return h.render(c, http.StatusUnprocessableEntity, p)
	}
	if err := h.store.SetCollectorFrames(ctx, web.Actor(c), id, p.Framed, sites); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, map[bool]string{true: "collector.frames.saved", false: "collector.frames.off"}[len(sites) > 0]))
	return web.Redirect(c, link.SurveyCollectors(id))
}
