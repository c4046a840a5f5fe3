package handlers

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/noticepages"
)

// notices are what people choose to be told of surveys.
type notices struct{ store *store.Store }

func noticeRoutes(d Deps) []web.Route {
	h := &notices{store: d.Store}
	row := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		row(get, link.PatternNotices, h.show),
		row(post, link.PatternNotices, h.save),
		row(get, link.PatternSurveyNotices, h.showSurvey),
		row(post, link.PatternSurveyNotices, h.saveSurvey),
	}
}

// chosen reads what the actor chose: for all surveys, each kind in the way it has when nothing was chosen, and for single ones.
func (h *notices) chosen(c echo.Context) (all map[models.NoticeKind]models.NoticeWay, of map[string]map[models.NoticeKind]models.NoticeWay, err error) {
	choices, err := h.store.NoticeChoices(c.Request().Context(), web.Actor(c))
	if err != nil {
		return nil, nil, err
	}
	all, of = map[models.NoticeKind]models.NoticeWay{}, map[string]map[models.NoticeKind]models.NoticeWay{}
	for _, kind := range models.NoticeKinds {
		all[kind] = models.NoticeBoth
	}
	for _, choice := range choices {
		if choice.SurveyID == "" {
			all[choice.Kind] = choice.Way()
			continue
		}
		if of[choice.SurveyID] == nil {
			of[choice.SurveyID] = map[models.NoticeKind]models.NoticeWay{}
		}
		of[choice.SurveyID][choice.Kind] = choice.Way()
	}
	return all, of, nil
}

// readWays reads the form of choices. An empty way is no choice.
func readWays(c echo.Context) (map[models.NoticeKind]models.NoticeWay, []models.NoticeChoice, []models.FieldError, error) {
	in, err := web.Values(c)
	if err != nil {
		return nil, nil, nil, err
	}
	ways, wrong := map[models.NoticeKind]models.NoticeWay{}, []models.FieldError(nil)
	var choices []models.NoticeChoice
	for _, kind := range models.NoticeKinds {
		way := models.NoticeWay(models.CleanText(in.Get(string(kind))))
		ways[kind] = way
		choice := models.NoticeChoice{Kind: kind}
		switch {
		case way == "":
		case choice.Choose(way):
			choices = append(choices, choice)
		default:
			wrong = append(wrong, models.Field(string(kind), "notice.way.error"))
		}
	}
	return ways, choices, wrong, nil
}

// show shows what is chosen for all surveys.
func (h *notices) show(c echo.Context) error {
	all, _, err := h.chosen(c)
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, noticepages.NoticesProps{Ways: all})
}

// render adds what every state of the page shows.
func (h *notices) render(c echo.Context, status int, p noticepages.NoticesProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	_, of, err := h.chosen(c)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	if p.Surveys, err = h.store.NoticeSurveys(ctx, actor, ids...); err != nil {
		return err
	}
	if p.Digest == nil {
		u, err := h.store.User(ctx, actor, actor.UserID)
		if err != nil {
			return err
		}
		digest := ""
		if u.DigestHour != nil {
			digest = strconv.Itoa(*u.DigestHour)
		}
		p.Digest = &digest
	}
	return web.Render(c, status, noticepages.Notices(p))
}

// save saves what is chosen for all surveys.
func (h *notices) save(c echo.Context) error {
	ways, choices, wrong, err := readWays(c)
	if err != nil {
		return err
	}
	var form struct {
		Digest string `form:"digest"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	var hour *int
	if form.Digest != "" {
		n, err := strconv.Atoi(form.Digest)
		if err != nil || n < 0 || n > 23 {
			wrong = append(wrong, models.Field("digest", "notice.digest.error"))
		}
		hour = &n
	}
	if len(wrong) > 0 {
		return h.render(c, http.StatusUnprocessableEntity, noticepages.NoticesProps{Ways: ways, Digest: &form.Digest, Errors: wrong})
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	if err := h.store.SetNoticeChoices(ctx, actor, "", choices); err != nil {
		return err
	}
	if err := h.store.SetDigestHour(ctx, actor, hour); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "notice.saved"))
	return web.Redirect(c, link.Notices())
}

// named gives the name of a survey that the actor may be told of.
func (h *notices) named(c echo.Context) (id, name string, err error) {
	id = c.Param("sentID")
	names, err := h.store.NoticeSurveys(c.Request().Context(), web.Actor(c), id)
	if err != nil {
		return "", "", err
	}
	name, there := names[id]
	if !there {
		return "", "", models.NotFound("error.not_found")
	}
	return id, name, nil
}

// showSurvey shows what is chosen for one survey.
func (h *notices) showSurvey(c echo.Context) error {
	id, name, err := h.named(c)
	if err != nil {
		return err
	}
	all, of, err := h.chosen(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, noticepages.SurveyNotices(noticepages.SurveyNoticesProps{ID: id, Name: name, All: all, Ways: of[id]}))
}

// saveSurvey saves what is chosen for one survey.
func (h *notices) saveSurvey(c echo.Context) error {
	id, name, err := h.named(c)
	if err != nil {
		return err
	}
	ways, choices, wrong, err := readWays(c)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		all, _, err := h.chosen(c)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusUnprocessableEntity, noticepages.SurveyNotices(noticepages.SurveyNoticesProps{ID: id, Name: name, All: all, Ways: ways, Errors: wrong}))
	}
	ctx := c.Request().Context()
	if err := h.store.SetNoticeChoices(ctx, web.Actor(c), id, choices); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "notice.saved"))
	return web.Redirect(c, link.SurveyNotices(id))
}
