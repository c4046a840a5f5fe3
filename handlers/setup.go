package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/views/accountpages"
)

// setUp makes the organisation of an empty instance and its first person, who is signed in then.
type setUp struct {
	web    *web.Web
	people *account.People
}

type setUpForm struct {
	Code         string `form:"code"`
	Organisation string `form:"organisation"`
	FirstName    string `form:"firstName"`
	LastName     string `form:"lastName"`
	Email        string `form:"email"`
	Password     string `form:"password,raw"`
	TimeZone     string `form:"timeZone"`
}

// show asks for all that is needed. Once there are people, there is nothing to set up. The code may come in the address,
// so that the log can print one that needs only a click.
func (h *setUp) show(c echo.Context) error {
	ready, err := h.people.Ready(c.Request().Context())
	if err != nil {
		return err
	}
	if ready {
		return web.Redirect(c, link.Home())
	}
	return web.Render(c, http.StatusOK, accountpages.SetUp(accountpages.SetUpProps{Code: web.Query(c, "code"), Zones: zones()}))
}

// create sets up.
func (h *setUp) create(c echo.Context) error {
	var form setUpForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	user, err := h.people.SetUp(ctx, account.SetUp{Code: form.Code, Organisation: form.Organisation, TimeZone: form.TimeZone, Person: account.Person{
		Email: form.Email, FirstName: form.FirstName, LastName: form.LastName, Password: form.Password, Language: i18n.Match(i18n.Lang(ctx)),
	}})
	if err != nil {
		return h.refuse(c, form, err)
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	secret, err := h.people.BeginSession(ctx, user, client)
	if err != nil {
		return err
	}
	if err := h.web.Begin(c, secret); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "setup.done"))
	return web.Redirect(c, link.Surveys())
}

func (h *setUp) refuse(c echo.Context, form setUpForm, err error) error {
	fields, status, refused := web.Refused(c, err)
	if !refused {
		return err
	}
	return web.Render(c, status, accountpages.SetUp(accountpages.SetUpProps{
		Code: form.Code, Organisation: form.Organisation, FirstName: form.FirstName, LastName: form.LastName, Email: form.Email,
		TimeZone: form.TimeZone, Zones: zones(), Errors: fields,
	}))
}
