package handlers

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

// testMailTimeout is how long a test mail may take: somebody waits for the answer.
const testMailTimeout = 20 * time.Second

// settingsMail are the pages about the mail server and the outbox.
type settingsMail struct {
	store  *store.Store
	sender *mail.Sender // nil without a mail server
	outbox *mail.Outbox
}

// mailRoutes are the rows about mail, for brand admins: the outbox holds mails to everybody.
func mailRoutes(d Deps) []web.Route {
	h := &settingsMail{store: d.Store, sender: d.Mail, outbox: d.Outbox}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsMail, Handler: h.show, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsMailTest, Handler: h.test, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternMails, Handler: h.list, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternMail, Handler: h.mail, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternMailHTML, Handler: h.html, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternMailReport, Handler: h.report, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternMailResend, Handler: h.resend, Guard: web.GuardAdmin, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternMailCancel, Handler: h.cancel, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

// show tells what is set, and what became of the mails.
func (h *settingsMail) show(c echo.Context) error {
	return h.render(c, http.StatusOK, settingspages.SettingsMailProps{To: web.User(c).Email})
}

func (h *settingsMail) render(c echo.Context, status int, p settingspages.SettingsMailProps) error {
	counts, err := h.store.MailCounts(c.Request().Context(), web.Actor(c))
	if err != nil {
		return err
	}
	d := h.sender.Describe()
	p.Address, p.TLS, p.User, p.From, p.Counts = d.Address, d.TLS, d.User, d.From, counts
	return web.Render(c, status, settingspages.SettingsMail(p))
}

// test sends a mail at once and shows what program and mail server said to each other.
func (h *settingsMail) test(c echo.Context) error {
	var form struct {
		To string `form:"to"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	if h.sender == nil {
		return models.Conflict("mail.error.no_server", nil)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), testMailTimeout)
	defer cancel()
	to := mail.To(web.User(c), web.Organisation(c))
	to.Email = form.To
	m, err := h.outbox.Write(ctx, to, mail.Test{By: web.User(c).Name()}, "")
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, settingspages.SettingsMailProps{To: form.To, Errors: fields})
	}
	if err != nil {
		return err
	}
	m.CreatedAt, m.Sending = i18n.Now(ctx), 1
	talk, why := h.send(ctx, &m)
	p := settingspages.SettingsMailProps{To: form.To, Tested: true, Failure: why, Conversation: talk}
	if why != nil {
		return h.render(c, http.StatusUnprocessableEntity, p)
	}
	return h.render(c, http.StatusOK, p)
}

// send hands a mail over; why is nil when it was taken.
func (h *settingsMail) send(ctx context.Context, m *models.Mail) (talk []models.MailLine, why *models.RunError) {
	conn, err := h.sender.Dial(ctx)
	defer conn.Close() //nolint:staticcheck // it is there, with what was said, also when dialing failed
	if err == nil {
		err = conn.Send(ctx, m)
	}
	if err != nil {
		why = h.sender.Explain(err)
	}
	return conn.Conversation(), why
}

// list shows the outbox.
func (h *settingsMail) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	status := models.MailStatus(web.Query(c, "status"))
	if !slices.Contains(models.MailStatuses, status) {
		status = ""
	}
	page := web.PageOf(c)
	mails, next, err := h.store.Mails(ctx, actor, store.MailFilter{Status: status}, page)
	if err != nil {
		return err
	}
	counts, err := h.store.MailCounts(ctx, actor)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, settingspages.Mails(settingspages.MailsProps{
		Mails: mails, Counts: counts, Status: status, Next: next, Later: page.Before != "", Sending: h.sender != nil,
	}))
}

// mail shows one mail. The frame in it is allowed by the policy of pages; what it shows has one of its own.
func (h *settingsMail) mail(c echo.Context) error {
	m, due, err := h.store.Mail(c.Request().Context(), web.Actor(c), c.Param("mailID"))
	if err != nil {
		return err
	}
	hide(m)
	return web.Render(c, http.StatusOK, settingspages.Mail(settingspages.MailProps{Mail: *m, NextTry: due, Sending: h.sender != nil}))
}

// mailPolicy shows a mail without scripts, pictures from elsewhere, links that lead away, or an origin.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// html shows a mail as its reader sees it.
func (h *settingsMail) html(c echo.Context) error {
	m, _, err := h.store.Mail(c.Request().Context(), web.Actor(c), c.Param("mailID"))
	if err != nil {
		return err
	}
	hide(m)
	header := c.Response().Header()
	header.Set("Content-Security-Policy", mailPolicy)
	header.Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, m.HTML)
}

// report gives the document that is attached to a mail.
func (h *settingsMail) report(c echo.Context) error {
	ctx := c.Request().Context()
	m, _, err := h.store.Mail(ctx, web.Actor(c), c.Param("mailID"))
	if err != nil {
		return err
	}
	if m.Heading.V.Report == nil {
		return models.NotFound("error.not_found")
	}
	file, err := mail.Report(ctx, m.Heading.V.Report, m.CreatedAt)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	header.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, file.ContentType, file.Bytes)
}

// hide puts dots in the place of what is secret: the link to choose somebody's password is for nobody else, not even for
// brand admins.
func hide(m *models.Mail) {
	m.HTML, m.Text = strings.ReplaceAll(m.HTML, models.SecretMark, "••••••••"), strings.ReplaceAll(m.Text, models.SecretMark, "••••••••")
}

// resend has a mail sent once more.
func (h *settingsMail) resend(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("mailID")
	if h.sender == nil {
		return models.Conflict("mail.error.no_server", nil)
	}
	if err := h.store.ResendMail(ctx, web.Actor(c), id); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "mail.resent"))
	return web.Redirect(c, link.Mail(id))
}

// cancel takes a waiting mail back.
func (h *settingsMail) cancel(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("mailID")
	if err := h.store.CancelMail(ctx, web.Actor(c), id); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "mail.canceled"))
	return web.Redirect(c, link.Mail(id))
}
