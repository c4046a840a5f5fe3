package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

// users are the pages on which brand admins let people in and out.
type users struct {
	people *account.People
	store  *store.Store
	base   link.Base
	clock  clock.Clock
}

// userRoutes are the rows of people.
func userRoutes(d Deps) []web.Route {
	h := &users{people: d.People, store: d.Store, base: d.Base, clock: d.Clock}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardAdmin, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternSettingsUsers, h.list),
		page(get, link.PatternSettingsInvites, h.list),
		page(post, link.PatternSettingsInvites, h.invite),
		page(post, link.PatternSettingsInviteDelete, h.deleteInvite),
		page(get, link.PatternSettingsServices, h.list),
		page(post, link.PatternSettingsServices, h.createService),
		page(post, link.PatternSettingsUserToken, h.rotateToken),
		page(get, link.PatternSettingsUser, h.show),
		page(post, link.PatternSettingsUserRole, h.saveRole),
		page(post, link.PatternSettingsUserReset, h.resetLink),
		page(post, link.PatternSettingsUserDisable, h.disable),
		page(post, link.PatternSettingsUserEnable, h.enable),
		page(post, link.PatternSettingsUserTakeOver, h.takeOver),
		page(post, link.PatternSettingsUserForget, h.forget),
		page(post, link.PatternSettingsUserTokenDelete, h.deleteToken),
	}
}

// list lists people and invitations.
func (h *users) list(c echo.Context) error {
	return h.render(c, http.StatusOK, settingspages.UsersProps{Invite: settingspages.InviteForm{Role: string(models.RoleMember), Mail: h.people.Mails()}})
}

func (h *users) render(c echo.Context, status int, p settingspages.UsersProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	filter := store.UserFilter{Search: cutRunes(web.Query(c, "q"), 200), Page: web.PageOf(c)}
	p.Search = filter.Search
	if state := web.Query(c, "state"); state == settingspages.UsersActive || state == settingspages.UsersDisabled {
		disabled := state == settingspages.UsersDisabled
		p.State, filter.Disabled = state, &disabled
	}
	found, next, err := h.store.UserList(ctx, actor, filter)
	if err != nil {
		return err
	}
	if p.Invites, err = h.store.Invites(ctx, actor); err != nil {
		return err
	}
	p.Users, p.Pager, p.Self, p.Now, p.Mails = found, pager(c, next), actor.UserID, h.clock.Now(), h.people.Mails()
	return web.Render(c, status, settingspages.Users(p))
}

