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
	"surveyflow/views/settingspages"
)

// signInService signs people in at the organisation's sign-in service, and lets brand admins say which one that is.
type signInService struct {
	web    *web.Web
	people *account.People
	store  *store.Store
	base   link.Base
}

func newSignInService(d Deps) *signInService {
	return &signInService{web: d.Web, people: d.People, store: d.Store, base: d.Base}
}

// signInServiceRoutes are the rows about the sign-in service and the page about how people sign in.
func signInServiceRoutes(d Deps) []web.Route {
	h := newSignInService(d)
	return []web.Route{
		{Method: get, Pattern: link.PatternSignInService, Handler: h.begin, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSignInReturn, Handler: h.finish, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsSecurity, Handler: h.show, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecurityFactor, Handler: h.require, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecurityService, Handler: h.save, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecurityTest, Handler: h.test, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

const (
	flowCookie  = "surveyflow_sign_in"
	flowSeconds = 600
)

// flowCookieOf makes the cookie that keeps a sign-in under way, sealed. It comes back from the service's page because it is
// lax.
func (h *signInService) flowCookieOf(value string, age int) *http.Cookie {
	name := flowCookie
	if h.base.Secure() {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.base.Secure(), SameSite: http.SameSiteLaxMode}
}

func (h *signInService) redirectURL() string { return h.base.App(link.SignInReturn()) }

// begin leads to the sign-in service. It is a GET, because a form may not be answered with a page of somebody else's
// (form-action); all it leaves is a cookie of its own.
func (h *signInService) begin(c echo.Context) error {
	next := link.Local(web.Query(c, "next"), "")
	if web.User(c) != nil {
		return web.Redirect(c, link.Local(next, link.Home()))
	}
	address, flow, err := h.people.BeginService(c.Request().Context(), h.redirectURL(), next)
	if err != nil {
		return h.refuse(c, next, err)
	}
	c.SetCookie(h.flowCookieOf(flow, flowSeconds))
	return c.Redirect(http.StatusSeeOther, address)
}

// finish takes what the sign-in service sends back.
func (h *signInService) finish(c echo.Context) error {
	ctx := c.Request().Context()
	cookie, err := c.Cookie(h.flowCookieOf("", 0).Name)
	c.SetCookie(h.flowCookieOf("", -1)) // it is for one use
	if err != nil {
		return h.refuse(c, "", models.Conflict("oidc.error.state", nil))
	}
	if code := web.Query(c, "error"); code != "" {
		return h.refuse(c, "", models.Conflict("oidc.error.refused", map[string]any{"Code": code, "Text": web.Query(c, "error_description")}))
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	secret, next, err := h.people.FinishService(ctx, h.redirectURL(), cookie.Value, web.Query(c, "state"), web.Query(c, "code"), client)
	if err != nil {
		return h.refuse(c, "", err)
	}
	if err := h.web.Begin(c, secret); err != nil {
		return err
	}
	return web.Redirect(c, link.Local(next, link.Home()))
}

// refuse shows the sign-in page with what went wrong.
func (h *signInService) refuse(c echo.Context, next string, err error) error {
	fields, status, refused := web.Refused(c, err)
	if !refused {
		return err
	}
	service, err := h.people.Service(c.Request().Context())
	if err != nil {
		return err
	}
	return web.Render(c, status, accountpages.SignIn(accountpages.SignInProps{Next: next, Errors: fields, Service: service}))
}

// show shows how people sign in.
func (h *signInService) show(c echo.Context) error {
	return h.render(c, http.StatusOK, settingspages.SettingsSecurityProps{})
}

// render fills in what every state of the page shows. A service that is given is what was typed.
func (h *signInService) render(c echo.Context, status int, p settingspages.SettingsSecurityProps) error {
	saved, err := h.store.SignInService(c.Request().Context(), web.Actor(c).OrgID)
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		return err
	}
	p.HasSecret = saved != nil && saved.ClientSecretSealed != ""
	p.Saved = saved != nil
	if p.Service == nil {
		p.Service = saved
	}
	if p.Service == nil {
		p.Service = &models.SignInService{Scopes: "email profile"}
	}
	if p.Domains == nil {
		domains, err := h.store.AllowedDomains(c.Request().Context(), web.Actor(c).OrgID)
		if err != nil {
			return err
		}
		p.Domains = &domains
	}
	p.RedirectURL, p.Required = h.redirectURL(), web.Organisation(c).RequireSecondFactor
	return web.Render(c, status, settingspages.SettingsSecurity(p))
}

// require says whether a second factor is required.
func (h *signInService) require(c echo.Context) error {
	var form struct {
		Required bool `form:"required"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := h.store.RequireSecondFactor(ctx, web.Actor(c), form.Required); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "settings.saved"))
	return web.Redirect(c, link.SettingsSecurity())
}

// save saves the sign-in service.
func (h *signInService) save(c echo.Context) error {
	var form struct {
		Enabled       bool   `form:"enabled"`
		Name          string `form:"name"`
		Issuer        string `form:"issuer"`
		ClientID      string `form:"clientId"`
		ClientSecret  string `form:"clientSecret,raw"`
		Scopes        string `form:"scopes"`
		Domains       string `form:"domains"`
		CreateMembers bool   `form:"createMembers"`
		OnlyWay       bool   `form:"onlyWay"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	in := models.SignInService{
		Enabled: form.Enabled, Name: form.Name, Issuer: form.Issuer, ClientID: form.ClientID, Scopes: form.Scopes, Domains: form.Domains,
		CreateMembers: form.CreateMembers, OnlyWay: form.OnlyWay,
	}
	err := h.people.SaveService(ctx, web.Actor(c), in, form.ClientSecret)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, settingspages.SettingsSecurityProps{Service: &in, Errors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "settings.saved"))
	return web.Redirect(c, link.SettingsSecurity()+"#service")
}

// test asks the sign-in service about itself and says what came of it.
func (h *signInService) test(c echo.Context) error {
	err := h.people.TestService(c.Request().Context(), web.Actor(c))
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, settingspages.SettingsSecurityProps{Tested: true, Failure: &fields[0]})
	}
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, settingspages.SettingsSecurityProps{Tested: true})
}
