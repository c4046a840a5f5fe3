package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/views"
)

// collectors are the ways into a survey.
type collectors struct {
	store   *store.Store
	surveys *survey.Service
	base    link.Base
}

// list shows the collectors with their addresses.
func (h *collectors) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	all, err := h.store.Collectors(ctx, actor, s.ID)
	if err != nil {
		return err
	}
	p := views.CollectorsProps{Survey: *s}
	for _, one := range all {
		p.Collectors = append(p.Collectors, views.CollectorLink{Collector: one, URL: h.base.Respond(one.Slug)})
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
	return web.Render(c, http.StatusOK, views.Collectors(p))
}

// close closes one collector; the survey's others stay as they are.
func (h *collectors) close(c echo.Context) error { return h.set(c, false, "collector.closed") }

// reopen opens one collector.
func (h *collectors) reopen(c echo.Context) error { return h.set(c, true, "collector.reopened") }

func (h *collectors) set(c echo.Context, open bool, said string) error {
	ctx, id := c.Request().Context(), c.Param("surveyID")
	if err := h.store.SetCollectorOpen(ctx, web.Actor(c), id, c.Param("collectorID"), open); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, link.SurveyCollectors(id))
}
