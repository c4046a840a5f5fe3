package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/layout"
	"surveyflow/views/noticepages"
)

// notifications are what the bell tells.
type notifications struct{ store *store.Store }

// notificationRoutes are the rows of the bell. Anybody may ask for the bell alone, which says nothing to those who are signed
// out: an answer that led them to the sign-in page would take away what they are typing.
func notificationRoutes(d Deps) []web.Route {
	h := &notifications{store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternNotifications, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternNotificationsRead, Handler: h.readAll, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternNotificationsBell, Handler: h.bell, Guard: web.GuardVisitor, Origin: web.OriginApp, Quiet: true},
		{Method: post, Pattern: link.PatternNotification, Handler: h.read, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

// list shows what somebody was told.
func (h *notifications) list(c echo.Context) error {
	page := web.PageOf(c)
	all, next, err := h.store.Notifications(c.Request().Context(), web.Actor(c), page)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, noticepages.Notifications(noticepages.NotificationsProps{Items: all, Next: next, Later: page.Before != ""}))
}

// readAll marks as read what the page showed; what came since stays new.
func (h *notifications) readAll(c echo.Context) error {
	var form struct {
		UpTo string `form:"upTo"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	if !models.ValidID(models.PrefixNotice, form.UpTo) {
		return models.NotFound("error.not_found")
	}
	if err := h.store.ReadAllNotifications(c.Request().Context(), web.Actor(c), form.UpTo); err != nil {
		return err
	}
	return web.Redirect(c, link.Notifications())
}

// read marks one as read and leads to what it is about.
func (h *notifications) read(c echo.Context) error {
	to, err := h.store.ReadNotification(c.Request().Context(), web.Actor(c), c.Param("notificationID"))
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Local(to, link.Notifications()))
}

// bell gives the bell alone.
func (h *notifications) bell(c echo.Context) error {
	if web.User(c) == nil {
		return c.NoContent(http.StatusNoContent)
	}
	unread, err := h.store.UnreadNotifications(c.Request().Context(), web.Actor(c))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, layout.Bell(unread, web.Query(c, "small") != ""))
}
