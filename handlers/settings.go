package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/settingspages"
)

// settings are the pages about the organisation. Pages of a feature are beside it.
type settings struct {
	people    *account.People
	store     *store.Store
	retention time.Duration // how long runs are kept when the organisation says nothing else
}

// settingsRoutes are the rows of the settings. The first page is found by who asks.
func settingsRoutes(d Deps) []web.Route {
	h := &settings{people: d.People, store: d.Store, retention: d.Retention}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettings, Handler: h.first, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsOrganisation, Handler: h.organisation, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsOrganisation, Handler: h.saveOrganisation, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsInvitations, Handler: h.saveInvitations, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

// first leads to the first page that the visitor may see.
func (h *settings) first(c echo.Context) error {
	if web.User(c).Role == models.RoleBrandAdmin {
		return web.Redirect(c, link.SettingsOrganisation())
	}
	return web.Redirect(c, link.SettingsAPI())
}

// organisation shows what holds for everybody.
func (h *settings) organisation(c echo.Context) error {
	o := web.Organisation(c)
	return h.renderOrganisation(c, http.StatusOK, organisationOf(o))
}

// organisationOf gives the form of an organisation as it is.
func organisationOf(o *models.Organisation) settingspages.OrganisationProps {
	return settingspages.OrganisationProps{
		Name: o.Name, TimeZone: o.TimeZone, Language: o.Language, Retention: number(o.RetentionDays), InviteMax: number(o.InviteMax), InviteDays: number(o.InviteDays),
	}
}

// saveInvitations says how often one person is invited.
func (h *settings) saveInvitations(c echo.Context) error {
	var form struct {
		Max  string `form:"inviteMax"`
		Days string `form:"inviteDays"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	var wrong []models.FieldError
	read := func(field, text, key string, most int) int {
		if form.Max == "" && form.Days == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			wrong = append(wrong, models.Field(field, key, "Max", most))
		}
		return n
	}
	most := read("inviteMax", form.Max, "settings.invitations.error.max", models.InviteMaxLimit)
	days := read("inviteDays", form.Days, "settings.invitations.error.days", models.CollectorMaxDays)
	if len(wrong) > 0 {
		p := organisationOf(web.Organisation(c))
		p.InviteMax, p.InviteDays, p.InviteErrors = form.Max, form.Days, wrong
		return h.renderOrganisation(c, http.StatusUnprocessableEntity, p)
	}
	ctx := c.Request().Context()
	if err := h.store.SetInviteLimit(ctx, web.Actor(c), most, days); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "settings.saved"))
	return web.Redirect(c, link.SettingsOrganisation())
}

func (h *settings) renderOrganisation(c echo.Context, status int, p settingspages.OrganisationProps) error {
	p.Zones, p.Languages, p.DefaultDays = zones(), languageOptions(c.Request().Context()), int(h.retention/(24*time.Hour))
	return web.Render(c, status, settingspages.SettingsOrganisation(p))
}

// saveOrganisation saves it.
func (h *settings) saveOrganisation(c echo.Context) error {
	var form struct {
		Name      string `form:"name"`
		TimeZone  string `form:"timeZone"`
		Language  string `form:"language"`
		Retention string `form:"retention"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	in := models.Organisation{Name: form.Name, TimeZone: form.TimeZone, Language: form.Language, RetentionDays: retentionDays(form.Retention)}
	err := h.people.SaveOrganisation(ctx, web.Actor(c), in)
	if fields, status, refused := web.Refused(c, err); refused {
		p := organisationOf(web.Organisation(c))
		p.Name, p.TimeZone, p.Language, p.Retention, p.Errors = form.Name, form.TimeZone, form.Language, form.Retention, fields
		return h.renderOrganisation(c, status, p)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "settings.saved"))
	return web.Redirect(c, link.SettingsOrganisation())
}

// languageOptions are the languages that the app speaks.
func languageOptions(ctx context.Context) []components.Option {
	var all []components.Option
	for _, lang := range i18n.Languages() {
		all = append(all, components.Option{Value: lang, Label: i18n.T(ctx, "person.language."+lang)})
	}
	return all
}

// retentionDays reads a number of days: 0 for nothing, and -1, which is refused, for anything else than a number over 0.
func retentionDays(text string) int {
	if text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return -1
}
