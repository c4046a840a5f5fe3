package handlers

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"rsc.io/qr"

	"surveyflow/handlers/web"
	"surveyflow/internal/distribution"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/collectorpages"
	"surveyflow/views/components"
)

// collectorRoutes are the rows of the pages of one collector.
func collectorRoutes(d Deps) []web.Route {
	h := &collectors{store: d.Store, surveys: d.Surveys, base: d.Base, clock: d.Clock, outbox: d.Outbox, sending: d.Mail != nil}
	h.letters = distribution.New(distribution.Options{Store: d.Store, Outbox: d.Outbox, Base: d.Base, Clock: d.Clock})
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	edit := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		r := page(method, pattern, handler)
		r.Access = models.AccessEdit
		return r
	}
	return []web.Route{
		page(post, link.PatternSurveyCollectors, h.create),
		edit(get, link.PatternCollectorNew, h.new),
		edit(get, link.PatternCollector, h.settings),
		page(post, link.PatternCollector, h.save),
		page(post, link.PatternCollectorDelete, h.delete),
		page(get, link.PatternCollectorCode, h.code),
		edit(get, link.PatternCollectorMessages, h.messages),
		page(post, link.PatternCollectorMessages, h.saveMessages),
		page(get, link.PatternInvitations, h.invitations),
		page(post, link.PatternInvitationsRemind, h.remind),
		page(post, link.PatternInvitationResend, h.resend),
		page(post, link.PatternSurveyFrequency, h.frequency),
	}
}

// new shows the form of a new collector.
func (h *collectors) new(c echo.Context) error {
	kind := models.CollectorType(web.Query(c, "type"))
	if kind != models.CollectorEmail {
		kind = models.CollectorLink
	}
	return h.renderNew(c, http.StatusOK, collectorpages.CollectorNewProps{Type: kind})
}

func (h *collectors) renderNew(c echo.Context, status int, p collectorpages.CollectorNewProps) error {
	s, err := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	p.Survey = *s
	if p.Lists, err = h.lists(c, i18n.T(c.Request().Context(), "collector.list.new")); err != nil {
		return err
	}
	return web.Render(c, status, collectorpages.CollectorNew(p))
}

// lists gives the contact lists that can be chosen; none says what stands for no list.
func (h *collectors) lists(c echo.Context, none string) ([]components.Option, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var all []components.Option
	if none != "" {
		all = append(all, components.Option{Value: "", Label: none})
	}
	page := web.PageOf(c)
	page.Before, page.Limit = "", 500
	lists, _, err := h.store.ContactLists(ctx, actor, page)
	for _, l := range lists {
		all = append(all, components.Option{Value: l.ID, Label: fmt.Sprintf("%s (%s)", l.Name, i18n.Number(ctx, l.Contacts))})
	}
	return all, err
}

