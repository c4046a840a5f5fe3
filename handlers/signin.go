package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/accountpages"
)

// signIn signs people in and out.
type signIn struct {
	web    *web.Web
	people *account.People
}

// show asks for address and password. Who is signed in already goes on.
func (h *signIn) show(c echo.Context) error {
	next := link.Local(web.Query(c, "next"), "")
	if web.User(c) != nil {
		return web.Redirect(c, link.Local(next, link.Home()))
	}
	if waits, _, err := h.web.Pending(c); err != nil {
		return err
	} else if waits != nil && web.Query(c, "again") == "" {
		return web.Redirect(c, link.With(link.SignInCode(), "next", next))
	}
	service, err := h.people.Service(c.Request().Context())
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, accountpages.SignIn(accountpages.SignInProps{Next: next, Service: service}))
}

// create signs in.
func (h *signIn) create(c echo.Context) error {
	var form struct {
		Email    string `form:"email"`
		Password string `form:"password,raw"`
		Next     string `form:"next"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	secret, _, err := h.people.SignIn(c.Request().Context(), form.Email, form.Password, client)
	if err != nil {
		return h.refuse(c, form.Email, form.Next, err)
	}
	if err := h.web.Begin(c, secret); err != nil {
		return err
	}
	return web.Redirect(c, link.Local(form.Next, link.Home()))
}

// refuse shows the form again. A wrong password is no 401: that would lead to this very page.
func (h *signIn) refuse(c echo.Context, email, next string, err error) error {
	fields, status, refused := web.Refused(c, err)
	if models.ErrorCode(err) == models.CodeUnauthorized {
		fields, status, refused = passwordRefused(err), http.StatusUnprocessableEntity, true
	}
	if !refused {
		return err
	}
	service, err := h.people.Service(c.Request().Context())
	if err != nil {
		return err
	}
	return web.Render(c, status, accountpages.SignIn(accountpages.SignInProps{Service: service, Email: email, Next: link.Local(next, ""), Errors: fields}))
}

// passwordRefused says why a password signs nobody in.
func passwordRefused(err error) []models.FieldError {
	f := models.Field("password", web.Key(err))
	if e, ok := errors.AsType[*models.Error](err); ok {
		f.Args = e.Args
	}
	return []models.FieldError{f}
}

// delete signs out.
func (h *signIn) delete(c echo.Context) error {
	if err := h.web.End(c); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), "signin.done_out"))
	return web.Redirect(c, link.SignIn())
}
