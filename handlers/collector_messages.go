package handlers

import (
	"cmp"
	"maps"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/distribution"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/models"
	"surveyflow/views/collectorpages"
)

// messages shows the texts of a collector's mails.
func (h *collectors) messages(c echo.Context) error {
	p, err := h.messagesOf(c)
	if err != nil {
		return err
	}
	return h.renderMessages(c, http.StatusOK, p)
}

// messagesOf reads the page of a collector's texts.
func (h *collectors) messagesOf(c echo.Context) (collectorpages.CollectorMessagesProps, error) {
	ctx := c.Request().Context()
	var p collectorpages.CollectorMessagesProps
	var err error
	if p.CollectorPageProps, err = h.page(c); err != nil {
		return p, err
	}
	if p.Collector.Type != models.CollectorEmail {
		return p, models.NotFound("error.not_found")
	}
	def, err := h.definition(c, &p.Survey)
	if err != nil {
		return p, err
	}
	p.Definition, p.Language = def, def.Language
	values, err := web.Values(c)
	if err != nil {
		return p, err
	}
	if tag, ok := i18n.Among(def.AllLanguages(), cmp.Or(values.Get("language"), c.QueryParam("language"))); ok {
		p.Language = tag
	}
	for _, tag := range def.AllLanguages() {
		_, own := p.Collector.Settings.V.Messages[tag]
		p.Languages = append(p.Languages, collectorpages.MailLanguage{Tag: tag, Own: own, Current: tag == p.Language})
	}
	p.Texts = p.Collector.Settings.V.Messages[p.Language]
	name := def.Title(p.Survey.Name, p.Language)
	p.Default = models.CollectorMails{
		Invitation: distribution.DefaultText(ctx, p.Language, name, false), Reminder: distribution.DefaultText(ctx, p.Language, name, true),
	}
	for _, f := range def.EmbeddedData {
		p.Fields = append(p.Fields, f.Name)
	}
	return p, nil
}

// definition gives what respondents get, or the draft before there is anything.
func (h *collectors) definition(c echo.Context, s *models.Survey) (*models.SurveyDefinition, error) {
	if s.Version == 0 {
		return &s.Draft.V, nil
	}
	return h.surveys.Definition(c.Request().Context(), s.ID, s.Version)
}

// renderMessages shows the texts, and what the mails look like.
func (h *collectors) renderMessages(c echo.Context, status int, p collectorpages.CollectorMessagesProps) error {
	ctx := c.Request().Context()
	for _, reminder := range []bool{false, true} {
		letter := h.example(c, p, reminder)
		title := i18n.T(ctx, "collector.messages.invitation")
		if reminder {
			title = i18n.T(ctx, "collector.messages.reminder")
		}
		look := collectorpages.MailLook{Title: title, From: letter.Heading.FromName, Subject: letter.Text.Subject, Button: letter.Text.Button}
		look.Paragraphs, look.Small = letter.Text.Parts(i18n.WithZone(i18n.WithLocale(ctx, letter.To.Language), letter.To.Zone))
		p.Looks = append(p.Looks, look)
	}
	return web.Render(c, status, collectorpages.CollectorMessages(p))
}

// example composes a mail of the collector for an example person, with the texts as they are on the page.
func (h *collectors) example(c echo.Context, p collectorpages.CollectorMessagesProps, reminder bool) distribution.Letter { //nolint:revive // the flag is which of the two
	ctx := c.Request().Context()
	one := p.Collector.Collector
	one.Settings.V.Messages = map[string]models.CollectorMails{p.Language: p.Texts}
	user := web.User(c)
	inv := &models.Invitation{
		ID: "IV_000000000000000", OrgID: p.Survey.OrgID, Crk: "example", Token: "0000000000000000000000", Email: user.Email, FirstName: cmp.Or(user.FirstName, "Ada"), LastName: cmp.Or(user.LastName, "Lovelace"),
		Language: p.Language,
	}
	inv.Fields.V = map[string]string{}
	for _, name := range append([]string{"referrer"}, models.CustomFields...) {
		inv.Fields.V[name] = name
	}
	var until *time.Time
	if days := one.Settings.V.ExpiryDays; days > 0 {
		end := h.clock.Now().AddDate(0, 0, days)
		until = &end
	}
	return h.letters.Letter(ctx, distribution.Invited{
		Invitation: inv, Collector: &one, Survey: &p.Survey, Definition: p.Definition, Organisation: web.Organisation(c), Reminder: reminder, Until: until,
	})
}

