package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/reportpages"
)

// statistics are the figures of open surveys, for who sees them.
type statistics struct {
	store   *store.Store
	reports *reports
}

func statisticsRoutes(d Deps) []web.Route {
	h := &statistics{store: d.Store, reports: &reports{store: d.Store, reports: d.Reports}}
	return []web.Route{
		{Method: get, Pattern: link.PatternStatistics, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyStatistics, Handler: h.show, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyDistributions, Handler: h.distributions, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveySubscription, Handler: h.subscribe, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp},
	}
}

// list lists the surveys that take answers now.
func (h *statistics) list(c echo.Context) error {
	p := reportpages.StatisticsProps{Search: web.Query(c, "q"), Subscribed: web.Query(c, "subscribed") != ""}
	found, next, err := h.store.OpenSurveys(c.Request().Context(), web.Actor(c), store.OpenSurveyFilter{Search: p.Search, Subscribed: p.Subscribed, Page: web.PageOf(c)})
	if err != nil {
		return err
	}
	p.Surveys, p.Pager = found, pager(c, next)
	return web.Render(c, http.StatusOK, reportpages.Statistics(p))
}

// show shows the results of one survey.
func (h *statistics) show(c echo.Context) error {
	p, err := h.reports.resultsOf(c)
	if err != nil {
		return err
	}
	figures, err := h.store.SurveyFigures(c.Request().Context(), p.Survey.ID)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.SurveyStatistics(reportpages.SurveyStatisticsProps{Results: p, Figures: figures[p.Survey.ID]}))
}

// distributions shows what became of each sending.
func (h *statistics) distributions(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	v, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	found, next, err := h.store.DistributionStats(ctx, actor, v.ID, store.DistributionFilter{Page: web.PageOf(c)})
	if err != nil {
		return err
	}
	all, err := h.store.CollectorsOf(ctx, v.ID)
	if err != nil {
		return err
	}
	collectors := map[string]models.Collector{}
	for _, one := range all[v.ID] {
		collectors[one.ID] = one
	}
	p := reportpages.DistributionsProps{Survey: *v, Pager: pager(c, next)}
	for i := range found {
		d := &found[i]
		from, there := collectors[d.CollectorID]
		item := reportpages.DistributionItem{Distribution: d.Distribution, Collector: d.CollectorName, Stats: d.Stats, Reviewed: there, NoOpens: there && !from.Settings.V.TrackOpens}
		for _, end := range []*time.Time{d.ExpiresAt, from.ClosesAt, v.ClosesAt} {
			if end != nil && (item.Until == nil || end.Before(*item.Until)) {
				item.Until = end
			}
		}
		if d.ExpiresAt == nil {
			item.ExpiryDays = from.Settings.V.ExpiryDays
		}
		p.Items = append(p.Items, item)
	}
	if p.Subscribed, err = h.store.Subscribed(ctx, actor, v.ID); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.Distributions(p))
}

// subscribe begins or ends a subscription, and leads back to where the button was.
func (h *statistics) subscribe(c echo.Context) error {
	var form struct {
		On   bool   `form:"on"`
		Next string `form:"next"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	if err := h.store.SetSubscribed(ctx, web.Actor(c), id, form.On); err != nil {
		return err
	}
	said := "statistics.unsubscribed"
	if form.On {
		said = "statistics.subscribed"
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, link.Local(form.Next, link.SurveyStatistics(id)))
}
