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
	"surveyflow/views"
	"surveyflow/views/components"
)

// ownAccount is the page of one's own account.
type ownAccount struct {
	people *account.People
	store  *store.Store
}

// show shows profile, tokens and password.
func (h *ownAccount) show(c echo.Context) error {
	return h.render(c, http.StatusOK, views.AccountProps{User: *web.User(c)})
}

// render fills in what every state of the page shows.
func (h *ownAccount) render(c echo.Context, status int, p views.AccountProps) error {
	ctx := c.Request().Context()
	tokens, err := h.store.APITokens(ctx, web.Actor(c))
	if err != nil {
		return err
	}
	if p.Sessions, err = h.store.Sessions(ctx, web.Actor(c)); err != nil {
		return err
	}
	org := web.Organisation(c)
	p.Session = web.Session(c).ID
	p.Tokens, p.Organisation, p.OrgZone, p.Zones = tokens, org.Name, org.TimeZone, zones()
	for _, lang := range i18n.Languages() {
		p.Languages = append(p.Languages, components.Option{Value: lang, Label: i18n.T(ctx, "person.language."+lang)})
	}
	return web.Render(c, status, views.Account(p))
}

// savePreferences saves name, language, time zone and theme.
func (h *ownAccount) savePreferences(c echo.Context) error {
	var form struct {
		FirstName string `form:"firstName"`
		LastName  string `form:"lastName"`
		Language  string `form:"language"`
		TimeZone  string `form:"timeZone"`
		Theme     string `form:"theme"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	if form.Theme == "system" {
		form.Theme = ""
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	err := h.people.SaveProfile(ctx, actor, account.Profile{FirstName: form.FirstName, LastName: form.LastName, Language: form.Language, TimeZone: form.TimeZone})
	if err == nil {
		err = h.people.SetTheme(ctx, actor, form.Theme)
	}
	if fields, status, refused := web.Refused(c, err); refused {
		user := *web.User(c)
		user.FirstName, user.LastName, user.Language, user.TimeZone, user.Theme = form.FirstName, form.LastName, form.Language, form.TimeZone, form.Theme
		return h.render(c, status, views.AccountProps{User: user, ProfileErrors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(i18n.WithLocale(ctx, form.Language), "account.saved"))
	return web.Redirect(c, link.Account())
}

// changePassword changes the password and signs all other browsers out.
func (h *ownAccount) changePassword(c echo.Context) error {
	var form struct {
		Current  string `form:"current,raw"`
		Password string `form:"password,raw"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	err := h.people.ChangePassword(ctx, web.Actor(c), web.Session(c).ID, form.Current, form.Password)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, views.AccountProps{User: *web.User(c), PasswordErrors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.password.changed"))
	return web.Redirect(c, link.Account())
}

// createToken makes an API token and shows it this once. It is the one form whose success is a page and no redirect:
// a secret does not travel through an address or a cookie. Sending the form again makes another token.
func (h *ownAccount) createToken(c echo.Context) error {
	var form struct {
		Name string `form:"name"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	secret, token, err := h.people.CreateToken(c.Request().Context(), web.Actor(c), form.Name)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, views.AccountProps{User: *web.User(c), TokenErrors: fields, TokenName: form.Name})
	}
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.AccountProps{User: *web.User(c), NewToken: secret, NewTokenName: token.Name})
}

// deleteToken revokes one of the person's tokens; not one of others, which brand admins reach elsewhere.
func (h *ownAccount) deleteToken(c echo.Context) error {
	ctx := c.Request().Context()
	own := web.Actor(c)
	own.Role = models.RoleMember
	if err := h.store.RevokeAPIToken(ctx, own, c.Param("tokenID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.token.deleted"))
	return web.Redirect(c, link.Account()+"#tokens")
}

// endSessions signs the person's other browsers out.
func (h *ownAccount) endSessions(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.EndOtherSessions(ctx, web.Actor(c), web.Session(c).ID); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.sessions.ended"))
	return web.Redirect(c, link.Account())
}
