package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/views/noticepages"
)

// mySurveys are the surveys that were sent to whoever is signed in, at their own e-mail address.
type mySurveys struct {
	store   *store.Store
	surveys *survey.Service
	base    link.Base
}

func mySurveyRoutes(d Deps) []web.Route {
	h := &mySurveys{store: d.Store, surveys: d.Surveys, base: d.Base}
	page := func(pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: get, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(link.PatternMySurveys, h.list),
		page(link.PatternMySurvey, h.show),
	}
}

// list shows what can be answered now, or what was answered.
func (h *mySurveys) list(c echo.Context) error {
	p := noticepages.MySurveysProps{Answered: c.QueryParam("show") == "answered"}
	var err error
	p.Items, p.Next, err = h.store.SentSurveys(c.Request().Context(), web.Actor(c), p.Answered, store.Page{Before: c.QueryParam("after")})
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, noticepages.MySurveys(p))
}

// show tells of one survey, with the way to its pages.
func (h *mySurveys) show(c echo.Context) error {
	ctx := c.Request().Context()
	one, err := h.store.SentSurvey(ctx, web.Actor(c), c.Param("invitationID"))
	if err != nil {
		return err
	}
	v, err := h.surveys.Enter(ctx, survey.Way{Slug: one.Slug, Crk: one.Crk, Secret: one.Token})
	if err != nil {
		return err
	}
	p := noticepages.MySurveyProps{Survey: *one, Definition: v.Definition, Pages: len(v.Pages())}
	if v.Response != nil {
		p.Page = v.Page
	}
	if v.State == survey.StateAnswering {
		p.URL = h.base.Personal(one.Slug, one.Crk, one.Token)
	}
	return web.Render(c, http.StatusOK, noticepages.MySurvey(p))
}
