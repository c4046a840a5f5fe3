package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/contactpages"
)

// person shows what is kept about one address.
func (h *contacts) person(c echo.Context) error {
	p := contactpages.PersonProps{Email: web.Query(c, "email")}
	if p.Email == "" {
		return web.Render(c, http.StatusOK, contactpages.Person(p))
	}
	return h.showPerson(c, http.StatusOK, p)
}

func (h *contacts) showPerson(c echo.Context, status int, p contactpages.PersonProps) error {
	d, err := h.store.PersonData(c.Request().Context(), web.Actor(c), p.Email)
	if errs, status, refused := web.Refused(c, err); refused {
		p.Errors = errs
		return web.Render(c, status, contactpages.Person(p))
	}
	if err != nil {
		return err
	}
	p.Looked, p.OptedOut = true, d.OptedOut != nil
	p.Contacts, p.Responses, p.Runs, p.Mails = d.Contacts, len(d.Responses), len(d.Runs), len(d.Mails)
	p.Invitations = len(d.Invitations)
	return web.Render(c, status, contactpages.Person(p))
}

// personForm names a person.
type personForm struct {
	Email   string `form:"email"`
	Confirm string `form:"confirm"`
}

// personFile gives all that is kept about an address as a file that programs and people can read.
func (h *contacts) personFile(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in personForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	d, err := h.store.PersonData(ctx, actor, in.Email)
	if errs, status, refused := web.Refused(c, err); refused {
		return web.Render(c, status, contactpages.Person(contactpages.PersonProps{Email: in.Email, Errors: errs}))
	}
	if err != nil {
		return err
	}
	text, err := contact.PersonFile(d)
	if err != nil {
		return err
	}
	if err := h.store.Audit(ctx, actor, models.AuditEntry{Action: models.AuditContactExport}); err != nil {
		return err
	}
	head := c.Response().Header()
	head.Set(echo.HeaderContentDisposition, `attachment; filename="person.json"`)
	head.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, text)
}

// personErase erases a person; their address must be typed again.
func (h *contacts) personErase(c echo.Context) error {
	ctx := c.Request().Context()
	var in personForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p := contactpages.PersonProps{Email: in.Email}
	if models.EmailKey(in.Confirm) != models.EmailKey(in.Email) {
		p.Errors = []models.FieldError{models.Field("confirm", "contact.person.not_confirmed")}
		return h.showPerson(c, http.StatusUnprocessableEntity, p)
	}
	n, err := h.store.ErasePerson(ctx, web.Actor(c), in.Email)
	if errs, status, refused := web.Refused(c, err); refused {
		p.Errors = errs
		return h.showPerson(c, status, p)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.person.erased", "Contacts", n.Contacts, "Responses", n.Responses, "Runs", n.Runs, "Mails", n.Mails, "Invitations", n.Invitations))
	return web.Redirect(c, link.Person())
}
