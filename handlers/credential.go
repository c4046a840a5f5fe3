package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/credential"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/credentialpages"
)

// credentials are the pages of credentials, and the way to OAuth providers and back.
type credentials struct {
	store  *store.Store
	lender *credential.Service
	base   link.Base
	clock  clock.Clock
}

// credentialRoutes are the rows of credentials. The way back from a provider by POST comes from another site: it changes
// nothing, and leads on to the one by GET (contract §3).
func credentialRoutes(d Deps) []web.Route {
	h := &credentials{store: d.Store, lender: d.Credentials, base: d.Base, clock: d.Clock}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternCredentials, h.list),
		page(get, link.PatternCredentialNew, h.new),
		page(post, link.PatternCredentials, h.create),
		page(get, link.PatternCredential, h.show),
		page(post, link.PatternCredential, h.update),
		page(post, link.PatternCredentialConnect, h.connect),
		page(post, link.PatternCredentialHandshake, h.handshake),
		page(post, link.PatternCredentialDelete, h.delete),
		page(get, link.PatternOAuthRedirect, h.finish),
		{Method: post, Pattern: link.PatternOAuthRedirect, Handler: h.forward, Guard: web.GuardNone, Origin: web.OriginApp, Limit: 64 << 10, Errors: plainProblem},
	}
}

func (h *credentials) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	all, err := h.store.Credentials(ctx, actor)
	if err != nil {
		return err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	uses, err := h.store.CredentialUses(ctx, actor, ids...)
	if err != nil {
		return err
	}
	p := credentialpages.CredentialsProps{Items: make([]credentialpages.CredentialItem, len(all))}
	for i, row := range all {
		p.Items[i] = credentialpages.CredentialItem{
			Credential: row, Own: row.OwnerID == actor.UserID, Uses: len(uses[row.ID]), Ends: row.CertificateEnds(h.clock.Now()),
		}
	}
	return web.Render(c, http.StatusOK, credentialpages.Credentials(p))
}

func (h *credentials) new(c echo.Context) error {
	form := credentialpages.CredentialForm{Type: models.CredentialType(web.Query(c, "type")), PKCE: true, GrantType: models.GrantAuthorizationCode, ClientAuthentication: models.ClientAuthHeader}
	p := credentialpages.CredentialNewProps{For: web.Query(c, "for")}
	switch form.Type {
	case models.CredentialBasic, models.CredentialAPIKey, models.CredentialOAuth2:
	default:
		form.Type = ""
	}
	if preset, ok := credential.PresetOf(web.Query(c, "preset")); ok {
		form.TokenEndpoint, form.AuthorizationEndpoint, form.Scopes = preset.TokenEndpoint, preset.AuthorizationEndpoint, preset.Scopes
		form.ClientAuthentication, form.AuthorizationParams = preset.ClientAuthentication, writeParams(preset.AuthorizationParams)
		form.AllowedHosts, form.Name = strings.Join(preset.AllowedHosts, "\n"), preset.Name
		p.Preset = credentialpages.CredentialPreset{ID: preset.ID, Name: preset.Name, Help: preset.Help}
	} else if host := h.hostFor(c, p.For); host != "" {
		form.AllowedHosts = host
	}
	p.Form = form
	return h.renderNew(c, http.StatusOK, p)
}

func (h *credentials) renderNew(c echo.Context, status int, p credentialpages.CredentialNewProps) error {
	p.RedirectURL, p.Admin = h.base.App(link.OAuthRedirect()), web.User(c).Role == models.RoleBrandAdmin
	for _, preset := range credential.Presets {
		one := credentialpages.CredentialPreset{ID: preset.ID, Name: preset.Name, Help: preset.Help}
		p.Presets = append(p.Presets, one)
		if preset.ID == p.Preset.ID {
			p.Preset = one
		}
	}
	return web.Render(c, status, credentialpages.CredentialNew(p))
}

