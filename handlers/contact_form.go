package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/contactpages"
	"surveyflow/views/frame"
)

// contactForm is the form of a contact.
type contactForm struct {
	Email       string   `form:"email"`
	FirstName   string   `form:"firstName"`
	LastName    string   `form:"lastName"`
	Phone       string   `form:"phone"`
	Language    string   `form:"language"`
	ExternalRef string   `form:"extRef"`
	Tags        string   `form:"tags"`
	Names       []string `form:"fieldName"`
	Values      []string `form:"fieldValue"`
	Do          string   `form:"do"`
}

// contact gives what the form says.
func (f *contactForm) contact() models.Contact {
	p := models.Contact{
		Email: f.Email, FirstName: f.FirstName, LastName: f.LastName, Phone: f.Phone, Language: f.Language, ExternalRef: f.ExternalRef,
	}
	p.Fields.V = map[string]string{}
	for i, name := range f.Names {
		if i < len(f.Values) && strings.TrimSpace(name) != "" {
			p.Fields.V[name] = f.Values[i]
		}
	}
	p.Tags.V = strings.FieldsFunc(f.Tags, func(r rune) bool { return r == ',' || r == ';' })
	return p
}

// contactFormOf fills in the form of a contact.
func contactFormOf(p *models.Contact) contactpages.ContactForm {
	f := contactpages.ContactForm{
		Email: p.Email, FirstName: p.FirstName, LastName: p.LastName, Phone: p.Phone, Language: p.Language, ExternalRef: p.ExternalRef,
		Tags: strings.Join(p.Tags.V, ", "),
	}
	for _, name := range slices.Sorted(maps.Keys(p.Fields.V)) {
		f.Fields = append(f.Fields, frame.ContactField{Name: name, Value: p.Fields.V[name]})
	}
	return f
}

// typed gives the form as it was typed, with room for one more field where that was asked for.
func (f *contactForm) typed() contactpages.ContactForm {
	v := contactpages.ContactForm{
		Email: f.Email, FirstName: f.FirstName, LastName: f.LastName, Phone: f.Phone, Language: f.Language, ExternalRef: f.ExternalRef, Tags: f.Tags,
	}
	for i, name := range f.Names {
		if i < len(f.Values) && name+f.Values[i] != "" {
			v.Fields = append(v.Fields, frame.ContactField{Name: name, Value: f.Values[i]})
		}
	}
	return v
}

func (h *contacts) new(c echo.Context) error {
	l, err := h.store.ContactList(c.Request().Context(), web.Actor(c), c.Param("listID"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, contactpages.ContactNew(contactpages.ContactProps{List: *l}))
}

// create adds a contact. One whose address the list has is not made twice: the page of the one that is there says so.
func (h *contacts) create(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in contactForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	out, err := h.contacts.Put(ctx, actor, l.ID, contact.Cause{}, store.ContactWrite{Contact: in.contact(), Merge: models.MergeEmail})
	if errs, status, refused := web.Refused(c, err); refused {
		return web.Render(c, status, contactpages.ContactNew(contactpages.ContactProps{List: *l, Form: in.typed(), Errors: errs}))
	}
	if err != nil {
		return err
	}
	key := "contact.added"
	if out[0].Result != models.ContactAdded {
		key = "contact.merged"
	}
	web.FlashOK(c, i18n.T(ctx, key, "Name", out[0].Contact.Name()))
	return web.Redirect(c, link.Contact(l.ID, out[0].Contact.ID))
}

// open reads the contact that the address names, with their list.
func (h *contacts) open(c echo.Context) (contactpages.ContactProps, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return contactpages.ContactProps{}, err
	}
	p, err := h.store.Contact(ctx, actor, c.Param("contactID"))
	if err != nil {
		return contactpages.ContactProps{}, err
	}
	if p.ListID != l.ID {
		return contactpages.ContactProps{}, models.NotFound("error.not_found")
	}
	out := contactpages.ContactProps{List: *l, Contact: *p, Form: contactFormOf(p), Admin: actor.Role == models.RoleBrandAdmin}
	history, err := h.store.ContactHistory(ctx, actor, p)
	for _, i := range history {
		out.History = append(out.History, contactpages.ContactInvitation{Invitation: i.Invitation, SurveyName: i.SurveyName})
	}
	return out, err
}

func (h *contacts) show(c echo.Context) error {
	p, err := h.open(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, contactpages.Contact(p))
}

func (h *contacts) update(c echo.Context) error {
	ctx := c.Request().Context()
	var in contactForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p, err := h.open(c)
	if err != nil {
		return err
	}
	changed := in.contact()
	changed.ID = p.Contact.ID
	if err = contact.Check(&changed); err == nil {
		err = h.store.SaveContact(ctx, web.Actor(c), &changed)
	}
	if errs, status, refused := web.Refused(c, err); refused {
		p.Form, p.Errors = in.typed(), errs
		return web.Render(c, status, contactpages.Contact(p))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.saved"))
	return web.Redirect(c, link.Contact(p.List.ID, p.Contact.ID))
}

// optOut takes a contact out of their list, or their address out of everything, or back in.
func (h *contacts) optOut(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in contactForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	p, err := h.open(c)
	if err != nil {
		return err
	}
	switch in.Do {
	case "listOut", "listIn":
		err = h.store.SetOptOut(ctx, actor, p.Contact.ID, in.Do == "listOut")
	case "bounceClear":
		err = h.store.ClearBounce(ctx, actor, p.Contact.ID)
	case "orgOut", "orgIn":
		err = h.store.SetOptOutOrg(ctx, actor, p.Contact.Email, models.OptOutStaff, in.Do == "orgOut")
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.saved"))
	return web.Redirect(c, link.Contact(p.List.ID, p.Contact.ID))
}

func (h *contacts) delete(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := h.open(c)
	if err != nil {
		return err
	}
	if _, err := h.store.DeleteContacts(ctx, web.Actor(c), p.List.ID, p.Contact.ID); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.deleted", "Name", p.Contact.Name()))
	return web.Redirect(c, link.ContactList(p.List.ID))
}
