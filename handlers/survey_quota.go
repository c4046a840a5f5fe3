package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/richtext"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/conditionform"
	"surveyflow/views/surveypages"
)

// quotas are the pages of a survey's quotas. What is saved there is part of the draft.
type quotas struct{ store *store.Store }

// quotaRoutes are the rows of quotas.
func quotaRoutes(d Deps) []web.Route {
	h := &quotas{store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyQuotas, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyQuota, Handler: h.edit, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyQuota, Handler: h.save, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
	}
}

// list shows the quotas of the draft.
func (h *quotas) list(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := h.store.Survey(ctx, web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	counts, err := h.store.QuotaCounts(ctx, s.ID)
	if err != nil {
		return err
	}
	p := surveypages.QuotasProps{Survey: *s}
	var tokens []components.PipedToken
	for _, raw := range qsf.QuotasOf(&s.Draft.V) {
		if tokens == nil {
			tokens = tokensOf(ctx, &s.Draft.V)
		}
		p.Quotas = append(p.Quotas, quotaItem(ctx, &s.Draft.V, raw, counts, tokens))
	}
	return web.Render(c, http.StatusOK, surveypages.Quotas(p))
}

func quotaItem(ctx context.Context, def *models.SurveyDefinition, raw json.RawMessage, counts map[string]int64, tokens []components.PipedToken) surveypages.QuotaItem {
	q, used := qsf.Quota(def, raw)
	item := surveypages.QuotaItem{Quota: q, Used: used, Count: counts[q.ID]}
	switch {
	case !used:
		item.Words = i18n.T(ctx, "quota.unused.short")
	case q.Condition == nil:
		item.Words = i18n.T(ctx, "quota.all")
	default:
		item.Words = conditionform.Words(ctx, q.Condition, tokens)
	}
	return item
}

// find gives the quota that the path names; a new one has no id.
func (h *quotas) find(c echo.Context) (s *models.Survey, q models.Quota, used bool, err error) {
	if s, err = h.store.SurveyToEdit(c.Request().Context(), web.Actor(c), c.Param("surveyID")); err != nil {
		return nil, q, false, err
	}
	id := c.Param("quotaID")
	if id == link.NewQuota {
		return s, models.Quota{Ends: true}, true, nil
	}
	all := qsf.QuotasOf(&s.Draft.V)
	at := slices.IndexFunc(all, func(raw json.RawMessage) bool { return qsf.MemberText(raw, "ID") == id })
	if at < 0 {
		return nil, q, false, models.NotFound("error.not_found")
	}
	q, used = qsf.Quota(&s.Draft.V, all[at])
	return s, q, used, nil
}

// edit opens the form of a quota.
func (h *quotas) edit(c echo.Context) error {
	s, q, used, err := h.find(c)
	if err != nil {
		return err
	}
	limit := ""
	if q.ID != "" {
		limit = strconv.FormatInt(q.Limit, 10)
	}
	return h.form(c, http.StatusOK, s, surveypages.QuotaProps{Quota: q, Limit: limit, Used: used})
}

func (h *quotas) form(c echo.Context, status int, s *models.Survey, p surveypages.QuotaProps) error {
	ctx := c.Request().Context()
	def := &s.Draft.V
	p.Survey, p.Tokens = *s, tokensOf(ctx, def)
	p.Logic.Choices = choicesOf(def)
	p.Logic.Tokens = slices.DeleteFunc(slices.Clone(p.Tokens), func(t components.PipedToken) bool { return strings.HasPrefix(t.Text, "${rm:") })
	return web.Render(c, status, surveypages.Quota(p))
}

// save saves a quota, deletes it, or does to its condition what a button asks for.
func (h *quotas) save(c echo.Context) error {
	var in struct {
		Name     string `form:"name"`
		Limit    string `form:"limit"`
		State    string `form:"state"`
		Full     string `form:"full"`
		Message  string `form:"message"`
		Redirect string `form:"redirect"`
		Do       string `form:"do"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	s, q, used, err := h.find(c)
	switch {
	case err != nil:
		return err
	case in.Do == "delete" && q.ID != "":
		qsf.RemoveQuota(&s.Draft.V, q.ID)
		return h.saved(c, s, "quota.deleted")
	}
	q.Name, q.Off, q.Ends = strings.TrimSpace(in.Name), in.State == "off", in.Full != "count"
	q.End = models.EndOfSurvey{Message: richtext.Clean(in.Message), Redirect: strings.TrimSpace(in.Redirect)}
	q.Condition = quotaCondition(form, in.Do, &s.Draft.V)
	p := surveypages.QuotaProps{Quota: q, Limit: in.Limit, Used: used}
	if in.Do != "" { // of the condition: nothing is saved yet
		return h.form(c, http.StatusOK, s, p)
	}
	q.Limit = -1
	if n, err := strconv.ParseInt(strings.TrimSpace(in.Limit), 10, 64); err == nil {
		q.Limit = n
	}
	p.Errors = survey.CheckQuota(&q)
	if in.State != "on" && in.State != "off" {
		p.Errors = append(p.Errors, models.Field("state", "quota.error.state", "Value", in.State))
	}
	if in.Full != "end" && in.Full != "count" {
		p.Errors = append(p.Errors, models.Field("full", "quota.error.full", "Value", in.Full))
	}
	for _, f := range survey.CheckQuotaCondition(&s.Draft.V, q.Condition) {
		f.Field = conditionField(f.Field, q.Condition)
		p.Errors = append(p.Errors, f)
	}
	if q.ID == "" && len(qsf.QuotasOf(&s.Draft.V)) >= qsf.MaxQuotas {
		p.Errors = append(p.Errors, models.Field("name", "quota.error.many", "Max", qsf.MaxQuotas))
	}
	if len(p.Errors) > 0 {
		return h.form(c, http.StatusUnprocessableEntity, s, p)
	}
	q.ID = cmp.Or(q.ID, models.NewID(models.PrefixQuota))
	qsf.PutQuota(&s.Draft.V, q)
	return h.saved(c, s, "quota.saved")
}

// saved writes the draft and goes back to the list.
func (h *quotas) saved(c echo.Context, s *models.Survey, said string) error {
	ctx := c.Request().Context()
	if _, err := h.store.SaveSurveyDraft(ctx, web.Actor(c), s, s.DraftRev); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, link.SurveyQuotas(s.ID))
}

// quotaCondition reads the condition of the form; an added comparison begins with the first question that has choices.
func quotaCondition(form url.Values, do string, def *models.SurveyDefinition) *models.Condition {
	fresh := models.Condition{Operator: models.OpEqualTo}
	for _, t := range workflow.Tokens(def) {
		if t.Group == "questions" && (t.Name == "choices" || t.Name == "answer") {
			fresh.Left = t.Text
			break
		}
	}
	return readCondition(form, do, fresh)
}