func (h *credentials) create(c echo.Context) error {
	values, err := web.Values(c)
	if err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	form, in := readCredential(values)
	form.Type = models.CredentialType(values.Get("type"))
	in.Type = form.Type
	row, err := h.lender.Create(ctx, actor, in)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.renderNew(c, status, credentialpages.CredentialNewProps{
			Form: form, For: values.Get("for"), Preset: credentialpages.CredentialPreset{ID: values.Get("preset")}, Errors: fields,
		})
	}
	if err != nil {
		return err
	}
	back, err := h.attach(c, row, values.Get("for"))
	if err != nil {
		return err
	}
	if row.Type == models.CredentialOAuth2 {
		return h.begin(c, row, back)
	}
	web.FlashOK(c, i18n.T(ctx, "credential.created", "Name", row.Name))
	if back == "" {
		back = link.Credential(row.ID)
	}
	return web.Redirect(c, back)
}

// begin leads to a provider, or gets the token that needs no person, and then to a page.
func (h *credentials) begin(c echo.Context, row *models.Credential, back string) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	if row.GrantType == models.GrantAuthorizationCode {
		address, err := h.lender.Begin(ctx, actor, row.ID, web.Session(c).ID, back)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, credentialpages.CredentialContinue(credentialpages.CredentialContinueProps{Name: row.Name, URL: address}))
	}
	if back == "" {
		back = link.Credential(row.ID)
	}
	if err := h.lender.Connect(ctx, actor, row.ID); err != nil {
		text, known := words(c, err)
		if !known {
			return err
		}
		web.Flash(c, components.Flash{Tone: components.ToneBad, Text: text})
		return web.Redirect(c, link.Credential(row.ID))
	}
	web.FlashOK(c, i18n.T(ctx, "credential.connected", "Name", row.Name))
	return web.Redirect(c, back)
}

// words gives what a failed way to a provider tells people; false when it is a fault of ours.
func words(c echo.Context, err error) (string, bool) {
	ctx := c.Request().Context()
	if f, ok := errors.AsType[*credential.Error](err); ok {
		return i18n.TMap(ctx, f.Key, f.Args), true
	}
	if e, ok := errors.AsType[*models.Error](err); ok && (e.Code == models.CodeInvalid || e.Code == models.CodeConflict) {
		return i18n.TMap(ctx, e.Key, e.Args), true
	}
	return "", false
}

// connect begins the way to a provider anew.
func (h *credentials) connect(c echo.Context) error {
	row, err := h.store.Credential(c.Request().Context(), web.Actor(c), c.Param("credentialID"))
	if err != nil {
		return err
	}
	return h.begin(c, row, "")
}

// forward takes a form_post answer: without a session, which other sites' forms do not bring, it leads on to the address
// where there is one.
func (h *credentials) forward(c echo.Context) error {
	values, err := web.Values(c)
	if err != nil {
		return err
	}
	pairs := make([]string, 0, 8)
	for _, name := range []string{"code", "state", "error", "error_description"} {
		pairs = append(pairs, name, values.Get(name))
	}
	return c.Redirect(http.StatusSeeOther, link.With(h.base.App(link.OAuthRedirect()), pairs...))
}

// finish is the way back from a provider.
func (h *credentials) finish(c echo.Context) error {
	ctx := c.Request().Context()
	id, back, err := h.lender.Finish(ctx, web.Actor(c), web.Session(c).ID, credential.Return{
		State: web.Query(c, "state"), Code: c.QueryParam("code"), Error: web.Query(c, "error"), Description: web.Query(c, "error_description"),
	})
	page := link.Credentials()
	if id != "" {
		page = link.Credential(id)
	}
	if err != nil {
		text, known := words(c, err)
		if !known {
			return err
		}
		web.Flash(c, components.Flash{Tone: components.ToneBad, Text: text})
		return web.Redirect(c, page)
	}
	row, err := h.store.Credential(ctx, web.Actor(c), id)
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "credential.connected", "Name", row.Name))
	return web.Redirect(c, link.Local(back, page))
}

