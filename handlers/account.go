package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/views/accountpages"
)

// ownAccount is the page of one's own account.
type ownAccount struct {
	people *account.People
	store  *store.Store
}

// show shows profile, password and browsers.
func (h *ownAccount) show(c echo.Context) error {
	return h.render(c, http.StatusOK, accountpages.AccountProps{User: *web.User(c)})
}

// render fills in what every state of the page shows.
func (h *ownAccount) render(c echo.Context, status int, p accountpages.AccountProps) error {
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
	p.Tokens, p.Organisation, p.OrgZone, p.Zones = len(tokens), org.Name, org.TimeZone, zones()
	p.Languages = languageOptions(ctx)
	return web.Render(c, status, accountpages.Account(p))
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
		return h.render(c, status, accountpages.AccountProps{User: user, ProfileErrors: fields})
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
		return h.render(c, status, accountpages.AccountProps{User: *web.User(c), PasswordErrors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.password.changed"))
	return web.Redirect(c, link.Account())
}

// endSession signs one of the person's browsers out, also this one.
func (h *ownAccount) endSession(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("sessionID")
	if err := h.store.EndSession(ctx, web.Actor(c), id); err != nil {
		return err
	}
	if id == web.Session(c).ID {
		web.FlashOK(c, i18n.T(ctx, "signin.done_out"))
		return web.Redirect(c, link.SignIn())
	}
	web.FlashOK(c, i18n.T(ctx, "account.session.ended"))
	return web.Redirect(c, link.Account()+"#sessions")
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