// create adds a collector.
func (h *collectors) create(c echo.Context) error {
	var form struct {
		Kind string `form:"kind"`
		Name string `form:"name"`
		List string `form:"mailingListId"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	made := &models.Collector{Type: models.CollectorType(form.Kind), Name: form.Name, Open: form.Kind == string(models.CollectorLink)}
	if form.List != "" {
		made.ListID = &form.List
	}
	if form.Kind == "" {
		made.Type = models.CollectorLink
	}
	err := distribution.Create(ctx, h.store, web.Actor(c), id, made)
	if fields, status, refused := web.Refused(c, err); refused {
		if _, err := h.store.SurveyToEdit(ctx, web.Actor(c), id); err != nil {
			return err
		}
		return h.renderNew(c, status, collectorpages.CollectorNewProps{Type: made.Type, Name: form.Name, List: form.List, Errors: fields})
	}
	if err != nil {
		return err
	}
	if made.Type == models.CollectorEmail {
		web.FlashOK(c, i18n.T(ctx, "collector.made.email", "Name", made.Name))
		return web.Redirect(c, link.CollectorMessages(id, made.ID))
	}
	web.FlashOK(c, i18n.T(ctx, "collector.made", "Name", made.Name))
	return web.Redirect(c, link.Collector(id, made.ID))
}

// page reads what all pages of a collector show.
func (h *collectors) page(c echo.Context) (collectorpages.CollectorPageProps, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var p collectorpages.CollectorPageProps
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return p, err
	}
	one, err := h.store.Collector(ctx, actor, s.ID, c.Param("collectorID"))
	if err != nil {
		return p, err
	}
	counts, err := h.store.InvitationCounts(ctx, one.ID)
	p.Survey, p.Collector = *s, collectorpages.CollectorLink{Collector: *one, URL: h.base.Respond(one.Slug), Counts: counts[one.ID]}
	p.Zone = h.zone(c, s).String()
	return p, err
}

// zone gives the zone in which times of a survey are meant.
func (h *collectors) zone(c echo.Context, s *models.Survey) *time.Location {
	zone, err := time.LoadLocation(cmp.Or(s.TimeZone, web.Organisation(c).TimeZone, "UTC"))
	if err != nil {
		return time.UTC
	}
	return zone
}

// settings shows the settings of a collector.
func (h *collectors) settings(c echo.Context) error {
	p, err := h.page(c)
	if err != nil {
		return err
	}
	s, zone := p.Collector.Settings.V, h.zone(c, &p.Survey)
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(zone).Format(localTime)
	}
	days := make([]string, len(s.Reminders))
	for i, d := range s.Reminders {
		days[i] = strconv.Itoa(d)
	}
	p.Form = collectorpages.CollectorForm{
		Name: p.Collector.Name, Opens: at(p.Collector.OpensAt), Closes: at(p.Collector.ClosesAt), SendAt: at(p.Collector.SendAt), Max: number(p.Collector.MaxResponses),
		OnePerBrowser: s.OnePerBrowser, FromName: s.FromName, ReplyTo: s.ReplyTo, Reminders: strings.Join(days, ", "), Expiry: number(s.ExpiryDays), TrackOpens: s.TrackOpens,
		Language: s.Language,
	}
	if p.Collector.ListID != nil {
		p.Form.List = *p.Collector.ListID
	}
	return h.renderSettings(c, http.StatusOK, p)
}

func (h *collectors) renderSettings(c echo.Context, status int, p collectorpages.CollectorPageProps) error {
	p.Form.Protected = p.Collector.PasswordHash != ""
	def, err := h.definition(c, &p.Survey)
	if err != nil {
		return err
	}
	p.Speaks = def.AllLanguages()
	if p.Collector.Type == models.CollectorEmail {
		if p.Lists, err = h.lists(c, ""); err != nil {
			return err
		}
	}
	return web.Render(c, status, collectorpages.CollectorSettings(p))
}

// number writes a number as a form has it: nothing for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// collectorForm is the form of a collector's settings.
type collectorForm struct {
	Name          string `form:"name"`
	List          string `form:"mailingListId"`
	Opens         string `form:"opensAt"`
	Closes        string `form:"closesAt"`
	SendAt        string `form:"sendAt"`
	Max           string `form:"maxResponses"`
	OnePerBrowser bool   `form:"onePerBrowser"`
	Password      string `form:"password,raw"`
	NoPassword    bool   `form:"noPassword"`
	FromName      string `form:"fromName"`
	ReplyTo       string `form:"replyTo"`
	Reminders     string `form:"reminders"`
	Expiry        string `form:"expiryDays"`
	TrackOpens    bool   `form:"trackOpens"`
	Language      string `form:"language"`
}

// maxCollectorPassword is how many characters the password of a collector may have.
const maxCollectorPassword = 100

// apply reads the form into a collector. What cannot be read is told.
func (f *collectorForm) apply(one *models.Collector, zone *time.Location) (wrong []models.FieldError) {
	at := func(field, text string) *time.Time {
		if text == "" {
			return nil
		}
		t, err := time.ParseInLocation(localTime, text, zone)
		if err != nil {
			if t, err = time.ParseInLocation(localTime+":05", text, zone); err != nil {
				wrong = append(wrong, models.Field(field, "survey.dates.error.time"))
				return nil
			}
		}
		t = t.UTC()
		return &t
	}
	count := func(field, text, key string, args ...any) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1<<30 {
			wrong = append(wrong, models.Field(field, key, args...))
		}
		return n
	}
	one.Name, one.OpensAt, one.ClosesAt = f.Name, at("opensAt", f.Opens), at("closesAt", f.Closes)
	one.MaxResponses = count("maxResponses", f.Max, "collector.error.max")
	s := &one.Settings.V
	s.Language = f.Language
	if one.Type == models.CollectorLink {
		s.OnePerBrowser = f.OnePerBrowser
		if len([]rune(f.Password)) > maxCollectorPassword {
			wrong = append(wrong, models.Field("password", "collector.error.password", "Max", maxCollectorPassword))
		}
		return wrong
	}
	if f.List != "" {
		one.ListID = &f.List
	}
	one.SendAt, s.FromName, s.ReplyTo, s.TrackOpens = at("sendAt", f.SendAt), f.FromName, f.ReplyTo, f.TrackOpens
	s.ExpiryDays = count("expiryDays", f.Expiry, "collector.error.days", "Max", models.CollectorMaxDays)
	s.Reminders = nil
	for part := range strings.FieldsFuncSeq(f.Reminders, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return append(wrong, models.Field("reminders", "collector.error.reminders", "Max", models.CollectorMaxReminders, "Days", models.CollectorMaxDays))
		}
		s.Reminders = append(s.Reminders, n)
	}
	return wrong
}

// save saves the settings of a collector.
func (h *collectors) save(c echo.Context) error {
	var form collectorForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	p, err := h.page(c)
	if err != nil {
		return err
	}
	if _, err := h.store.SurveyToEdit(ctx, actor, p.Survey.ID); err != nil {
		return err
	}
	one := p.Collector.Collector
	err = models.Invalid(form.apply(&one, h.zone(c, &p.Survey))...)
	if err == nil && one.Type == models.CollectorLink {
		switch {
		case form.NoPassword:
			one.PasswordHash = ""
		case strings.TrimSpace(form.Password) != "":
			one.PasswordHash, err = h.surveys.HashPassword(ctx, models.CleanText(form.Password))
		}
	}
	if err == nil {
		err = distribution.Save(ctx, h.store, actor, &one)
	}
	if fields, status, refused := web.Refused(c, err); refused {
		p.Errors = fields
		p.Form = collectorpages.CollectorForm{
			Name: form.Name, List: form.List, Opens: form.Opens, Closes: form.Closes, SendAt: form.SendAt, Max: form.Max, OnePerBrowser: form.OnePerBrowser,
			FromName: form.FromName, ReplyTo: form.ReplyTo, Reminders: form.Reminders, Expiry: form.Expiry, TrackOpens: form.TrackOpens,
			Language: form.Language,
		}
		return h.renderSettings(c, status, p)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "collector.saved"))
	return web.Redirect(c, link.Collector(p.Survey.ID, one.ID))
}

// delete removes a collector.
func (h *collectors) delete(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("surveyID")
	if err := h.store.DeleteCollector(ctx, web.Actor(c), id, c.Param("collectorID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "collector.deleted"))
	return web.Redirect(c, link.SurveyCollectors(id))
}

// code gives the QR code of a collector's address as a file, as vectors or as dots.
func (h *collectors) code(c echo.Context) error {
	one, err := h.store.Collector(c.Request().Context(), web.Actor(c), c.Param("surveyID"), c.Param("collectorID"))
	if err != nil {
		return err
	}
	if one.Type != models.CollectorLink {
		return models.NotFound("error.not_found")
	}
	code, err := qr.Encode(h.base.Respond(one.Slug), qr.M)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	name, kind, data := "qr.png", "image/png", []byte(nil)
	switch c.Param("format") {
	case "png":
		code.Scale = 16
		data = code.PNG()
	case "svg":
		name, kind, data = "qr.svg", "image/svg+xml", svgOf(code)
	default:
		return models.NotFound("error.not_found")
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, kind, data)
}

// svgOf draws a QR code, with the margin that readers need.
func svgOf(code *qr.Code) []byte {
	const margin = 4
	var b bytes.Buffer
	size := code.Size + 2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size, size, size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}
