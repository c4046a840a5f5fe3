package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

// certificates are the client certificates for the API, for brand admins.
type certificates struct {
	store   *store.Store
	service *clientcert.Service
}

func certificateRoutes(d Deps) []web.Route {
	h := &certificates{store: d.Store, service: d.Certificates}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsCertificates, Handler: h.list, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsCertificates, Handler: h.create, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsCertificatesRequired, Handler: h.require, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsAuthority, Handler: h.authority, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsCertificateFile, Handler: h.file, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsCertificateRevoke, Handler: h.revoke, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

// list shows the certificates, and in full the one that was just issued.
func (h *certificates) list(c echo.Context) error {
	var p settingspages.CertificatesProps
	if id := web.Query(c, "issued"); id != "" {
		issued, err := h.store.ClientCertificate(c.Request().Context(), web.Actor(c), id)
		if err != nil {
			return err
		}
		p.Issued = issued
	}
	return h.render(c, http.StatusOK, p)
}

func (h *certificates) render(c echo.Context, status int, p settingspages.CertificatesProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var next string
	var err error
	if p.Certificates, next, err = h.store.ClientCertificates(ctx, actor, web.PageOf(c)); err != nil {
		return err
	}
	people := make([]string, len(p.Certificates))
	for i := range p.Certificates {
		people[i] = p.Certificates[i].UserID
	}
	if p.People, err = h.store.People(ctx, actor, people...); err != nil {
		return err
	}
	active, err := h.store.ActiveClientCertificates(ctx, actor.OrgID)
	if err != nil {
		return err
	}
	p.Pager, p.Active, p.Authority = pager(c, next), len(active), len(p.Certificates) > 0
	p.Required, p.Blocked = web.Organisation(c).RequireCertificate, h.service.Blocked(active)
	return web.Render(c, status, settingspages.SettingsCertificates(p))
}

// create issues a certificate. A private key that was pasted by mistake goes back into no page.
func (h *certificates) create(c echo.Context) error {
	var form struct {
		Request string `form:"certificateRequest"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	made, err := h.service.Issue(c.Request().Context(), web.Actor(c), form.Request)
	if fields, status, refused := web.Refused(c, err); refused {
		if strings.Contains(form.Request, "PRIVATE KEY") {
			form.Request = ""
		}
		return h.render(c, status, settingspages.CertificatesProps{Request: form.Request, Errors: fields})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, link.With(link.SettingsCertificates(), "issued", made.ID))
}

// require says whether the API takes calls with a certificate alone.
func (h *certificates) require(c echo.Context) error {
	var form struct {
		Required bool `form:"required"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := h.service.Require(ctx, web.Actor(c), form.Required); err != nil {
		return err
	}
	done := "certificate.require.turned_off"
	if form.Required {
		done = "certificate.require.turned_on"
	}
	web.FlashOK(c, i18n.T(ctx, done))
	return web.Redirect(c, link.SettingsCertificates()+"#required")
}

// revoke ends a certificate.
func (h *certificates) revoke(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.RevokeClientCertificate(ctx, web.Actor(c), models.CleanText(c.Param("certificateID"))); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "certificate.revoked"))
	return web.Redirect(c, link.SettingsCertificates()+"#list")
}

// authority gives the certificate of the authority as a file.
func (h *certificates) authority(c echo.Context) error {
	text, err := h.service.Authority(c.Request().Context(), web.Actor(c))
	if err != nil {
		return err
	}
	return pemFile(c, "client-authority.pem", text)
}

// file gives a certificate as a file.
func (h *certificates) file(c echo.Context) error {
	row, err := h.store.ClientCertificate(c.Request().Context(), web.Actor(c), models.CleanText(c.Param("certificateID")))
	if err != nil {
		return err
	}
	return pemFile(c, row.ID+".pem", row.Certificate)
}

func pemFile(c echo.Context, name, text string) error {
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "application/x-pem-file", []byte(text))
}
