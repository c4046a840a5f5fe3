package web

import (
	"context"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/layout"
)

const (
	userKey    = "surveyflow.user"
	sessionKey = "surveyflow.session"
	orgKey     = "surveyflow.organisation"
)

// User gives who is signed in; nil when nobody is.
func User(c echo.Context) *models.User {
	u, _ := c.Get(userKey).(*models.User)
	return u
}

// Session gives the session of who is signed in; nil when nobody is.
func Session(c echo.Context) *models.Session {
	s, _ := c.Get(sessionKey).(*models.Session)
	return s
}

// Organisation gives the organisation of who is signed in; nil when nobody is.
func Organisation(c echo.Context) *models.Organisation {
	o, _ := c.Get(orgKey).(*models.Organisation)
	return o
}

// Actor gives the actor that reads and writes in a page; the zero Actor, who reaches nothing, when nobody is signed in.
func Actor(c echo.Context) models.Actor {
	if u := User(c); u != nil {
		a := u.Actor(models.ViaWeb)
		a.IP = c.RealIP()
		return a
	}
	return models.Actor{}
}

// reader prepares the context of requests without a session: language from the browser, time in UTC.
func (w *Web) reader(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := i18n.WithLocale(c.Request().Context(), i18n.Match(c.Request().Header.Get("Accept-Language")))
		c.SetRequest(c.Request().WithContext(i18n.WithNow(ctx, w.clock.Now())))
		return next(c)
	}
}

// visitor finds out who is signed in and prepares the context for pages: language, zone, theme, viewer, path.
// While nobody can sign in yet, every page leads to the set-up.
func (w *Web) visitor(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(frameKey, w)
		session, err := w.session(c)
		if err != nil {
			return err
		}
		user, _ := session.Values[valueUser].(*models.User)
		if user != nil {
			row, _ := session.Values[valueSession].(*models.Session)
			org, err := w.store.Organisation(c.Request().Context(), user.Actor(models.ViaWeb))
			if err != nil {
				return err
			}
			c.Set(userKey, user)
			c.Set(sessionKey, row)
			c.Set(orgKey, org)
		}
		c.SetRequest(c.Request().WithContext(w.pageContext(c)))
		if user == nil {
			if lead, err := w.leadToSetUp(c); lead || err != nil {
				return err
			}
		}
		return next(c)
	}
}

// pageContext is the request's context with all that pages take from it.
func (w *Web) pageContext(c echo.Context) context.Context {
	r := c.Request()
	ctx := i18n.WithNow(r.Context(), w.clock.Now())
	ctx = layout.WithPath(ctx, r.URL.RequestURI())
	user, org := User(c), Organisation(c)
	if user == nil {
		ctx = i18n.WithLocale(ctx, i18n.Match(r.Header.Get("Accept-Language")))
		return layout.WithTheme(ctx, themeCookie(c))
	}
	ctx = i18n.WithLocale(ctx, i18n.Match(user.Language, r.Header.Get("Accept-Language")))
	ctx = i18n.WithZone(ctx, zoneOf(user.TimeZone, org.TimeZone))
	ctx = layout.WithTheme(ctx, user.Theme)
	return layout.WithViewer(ctx, layout.Viewer{
		ID: user.ID, Name: user.Name(), Email: user.Email, Organisation: org.Name, Admin: user.Role == models.RoleBrandAdmin, Unread: w.unread(c),
	})
}

// unread counts the notifications of who is signed in, for pages that show the bell. A page must not fail for its bell.
func (w *Web) unread(c echo.Context) int {
	if isFragment(c) {
		return 0
	}
	n, err := w.store.UnreadNotifications(c.Request().Context(), Actor(c))
	if err != nil {
		w.log.LogAttrs(c.Request().Context(), slog.LevelWarn, "counting notifications failed", slog.Any("error", err))
	}
	return n
}

// zoneOf gives the first zone that exists; UTC when none does.
func zoneOf(names ...string) *time.Location {
	for _, name := range names {
		if name == "" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// leadToSetUp redirects to the set-up while nobody can sign in, and reports whether it did.
func (w *Web) leadToSetUp(c echo.Context) (bool, error) {
	ready, err := w.people.Ready(c.Request().Context())
	if err != nil || ready {
		return false, err
	}
	if c.Path() == link.PatternSetUp || c.Path() == link.PatternTheme {
		return false, nil
	}
	return true, Redirect(c, link.SetUp())
}

// requireUser lets only those pass who are signed in.
func (w *Web) requireUser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if User(c) == nil {
			return &models.Error{Code: models.CodeUnauthorized, Key: "error.unauthorized"}
		}
		return next(c)
	}
}

// requireAdmin lets only brand admins pass.
func requireAdmin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if u := User(c); u == nil || u.Role != models.RoleBrandAdmin {
			return &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"}
		}
		return next(c)
	}
}
