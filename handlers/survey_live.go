package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// putLive makes the draft what respondents meet. What keeps it from that is listed, with the way to each place.
func (h *builder) putLive(c echo.Context) error {
	var form struct {
		Revision int64 `form:"revision"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	s, err := h.store.Survey(ctx, actor, id)
	if err != nil {
		return err
	}
	if form.Revision != 0 && form.Revision != s.DraftRev {
		return h.stale(c, "", nil, models.Conflict("survey.error.changed", nil))
	}
	if problems, invalid := checkFields(survey.Check(&s.Draft.V)); invalid {
		p := h.open(s, "")
		p.Problems = problems
		return h.render(c, http.StatusUnprocessableEntity, p)
	}
	first := s.Version == 0
	live, err := survey.PutLive(ctx, h.store, survey.Change{Actor: actor, SurveyID: id}, s.DraftRev)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	if first {
		web.FlashOK(c, i18n.T(ctx, "survey.live.first"))
		return web.Redirect(c, link.SurveyCollectors(id))
	}
	web.FlashOK(c, i18n.T(ctx, "survey.live.done", "Version", live.Version))
	return web.Redirect(c, link.SurveyBuild(id))
}

// look shows the draft in the size of a device.
func (h *builder) look(c echo.Context) error {
	s, err := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	p := surveypages.SurveyLookProps{Survey: *s, Device: web.Query(c, "device")}
	if !slices.Contains(surveypages.Devices, p.Device) {
		p.Device = surveypages.Devices[0]
	}
	return web.Render(c, http.StatusOK, surveypages.SurveyLook(p))
}
