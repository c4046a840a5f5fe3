package handlers

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/runpages"
	"surveyflow/views/surveypages"
)

// starts are the page on which a workflow is started for responses that are there.
type starts struct {
	store *store.Store
}

// startRoutes are its rows. The chosen responses stand in the address, so that the form says them again.
func startRoutes(d Deps) []web.Route {
	h := &starts{store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyStart, Handler: h.show, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyStart, Handler: h.start, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
	}
}

// read reads what the address says and what can be chosen.
func (h *starts) read(c echo.Context) (surveypages.StartProps, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.SurveyToEdit(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return surveypages.StartProps{}, err
	}
	p := surveypages.StartProps{Survey: *s, IDs: c.QueryParams()["response"], Workflow: web.Query(c, "workflow"), State: string(responseState(web.Query(c, "state")))}
	p.IDs = p.IDs[:min(len(p.IDs), store.MaxPage)]
	all, _, err := h.store.Workflows(ctx, actor, store.WorkflowFilter{SurveyID: s.ID, Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return p, err
	}
	for _, w := range all {
		if w.Version == 0 || w.EventType != models.EventSurveyResponse {
			continue
		}
		option := components.Option{Value: w.ID, Label: w.Name}
		if !w.Enabled {
			option.Hint = i18n.T(ctx, "start.workflow.off")
		}
		p.Workflows = append(p.Workflows, option)
	}
	if p.Workflow == "" && len(p.Workflows) > 0 {
		p.Workflow = p.Workflows[0].Value
	}
	counts, err := h.store.ResponseCounts(ctx, s.ID)
	p.Completed, p.Partial = counts[s.ID][models.ResponseCompleted], counts[s.ID][models.ResponsePartial]
	return p, err
}

func (h *starts) show(c echo.Context) error {
	p, err := h.read(c)
	if err != nil {
		return err
	}
	if p.State == "" {
		p.State = string(models.ResponseCompleted)
	}
	return web.Render(c, http.StatusOK, surveypages.Start(p))
}

// start begins it.
func (h *starts) start(c echo.Context) error {
	p, err := h.read(c)
	if err != nil {
		return err
	}
	var in struct {
		Workflow string `form:"workflow"`
		State    string `form:"state"`
		From     string `form:"from"`
		To       string `form:"to"`
		Always   bool   `form:"always"`
		Pace     string `form:"pace"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p.Workflow, p.State, p.From, p.To, p.Always, p.Pace = cmp.Or(in.Workflow, p.Workflow), in.State, in.From, in.To, in.Always, in.Pace
	ctx := c.Request().Context()
	o := workflow.BulkStart{Responses: workflow.ResponseSelection{IDs: p.IDs}, Always: in.Always, PerSecond: pace(in.Pace)}
	if state := responseState(in.State); state == models.ResponseCompleted || state == models.ResponsePartial {
		o.Responses.States = []models.ResponseState{state}
	}
	days, period := runpages.RunsFilter{From: in.From, To: in.To}, store.RunFilter{}
	if wrong := readDays(i18n.Zone(ctx), &days, &period); len(wrong) > 0 {
		p.Errors = wrong
		return web.Render(c, http.StatusUnprocessableEntity, surveypages.Start(p))
	}
	o.Responses.From, o.Responses.To = period.From, period.To
	j, err := workflow.RunForResponses(ctx, h.store, web.Actor(c), p.Workflow, o)
	if fields, status, refused := web.Refused(c, err); refused {
		p.Errors = fields
		return web.Render(c, status, surveypages.Start(p))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Job(j.ID))
}
