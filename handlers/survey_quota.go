package handlers

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/surveypages"
	"surveyflow/views/workflowpages"
)

// quotas are the page of a survey's quotas.
type quotas struct{ store *store.Store }

// quotaRoutes are the rows of quotas.
func quotaRoutes(d Deps) []web.Route {
	h := &quotas{store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyQuotas, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyQuotas, Handler: h.save, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
	}
}

func (h *quotas) show(c echo.Context) error { return h.render(c, http.StatusOK, "", "", nil) }

// render shows the quotas of the draft; of one the limit as it was typed.
func (h *quotas) render(c echo.Context, status int, edited, typed string, wrong []models.FieldError) error {
	ctx := c.Request().Context()
	s, err := h.store.Survey(ctx, web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	counts, err := h.store.QuotaCounts(ctx, s.ID)
	if err != nil {
		return err
	}
	p := surveypages.QuotasProps{Survey: *s, Errors: wrong}
	for _, raw := range qsf.QuotasOf(&s.Draft.V) {
		p.Quotas = append(p.Quotas, quotaItem(c, &s.Draft.V, raw, counts))
		if last := &p.Quotas[len(p.Quotas)-1]; last.ID == edited {
			last.Edited = typed
		}
	}
	return web.Render(c, status, surveypages.Quotas(p))
}

func quotaItem(c echo.Context, def *models.SurveyDefinition, raw json.RawMessage, counts map[string]int64) surveypages.QuotaItem {
	ctx := c.Request().Context()
	q, used := qsf.Quota(def, raw)
	item := surveypages.QuotaItem{Quota: q, Used: used, Count: counts[q.ID], Edited: strconv.FormatInt(q.Limit, 10)}
	switch {
	case !used:
		item.Words = i18n.T(ctx, "quota.unused")
	case q.Condition == nil:
		item.Words = i18n.T(ctx, "quota.all")
	default:
		item.Words = workflowpages.ConditionWords(ctx, q.Condition, tokensOf(ctx, def))
	}
	return item
}

// save sets the limit of a quota, and whether it is on; it holds once the survey is put live.
func (h *quotas) save(c echo.Context) error {
	var form struct {
		Quota string `form:"quota"`
		Limit string `form:"limit"`
		State string `form:"state"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	limit, err := strconv.ParseInt(strings.TrimSpace(form.Limit), 10, 64)
	if err != nil || limit < 0 || limit > math.MaxInt32 {
		return h.render(c, http.StatusUnprocessableEntity, form.Quota, form.Limit, []models.FieldError{models.Field("limit-"+form.Quota, "quota.error.limit")})
	}
	s, err := h.store.SurveyToEdit(ctx, actor, id)
	if err != nil {
		return err
	}
	if !qsf.SetQuota(&s.Draft.V, form.Quota, limit, form.State == "false") {
		return models.NotFound("error.not_found")
	}
	if _, err := h.store.SaveSurveyDraft(ctx, actor, s, s.DraftRev); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "quota.saved"))
	return web.Redirect(c, link.SurveyQuotas(id))
}