// saveMessages saves the texts of a collector's mails, shows what they look like, or sends them to who asks.
func (h *collectors) saveMessages(c echo.Context) error {
	var form struct {
		Do               string `form:"do"`
		InvitationTitle  string `form:"invitation.subject"`
		InvitationBody   string `form:"invitation.body"`
		InvitationButton string `form:"invitation.button"`
		ReminderTitle    string `form:"reminder.subject"`
		ReminderBody     string `form:"reminder.body"`
		ReminderButton   string `form:"reminder.button"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	p, err := h.messagesOf(c)
	if err != nil {
		return err
	}
	if _, err := h.store.SurveyToEdit(ctx, actor, p.Survey.ID); err != nil {
		return err
	}
	p.Texts = models.CollectorMails{
		Invitation: models.Message{Subject: form.InvitationTitle, Body: form.InvitationBody, Button: form.InvitationButton},
		Reminder:   models.Message{Subject: form.ReminderTitle, Body: form.ReminderBody, Button: form.ReminderButton},
	}
	p.Errors = append(distribution.CheckMessage("invitation", &p.Texts.Invitation), distribution.CheckMessage("reminder", &p.Texts.Reminder)...)
	switch {
	case len(p.Errors) > 0:
		return h.renderMessages(c, http.StatusUnprocessableEntity, p)
	case form.Do == "look":
		return h.renderMessages(c, http.StatusOK, p)
	case form.Do == "try":
		return h.try(c, p)
	}
	one := p.Collector.Collector
	kept := models.CollectorMails{Invitation: own(p.Texts.Invitation, p.Default.Invitation), Reminder: own(p.Texts.Reminder, p.Default.Reminder)}
	messages := maps.Clone(one.Settings.V.Messages)
	if messages == nil {
		messages = map[string]models.CollectorMails{}
	}
	if messages[p.Language] = kept; kept == (models.CollectorMails{}) {
		delete(messages, p.Language)
	}
	one.Settings.V.Messages = messages
	if err := distribution.Save(ctx, h.store, actor, &one); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "collector.messages.saved"))
	back := link.CollectorMessages(p.Survey.ID, one.ID)
	if len(p.Languages) > 1 {
		back = link.With(back, "language", p.Language)
	}
	return web.Redirect(c, back)
}

// own leaves out what is the default text, so that it follows the survey's name and language.
func own(text, normal models.Message) models.Message {
	if text.Subject == normal.Subject {
		text.Subject = ""
	}
	if text.Body == normal.Body {
		text.Body = ""
	}
	if text.Button == normal.Button {
		text.Button = ""
	}
	return text
}

// try sends who asks the mails of the collector, as an example person would get them.
func (h *collectors) try(c echo.Context, p collectorpages.CollectorMessagesProps) error {
	ctx := c.Request().Context()
	var notices models.Notices
	for _, reminder := range []bool{false, true} {
		letter := h.example(c, p, reminder)
		m, err := h.outbox.Write(ctx, mail.Recipient{OrgID: letter.To.OrgID, Organisation: letter.To.Organisation, Email: web.User(c).Email, Language: letter.To.Language, Zone: letter.To.Zone}, letter.Letter, "")
		if err != nil {
			return err
		}
		m.Heading.V = letter.Heading
		m.Heading.V.Unsubscribe = "" // it is nobody's
		notices.Mails = append(notices.Mails, m)
	}
	if err := h.store.Tell(ctx, &notices); err != nil {
		return err
	}
	said := i18n.T(ctx, "collector.messages.tried", "Email", web.User(c).Email)
	if !h.sending {
		said = i18n.T(ctx, "collector.messages.tried.kept")
	}
	web.FlashOK(c, said)
	return h.renderMessages(c, http.StatusOK, p)
}
