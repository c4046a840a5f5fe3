package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/accountpages"
)

// reset lets people choose a new password when they have lost theirs.
type reset struct {
	web    *web.Web
	people *account.People
}

// resetRoutes are the rows about lost passwords.
func resetRoutes(d Deps) []web.Route {
	h := &reset{web: d.Web, people: d.People}
	return []web.Route{
		{Method: get, Pattern: link.PatternForgot, Handler: h.ask, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternForgot, Handler: h.send, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternPasswordReset, Handler: h.show, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternPasswordReset, Handler: h.update, Guard: web.GuardVisitor, Origin: web.OriginApp},
	}
}

// ask asks for the address.
func (h *reset) ask(c echo.Context) error {
	return web.Render(c, http.StatusOK, accountpages.ForgotPassword(accountpages.ForgotPasswordProps{Email: web.Query(c, "email"), Mails: h.people.Mails()}))
}

// send mails a link, and says the same whether or not there is such a person.
func (h *reset) send(c echo.Context) error {
	var form struct {
		Email string `form:"email"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	err = h.people.RequestReset(c.Request().Context(), form.Email, client)
	if fields, status, refused := web.Refused(c, err); refused {
		return web.Render(c, status, accountpages.ForgotPassword(accountpages.ForgotPasswordProps{Email: form.Email, Mails: h.people.Mails(), Errors: fields}))
	}
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, accountpages.ForgotPassword(accountpages.ForgotPasswordProps{Email: form.Email, Mails: true, Done: true}))
}

// show asks for the new password. It uses the link not up: programs that check mails open every link in them.
func (h *reset) show(c echo.Context) error {
	u, err := h.people.ResetUser(c.Request().Context(), c.Param("token"))
	if models.ErrorCode(err) == models.CodeNotFound {
		return web.Render(c, http.StatusNotFound, accountpages.ResetOver(accountpages.ResetOverProps{Mails: h.people.Mails()}))
	}
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, accountpages.ResetPassword(accountpages.ResetPasswordProps{Token: c.Param("token"), Email: u.Email}))
}

// update writes the new password. Nobody is signed in by it: whoever has a second factor must still show it.
func (h *reset) update(c echo.Context) error {
	var form struct {
		Password string `form:"password,raw"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	ctx, token := c.Request().Context(), c.Param("token")
	err = h.people.ResetPassword(ctx, token, form.Password, client)
	if models.ErrorCode(err) == models.CodeNotFound {
		return web.Render(c, http.StatusNotFound, accountpages.ResetOver(accountpages.ResetOverProps{Mails: h.people.Mails()}))
	}
	if fields, status, refused := web.Refused(c, err); refused {
		u, err := h.people.ResetUser(ctx, token)
		if err != nil {
			return err
		}
		return web.Render(c, status, accountpages.ResetPassword(accountpages.ResetPasswordProps{Token: token, Email: u.Email, Errors: fields}))
	}
	if err != nil {
		return err
	}
	if err := h.web.End(c); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "reset.done"))
	return web.Redirect(c, link.SignIn())
}
