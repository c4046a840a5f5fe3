package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/accountpages"
)

// invite is the page that an invitation leads to.
type invite struct {
	web    *web.Web
	people *account.People
	store  *store.Store
}

// show asks for name and password. It changes nothing: programs that look at links in mails open it, too.
func (h *invite) show(c echo.Context) error {
	v, err := h.people.Invitation(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, v, accountpages.InviteProps{})
}

func (h *invite) render(c echo.Context, status int, v *models.Invite, p accountpages.InviteProps) error {
	o, err := h.store.TheOrganisation(c.Request().Context())
	if err != nil {
		return err
	}
	p.Secret, p.Email, p.Organisation = c.Param("token"), v.Email, o.Name
	if u := web.User(c); u != nil {
		p.SignedIn = u.Email
	}
	return web.Render(c, status, accountpages.Invite(p))
}

// accept makes the person and signs them in.
func (h *invite) accept(c echo.Context) error {
	var form struct {
		FirstName string `form:"firstName"`
		LastName  string `form:"lastName"`
		Password  string `form:"password,raw"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, secret := c.Request().Context(), c.Param("token")
	v, err := h.people.Invitation(ctx, secret)
	if err != nil {
		return err
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	u, err := h.people.AcceptInvite(ctx, secret, account.Person{
		FirstName: form.FirstName, LastName: form.LastName, Password: form.Password, Language: i18n.Lang(ctx),
	})
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, v, accountpages.InviteProps{FirstName: form.FirstName, LastName: form.LastName, Errors: fields})
	}
	if err != nil {
		return err
	}
	session, err := h.people.BeginSession(ctx, u, client)
	if err != nil {
		return err
	}
	if err := h.web.Begin(c, session); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "invite.done"))
	return web.Redirect(c, link.Home())
}
