package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/credential"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

// maxDomains is how many domains the list may have.
const maxDomains = 200

// domainSettings are the only domains that workflows may call, a part of the page about security.
type domainSettings struct {
	page    *signInService
	store   *store.Store
	domains *credential.Domains
}

func domainRoutes(d Deps) []web.Route {
	h := &domainSettings{page: newSignInService(d), store: d.Store, domains: d.Domains}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsDomains, Handler: h.moved, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecurityDomains, Handler: h.save, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

// moved leads from the page that the list once had.
func (h *domainSettings) moved(c echo.Context) error {
	return c.Redirect(http.StatusMovedPermanently, link.SettingsSecurity()+"#domains")
}

func (h *domainSettings) save(c echo.Context) error {
	var in struct {
		Domains string `form:"allowedDomains"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	list, problem := domainsOf(in.Domains)
	if problem != nil {
		return h.page.render(c, http.StatusUnprocessableEntity, settingspages.SettingsSecurityProps{Domains: &in.Domains, DomainErrors: []models.FieldError{*problem}})
	}
	if err := h.store.SetAllowedDomains(ctx, web.Actor(c), strings.Join(list, "\n")); err != nil {
		return err
	}
	h.domains.Changed()
	web.FlashOK(c, i18n.T(ctx, "settings.domains.saved"))
	return web.Redirect(c, link.SettingsSecurity()+"#domains")
}

// domainsOf reads a list of domains.
func domainsOf(text string) ([]string, *models.FieldError) {
	entries := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;\n\t", r) })
	if len(entries) > maxDomains {
		f := models.Field("allowedDomains", "settings.domains.error.many", "Max", maxDomains)
		return nil, &f
	}
	list, err := outbound.ParseHosts(entries)
	if e, ok := errors.AsType[*outbound.HostError](err); ok {
		f := models.Field("allowedDomains", e.Key, "Entry", e.Entry)
		return nil, &f
	}
	return list.Strings(), nil
}