// invite makes an invitation and shows its link this once: like a new token, a secret does not travel through an address
// or a cookie.
func (h *users) invite(c echo.Context) error {
	var form struct {
		Email string `form:"email"`
		Role  string `form:"role"`
		Mail  bool   `form:"mail"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	p := settingspages.UsersProps{Invite: settingspages.InviteForm{Email: form.Email, Role: form.Role, Mail: form.Mail}}
	in := account.NewInvite{Email: form.Email, Role: models.Role(form.Role), Mail: form.Mail}
	secret, _, err := h.people.Invite(c.Request().Context(), web.User(c), web.Actor(c), in)
	if fields, status, refused := web.Refused(c, err); refused {
		p.Errors = fields
		return h.render(c, status, p)
	}
	if err != nil {
		return err
	}
	p.Sent = form.Mail && h.people.Mails()
	p.Link = h.base.App(link.Invitation(secret))
	return h.render(c, http.StatusOK, p)
}

// createService makes a service account and shows its token this once, as invite does a link.
func (h *users) createService(c echo.Context) error {
	var form struct {
		Name string `form:"service"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	p := settingspages.UsersProps{Invite: settingspages.InviteForm{Role: string(models.RoleMember), Mail: h.people.Mails()}}
	token, made, err := h.people.CreateServiceAccount(c.Request().Context(), web.Actor(c), form.Name)
	if fields, status, refused := web.Refused(c, err); refused {
		p.Service = settingspages.ServiceForm{Name: form.Name, Errors: fields}
		return h.render(c, status, p)
	}
	if err != nil {
		return err
	}
	p.Service = settingspages.ServiceForm{Made: made, Token: token}
	return h.render(c, http.StatusOK, p)
}

// rotateToken makes a service account a new token and shows it this once.
func (h *users) rotateToken(c echo.Context) error {
	token, err := h.people.RotateServiceToken(c.Request().Context(), web.Actor(c), c.Param("userID"))
	if err != nil {
		return err
	}
	return h.renderUser(c, http.StatusOK, settingspages.UserProps{Token: token})
}

// deleteInvite ends an invitation.
func (h *users) deleteInvite(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.DeleteInvite(ctx, web.Actor(c), c.Param("inviteID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "users.invite.revoked"))
	return web.Redirect(c, link.SettingsUsers())
}

// show shows a person.
func (h *users) show(c echo.Context) error {
	return h.renderUser(c, http.StatusOK, settingspages.UserProps{})
}

func (h *users) renderUser(c echo.Context, status int, p settingspages.UserProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	u, err := h.store.User(ctx, actor, c.Param("userID"))
	if err != nil {
		return err
	}
	p.User, p.Self = *u, u.ID == actor.UserID
	p.User.PasswordHash = ""
	if p.Tokens, err = h.store.UserAPITokens(ctx, actor, u.ID); err != nil {
		return err
	}
	things, err := h.store.UserBelongings(ctx, actor, u.ID)
	if err != nil {
		return err
	}
	for _, b := range things {
		p.Belongings = append(p.Belongings, settingspages.UserBelongings{Kind: b.Kind, Count: int(b.N), Names: b.Names})
	}
	return web.Render(c, status, settingspages.SettingsUser(p))
}

// saveRole changes what a person may do.
func (h *users) saveRole(c echo.Context) error {
	var form struct {
		Role string `form:"role"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("userID")
	err := h.people.SetRole(ctx, web.Actor(c), id, models.Role(form.Role))
	if fields, status, refused := web.Refused(c, err); refused {
		return h.renderUser(c, status, settingspages.UserProps{Errors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "users.role.saved"))
	if id == web.User(c).ID && form.Role != string(models.RoleBrandAdmin) {
		return web.Redirect(c, link.Settings()) // this page is no longer for them
	}
	return web.Redirect(c, link.SettingsUser(id))
}

// resetLink makes a link for a new password and shows it this once.
func (h *users) resetLink(c echo.Context) error {
	token, _, err := h.people.ResetLink(c.Request().Context(), web.Actor(c), c.Param("userID"))
	if err != nil {
		return err
	}
	return h.renderUser(c, http.StatusOK, settingspages.UserProps{ResetLink: h.base.App(link.PasswordReset(token))})
}

// disable takes a person's access away.
func (h *users) disable(c echo.Context) error {
	if c.Param("userID") == web.User(c).ID {
		return models.Conflict("people.error.self", nil)
	}
	return h.change(c, "users.disabled", func(a models.Actor, id string) error {
		return h.store.SetUserDisabled(c.Request().Context(), a, id, true)
	})
}

// enable gives it back.
func (h *users) enable(c echo.Context) error {
	return h.change(c, "users.enabled", func(a models.Actor, id string) error {
		return h.store.SetUserDisabled(c.Request().Context(), a, id, false)
	})
}

// takeOver gives the brand admin what belongs to a disabled person.
func (h *users) takeOver(c echo.Context) error {
	return h.change(c, "users.taken_over", func(a models.Actor, id string) error {
		return h.store.TakeOverFrom(c.Request().Context(), a, id)
	})
}

// forget removes what says who a disabled person is.
func (h *users) forget(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.ForgetUser(ctx, web.Actor(c), c.Param("userID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "users.forgotten"))
	return web.Redirect(c, link.SettingsUsers())
}

// deleteToken revokes an API token of a person.
func (h *users) deleteToken(c echo.Context) error {
	return h.change(c, "account.token.deleted", func(a models.Actor, _ string) error {
		return h.store.RevokeAPIToken(c.Request().Context(), a, c.Param("tokenID"))
	})
}

// change does something to a person and goes back to their page, which tells it.
func (h *users) change(c echo.Context, said string, do func(models.Actor, string) error) error {
	id := c.Param("userID")
	if err := do(web.Actor(c), id); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), said))
	return web.Redirect(c, link.SettingsUser(id))
}