func (h *credentials) show(c echo.Context) error {
	p, err := h.page(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, credentialpages.Credential(p))
}

// page gathers what the page of a credential shows: to its editors also what of it is no secret.
func (h *credentials) page(c echo.Context) (credentialpages.CredentialProps, error) {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("credentialID")
	row, err := h.store.Credential(ctx, actor, id)
	if err != nil {
		return credentialpages.CredentialProps{}, err
	}
	p := credentialpages.CredentialProps{
		Credential: *row, Editable: row.EditableBy(actor), Admin: actor.Role == models.RoleBrandAdmin, Own: row.OwnerID == actor.UserID,
		RedirectURL: h.base.App(link.OAuthRedirect()), Now: h.clock.Now(),
	}
	if p.Editable {
		s, err := h.lender.Settings(ctx, actor, id)
		if err != nil {
			return p, err
		}
		p.Form = formOf(s)
	}
	uses, err := h.store.CredentialUses(ctx, actor, id)
	if err != nil {
		return p, err
	}
	for _, u := range uses[id] {
		p.Uses = append(p.Uses, credentialpages.CredentialUse{WorkflowID: u.WorkflowID, Name: u.Name, Enabled: u.Enabled})
	}
	return p, nil
}

func (h *credentials) update(c echo.Context) error {
	values, err := web.Values(c)
	if err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	p, err := h.page(c)
	if err != nil {
		return err
	}
	form, in := readCredential(values)
	if actor.Role != models.RoleBrandAdmin {
		in.Shared = nil // the form does not ask
	}
	row, err := h.lender.Update(ctx, actor, p.Credential.ID, in)
	if fields, status, refused := web.Refused(c, err); refused {
		form.Type, form.Certificate = p.Form.Type, p.Form.Certificate
		p.Form, p.Errors = form, fields
		return web.Render(c, status, credentialpages.Credential(p))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "credential.saved"))
	if row.Type == models.CredentialOAuth2 && row.Status == models.CredentialNotConnected && p.Credential.Status == models.CredentialReady {
		web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.T(ctx, "credential.saved.again")})
	}
	return web.Redirect(c, link.Credential(row.ID))
}

// handshake tries the client certificate with a server.
func (h *credentials) handshake(c echo.Context) error {
	var in struct {
		Address string `form:"address"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p, err := h.page(c)
	if err != nil {
		return err
	}
	if !p.Editable {
		return &models.Error{Code: models.CodeForbidden, Key: "credential.error.not_editor"}
	}
	p.Address = in.Address
	ctx := c.Request().Context()
	done, err := h.lender.Handshake(ctx, web.Actor(c), p.Credential.ID, in.Address)
	p.Handshake = &credentialpages.HandshakeResult{}
	switch e, ok := errors.AsType[*outbound.Error](err); {
	case ok:
		p.Handshake.Error = i18n.TMap(ctx, e.Key, e.Args)
	case err != nil:
		return err
	default:
		p.Handshake = &credentialpages.HandshakeResult{
			Version: done.Version, Server: serverName(done), Ends: done.Server.NotAfter, Asked: done.Asked, Took: done.Took,
		}
	}
	return web.Render(c, http.StatusOK, credentialpages.Credential(p))
}

// serverName names who a server says that it is.
func serverName(h *outbound.Handshake) string {
	if len(h.Server.DNSNames) > 0 {
		return h.Server.DNSNames[0]
	}
	return h.Server.Subject.CommonName
}

func (h *credentials) delete(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	row, err := h.store.Credential(ctx, actor, c.Param("credentialID"))
	if err != nil {
		return err
	}
	if err := h.store.DeleteCredential(ctx, actor, row.ID); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "credential.deleted", "Name", row.Name))
	return web.Redirect(c, link.Credentials())
}
