package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/surveypages"
)

// shares are the page on which a survey is shared with people.
type shares struct {
	store   *store.Store
	sharing survey.Sharing
}

// shareRoutes are the rows of sharing. Who views a survey sees with whom it is shared, and may leave it.
func shareRoutes(d Deps) []web.Route {
	h := &shares{store: d.Store, sharing: survey.Sharing{Store: d.Store, Outbox: d.Outbox, Clock: d.Clock}}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyShare, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyShare, Handler: h.share, Guard: web.GuardUser, Access: models.AccessOwn, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyUnshare, Handler: h.unshare, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp},
	}
}

// show shows with whom a survey is shared.
func (h *shares) show(c echo.Context) error {
	return h.render(c, http.StatusOK, surveypages.ShareProps{Access: string(models.AccessView)})
}

func (h *shares) render(c echo.Context, status int, p surveypages.ShareProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	rows, err := h.store.SurveyShares(ctx, actor, s.ID)
	if err != nil {
		return err
	}
	owner, err := h.store.User(ctx, actor, s.OwnerID)
	if err != nil {
		return err
	}
	p.Survey, p.Owner, p.Self, p.Invites = *s, owner.Name(), actor.UserID, actor.Role == models.RoleBrandAdmin
	for i := range rows {
		p.Shares = append(p.Shares, surveypages.ShareItem{
			UserID: rows[i].UserID, Name: rows[i].Person.Name(), Email: rows[i].Person.Email, Access: rows[i].Access, Disabled: rows[i].Person.DisabledAt != nil,
		})
	}
	if s.Access.Allows(models.AccessOwn) {
		if p.People, err = h.people(ctx, actor, s.OwnerID, rows); err != nil {
			return err
		}
	}
	return web.Render(c, status, surveypages.SurveyShare(p))
}

// people are those with whom the survey can still be shared.
func (h *shares) people(ctx context.Context, actor models.Actor, ownerID string, rows []store.ShareRow) ([]components.Option, error) {
	all, err := h.store.Users(ctx, actor)
	if err != nil {
		return nil, err
	}
	var options []components.Option
	for i := range all {
		u := &all[i]
		shared := slices.ContainsFunc(rows, func(r store.ShareRow) bool { return r.UserID == u.ID })
		if u.DisabledAt != nil || u.ID == ownerID || shared || u.Email == "" {
			continue
		}
		label := u.Email
		if u.Service {
			label = i18n.T(ctx, "users.service.option", "Name", u.Name())
		} else if name := u.Name(); name != u.Email {
			label = name + " (" + u.Email + ")"
		}
		options = append(options, components.Option{Value: u.ID, Label: label})
	}
	return options, nil
}

// share lets somebody see or edit the survey, or changes which of the two.
func (h *shares) share(c echo.Context) error {
	var form struct {
		Person string `form:"person"`
		Access string `form:"access"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	err := models.Invalid(models.Field("access", "share.error.access"))
	if form.Access != "" { // none would take the share back
		err = h.sharing.Share(ctx, web.Actor(c), id, form.Person, models.Access(form.Access))
	}
	if models.ErrorCode(err) == models.CodeNotFound { // the survey is there: the guard has seen it
		err = models.Invalid(models.Field("person", "share.error.person"))
	}
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, surveypages.ShareProps{Person: form.Person, Access: form.Access, Errors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "share.done"))
	return web.Redirect(c, link.SurveyShare(id))
}

// unshare takes a share back; people take their own back as well.
func (h *shares) unshare(c echo.Context) error {
	ctx, actor, id, userID := c.Request().Context(), web.Actor(c), c.Param("surveyID"), c.Param("userID")
	if err := h.store.ShareSurvey(ctx, actor, id, userID, models.AccessNone); err != nil {
		return err
	}
	if _, err := h.store.Survey(ctx, actor, id); models.ErrorCode(err) == models.CodeNotFound {
		web.FlashOK(c, i18n.T(ctx, "share.left"))
		return web.Redirect(c, link.Surveys())
	} else if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "share.taken_back"))
	return web.Redirect(c, link.SurveyShare(id))
}
