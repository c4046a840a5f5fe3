package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/inbound"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/call"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/collectorpages"
)

// collectorCalls are the pages about what other systems pass on: a collector's webhook, and the data of its link.
type collectorCalls struct {
	store   *store.Store
	people  *account.People
	surveys *survey.Service
	calls   *call.Service
	base    link.Base
}

func collectorCallRoutes(d Deps) []web.Route {
	h := &collectorCalls{store: d.Store, people: d.People, surveys: d.Surveys, calls: d.Calls, base: d.Base}
	return []web.Route{
		{Method: get, Pattern: link.PatternCollectorWebhook, Handler: h.show, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternCollectorWebhook, Handler: h.try, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternCollectorWebhookToken, Handler: h.token, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternCollectorData, Handler: h.data, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

func (h *collectorCalls) show(c echo.Context) error {
	return h.render(c, http.StatusOK, collectorpages.CollectorWebhookProps{})
}

// of gives the survey and the collector that the address names.
func (h *collectorCalls) of(c echo.Context) (*models.Survey, *models.Collector, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return nil, nil, err
	}
	one, err := h.store.Collector(ctx, actor, s.ID, c.Param("collectorID"))
	return s, one, err
}

func (h *collectorCalls) render(c echo.Context, status int, p collectorpages.CollectorWebhookProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, one, err := h.of(c)
	if err != nil {
		return err
	}
	p.Survey, p.Collector, p.Address = *s, *one, h.base.CollectorCall()
	counts, err := h.store.InvitationCounts(ctx, one.ID)
	if err != nil {
		return err
	}
	p.Counts = counts[one.ID]
	if p.Calls, err = h.store.Calls(ctx, actor, one.ID); err != nil {
		return err
	}
	if p.Tokens, err = h.store.TokenNames(ctx, p.Calls); err != nil {
		return err
	}
	languages, err := h.store.SurveyLanguages(ctx, s.ID)
	if err != nil {
		return err
	}
	p.Languages = strings.Join(languages, ", ")
	return web.Render(c, status, collectorpages.CollectorWebhook(p))
}

// try does what a call does, and shows its answer.
func (h *collectorCalls) try(c echo.Context) error {
	ctx := c.Request().Context()
	_, one, err := h.of(c)
	if err != nil {
		return err
	}
	values, err := web.Values(c)
	if err != nil {
		return err
	}
	r := &call.Request{Method: http.MethodPost, Params: map[string]string{}}
	for _, param := range models.CallParams {
		if v := strings.TrimSpace(values.Get(param.Name)); v != "" {
			r.Params[param.Name] = v
		}
	}
	r.Params["cId"] = one.ID
	taken, err := h.calls.Try(ctx, web.Actor(c), r)
	if err != nil && web.ProblemOf(err).Status >= http.StatusInternalServerError {
		return err
	}
	status, answer := inbound.TellCall(c, taken, err)
	h.calls.Note(taken, r, status, answer)
	h.calls.Flush(ctx)
	shown := http.StatusOK
	if status >= http.StatusBadRequest {
		shown = http.StatusUnprocessableEntity
	}
	return h.render(c, shown, collectorpages.CollectorWebhookProps{Form: r.Params, Status: status, Answer: string(answer)})
}

// token makes a token for the collector alone and shows it this once, in the address.
func (h *collectorCalls) token(c echo.Context) error {
	ctx := c.Request().Context()
	_, one, err := h.of(c)
	if err != nil {
		return err
	}
	name := cutRunes(i18n.T(ctx, "call.token.name", "Name", one.Name), 100)
	secret, _, err := h.people.CreateTokenWith(ctx, web.Actor(c), account.TokenSettings{Name: name, Scope: one.ID})
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, collectorpages.CollectorWebhookProps{Errors: fields})
	}
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, collectorpages.CollectorWebhookProps{Token: secret})
}

// data shows the collector's link with data in it.
func (h *collectorCalls) data(c echo.Context) error {
	s, one, err := h.of(c)
	if err != nil {
		return err
	}
	names := append([]string{"referrer"}, models.CustomFields...)
	if s.Version > 0 {
		live, err := h.surveys.Definition(c.Request().Context(), s.ID, s.Version)
		if err != nil {
			return err
		}
		for _, f := range live.EmbeddedData {
			if f.FromLink {
				names = append(names, f.Name)
			}
		}
	}
	p := collectorpages.CollectorDataProps{Survey: *s, Collector: *one, URL: h.base.Respond(one.Slug)}
	for _, name := range names {
		p.Fields = append(p.Fields, [2]string{name, cutRunes(web.Query(c, name), 1000)})
	}
	return web.Render(c, http.StatusOK, collectorpages.CollectorData(p))
}
