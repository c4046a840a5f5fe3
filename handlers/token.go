package handlers

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

// tokens are a person's API tokens, a part of the page for people who write programs.
type tokens struct {
	people *account.People
	store  *store.Store
	base   link.Base
}

func tokenRoutes(d Deps) []web.Route {
	h := &tokens{people: d.People, store: d.Store, base: d.Base}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsAPI, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternAccountTokens, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountTokens, Handler: h.create, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternAccountToken, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountToken, Handler: h.save, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountTokenDelete, Handler: h.delete, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternAccountClients, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountClients, Handler: h.createClient, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternAccountClient, Handler: h.showClient, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountClient, Handler: h.saveClient, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountClientRevoke, Handler: h.revokeClient, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

// list tells where the API is, how to begin, and with which tokens. The address may name what a new one is for.
func (h *tokens) list(c echo.Context) error {
	return h.render(c, http.StatusOK, settingspages.TokensProps{Form: settingspages.TokenForm{Scope: web.Query(c, "scope")}}, settingspages.ClientsProps{})
}

func (h *tokens) render(c echo.Context, status int, p settingspages.TokensProps, clients settingspages.ClientsProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var err error
	if p.Tokens, err = h.store.APITokens(ctx, actor); err != nil {
		return err
	}
	if p.Named, err = h.store.ScopeNames(ctx, p.Tokens); err != nil {
		return err
	}
	if p.Scopes, err = h.store.TokenScopes(ctx, actor); err != nil {
		return err
	}
	clients.Endpoint = h.base.App(link.PatternOAuthToken)
	if clients.Clients, err = h.store.APIClients(ctx, actor); err != nil {
		return err
	}
	return web.Render(c, status, settingspages.SettingsAPI(settingspages.SettingsAPIProps{
		Base: h.base.API(""), Whoami: h.base.App(link.PatternAPIWhoami), BrandID: web.Organisation(c).ID, UserID: web.User(c).ID, Admin: web.User(c).Role == models.RoleBrandAdmin, Tokens: p, Clients: clients,
	}))
}

// tokenForm is what a token's form sends.
type tokenForm struct {
	Name    string `form:"name"`
	Scope   string `form:"scope"`
	Rate    string `form:"rate"`
	Burst   string `form:"burst"`
	Timeout string `form:"timeout"`
}

// settings reads the form. What is no number is refused as one that is out of range.
func (f tokenForm) settings() account.TokenSettings {
	number := func(text string) int {
		if text == "" {
			return 0
		}
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		return -1
	}
	in := account.TokenSettings{Name: f.Name, Scope: f.Scope}
	if in.Scope == "" {
		in.Scope = models.TokenScopeAll
	}
	in.RatePerSecond, in.Burst, in.TimeoutSeconds = number(f.Rate), number(f.Burst), number(f.Timeout)
	return in
}

// create makes an API token and shows it this once. It is the one form whose success is a page and no redirect:
// a secret does not travel through an address or a cookie. Sending the form again makes another token.
func (h *tokens) create(c echo.Context) error {
	var form tokenForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	secret, token, err := h.people.CreateTokenWith(c.Request().Context(), web.Actor(c), form.settings())
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, settingspages.TokensProps{Form: settingspages.TokenForm(form), Errors: fields}, settingspages.ClientsProps{})
	}
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, settingspages.TokensProps{New: secret, Made: token.Name}, settingspages.ClientsProps{})
}

// show shows one of the person's tokens.
func (h *tokens) show(c echo.Context) error {
	token, err := h.store.APIToken(c.Request().Context(), web.Actor(c), c.Param("tokenID"))
	if err != nil {
		return err
	}
	return h.renderOne(c, http.StatusOK, settingspages.TokenProps{Token: *token, Form: settingspages.NewTokenForm(token)})
}

func (h *tokens) renderOne(c echo.Context, status int, p settingspages.TokenProps) error {
	var err error
	if p.Named, err = h.store.ScopeNames(c.Request().Context(), []models.APIToken{p.Token}); err != nil {
		return err
	}
	return web.Render(c, status, settingspages.SettingsToken(p))
}

// save changes name and limits of one of the person's tokens.
func (h *tokens) save(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	token, err := h.store.APIToken(ctx, actor, c.Param("tokenID"))
	if err != nil {
		return err
	}
	var form tokenForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	err = h.people.SaveToken(ctx, actor, token.ID, form.settings())
	if fields, status, refused := web.Refused(c, err); refused {
		return h.renderOne(c, status, settingspages.TokenProps{Token: *token, Form: settingspages.TokenForm(form), Errors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.token.saved"))
	return web.Redirect(c, link.SettingsAPI()+"#tokens")
}

// delete revokes one of the person's tokens; not one of others, which brand admins reach elsewhere.
func (h *tokens) delete(c echo.Context) error {
	ctx := c.Request().Context()
	own := web.Actor(c)
	own.Role = models.RoleMember
	if err := h.store.RevokeAPIToken(ctx, own, c.Param("tokenID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.token.deleted"))
	return web.Redirect(c, link.SettingsAPI()+"#tokens")
}

// clientForm is what a client's form sends.
type clientForm struct {
	Name    string   `form:"client.name"`
	Rate    string   `form:"client.rate"`
	Burst   string   `form:"client.burst"`
	Timeout string   `form:"client.timeout"`
	Scopes  []string `form:"scopes"`
}

// token is the form as that of a token, which has the same limits.
func (f *clientForm) token() tokenForm {
	return tokenForm{Name: f.Name, Rate: f.Rate, Burst: f.Burst, Timeout: f.Timeout}
}

// createClient makes an OAuth client and shows its secret this once, as [tokens.create] does.
func (h *tokens) createClient(c echo.Context) error {
	var form clientForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	secret, made, err := h.people.CreateClient(c.Request().Context(), web.Actor(c), form.token().settings(), form.Scopes)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, settingspages.TokensProps{}, settingspages.ClientsProps{Form: settingspages.TokenForm(form.token()), Scopes: form.Scopes, Errors: fields})
	}
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, settingspages.TokensProps{}, settingspages.ClientsProps{Made: made, Secret: secret})
}

// showClient shows one of the person's OAuth clients.
func (h *tokens) showClient(c echo.Context) error {
	client, err := h.store.APIClient(c.Request().Context(), web.Actor(c), models.CleanText(c.Param("clientID")))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, settingspages.SettingsClient(settingspages.NewClientProps(client)))
}

// saveClient changes name, scopes and limits of one of the person's OAuth clients.
func (h *tokens) saveClient(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	client, err := h.store.APIClient(ctx, actor, models.CleanText(c.Param("clientID")))
	if err != nil {
		return err
	}
	var form clientForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	err = h.people.SaveClient(ctx, actor, client.ID, form.token().settings(), form.Scopes)
	if fields, status, refused := web.Refused(c, err); refused {
		p := settingspages.ClientProps{Client: *client, Form: settingspages.TokenForm(form.token()), Scopes: form.Scopes, Errors: fields}
		return web.Render(c, status, settingspages.SettingsClient(p))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.client.saved"))
	return web.Redirect(c, link.SettingsAPI()+"#clients")
}

// revokeClient ends one of the person's OAuth clients, and the tokens that it got.
func (h *tokens) revokeClient(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.RevokeAPIClient(ctx, web.Actor(c), models.CleanText(c.Param("clientID"))); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "account.client.revoked"))
	return web.Redirect(c, link.SettingsAPI()+"#clients")
}
