package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/static"
)

// home leads to where work begins, and keeps what belongs to no feature: files and the theme.
type home struct {
	web   *web.Web
	store *store.Store
}

// show leads from the root to the surveys.
func (h *home) show(c echo.Context) error { return web.Redirect(c, link.Surveys()) }

// file serves a file of the program.
func (h *home) file(c echo.Context) error {
	static.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}

// theme keeps the chosen theme in the browser and, for who is signed in, with the person.
func (h *home) theme(c echo.Context) error {
	var form struct {
		Theme string `form:"theme"`
		Next  string `form:"next"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	if form.Theme != "light" && form.Theme != "dark" {
		form.Theme = ""
	}
	if u := web.User(c); u != nil {
		if err := h.store.UpdateUserTheme(c.Request().Context(), web.Actor(c), u.ID, form.Theme); err != nil {
			return err
		}
	}
	h.web.KeepTheme(c, form.Theme)
	return c.Redirect(http.StatusSeeOther, link.Local(form.Next, link.Home()))
}
