package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/contactpages"
)

// contacts are the pages of contact lists and contacts.
type contacts struct {
	store    *store.Store
	contacts *contact.Service
}

// contactRoutes are the rows of contact lists, contacts, and what is kept of a person.
func contactRoutes(d Deps) []web.Route {
	h := &contacts{store: d.Store, contacts: d.Contacts}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	admin := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardAdmin, Origin: web.OriginApp}
	}
	upload := page(post, link.PatternListImport, h.importUpload)
	upload.Timeout, upload.Limit = importTimeout, models.ImportMaxBytes+importForm
	reread := page(post, link.PatternContactImport, h.importChange)
	reread.Timeout = importTimeout
	return []web.Route{
		page(get, link.PatternContacts, h.lists),
		page(post, link.PatternContacts, h.createList),
		page(get, link.PatternContactListNew, h.newList),
		admin(get, link.PatternPerson, h.person),
		admin(post, link.PatternPersonFile, h.personFile),
		admin(post, link.PatternPersonErase, h.personErase),
		page(get, link.PatternContactList, h.list),
		page(post, link.PatternContactList, h.create),
		page(get, link.PatternListSettings, h.settings),
		page(post, link.PatternListSettings, h.saveSettings),
		page(post, link.PatternListDelete, h.deleteList),
		page(post, link.PatternListExport, h.export),
		page(get, link.PatternListImport, h.importNew),
		upload,
		page(get, link.PatternContactImport, h.importShow),
		reread,
		page(post, link.PatternListBulk, h.bulk),
		page(get, link.PatternContactNew, h.new),
		page(get, link.PatternContact, h.show),
		page(post, link.PatternContact, h.update),
		page(post, link.PatternContactOptOut, h.optOut),
		page(post, link.PatternContactDelete, h.delete),
	}
}

func (h *contacts) lists(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	page := web.PageOf(c)
	lists, next, err := h.store.ContactLists(ctx, actor, page)
	if err != nil {
		return err
	}
	p := contactpages.ContactListsProps{Lists: lists, Admin: actor.Role == models.RoleBrandAdmin}
	if p.Owners, err = h.owners(c, lists); err != nil {
		return err
	}
	if next != "" {
		p.Pager.Older = link.With(link.Contacts(), "after", next)
	}
	if page.Before != "" {
		p.Pager.First = link.Contacts()
	}
	return web.Render(c, http.StatusOK, contactpages.ContactLists(p))
}

// owners gives the people whose lists are not the visitor's own.
func (h *contacts) owners(c echo.Context, lists []models.ContactList) (map[string]models.User, error) {
	owners := map[string]models.User{}
	actor := web.Actor(c)
	for _, l := range lists {
		if _, known := owners[l.OwnerID]; known || l.OwnerID == actor.UserID {
			continue
		}
		u, err := h.store.User(c.Request().Context(), actor, l.OwnerID)
		if err != nil {
			return nil, err
		}
		owners[l.OwnerID] = *u
	}
	return owners, nil
}

func (h *contacts) newList(c echo.Context) error {
	return web.Render(c, http.StatusOK, contactpages.ContactListNew(contactpages.ContactListFormProps{}))
}

// listForm is the form of a list.
type listForm struct {
	Name   string `form:"name"`
	Shared bool   `form:"shared"`
}

func (h *contacts) createList(c echo.Context) error {
	var in listForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: in.Name, Shared: in.Shared}
	err := contact.CheckList(l)
	if err == nil {
		err = h.store.CreateContactList(c.Request().Context(), web.Actor(c), l)
	}
	if errs, status, refused := web.Refused(c, err); refused {
		return web.Render(c, status, contactpages.ContactListNew(contactpages.ContactListFormProps{Name: in.Name, Shared: in.Shared, Errors: errs}))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), "contact.list.made", "Name", l.Name))
	return web.Redirect(c, link.ContactList(l.ID))
}

// contactsPage is how many contacts a page lists.
const contactsPage = 50

// tagsShown is how many tags are offered as filters.
const tagsShown = 20

func (h *contacts) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	p := contactpages.ContactsProps{List: *l, Search: web.Query(c, "q"), Tag: web.Query(c, "tag"), Out: web.Query(c, "out") != ""}
	page := web.PageOf(c)
	page.Limit = contactsPage
	all, next, err := h.store.Contacts(ctx, actor, l.ID, store.ContactFilter{Search: p.Search, Tag: p.Tag, Out: p.Out, Page: page})
	if err != nil {
		return err
	}
	p.Contacts = all
	if p.Tags, err = h.store.ContactTags(ctx, actor, l.ID, tagsShown); err != nil {
		return err
	}
	recent, err := h.store.RecentImports(ctx, actor, l.ID)
	if err != nil {
		return err
	}
	for _, i := range recent {
		if i.Job != nil && i.Job.Status == models.JobOpen {
			p.Importing = i.Job.ID
		}
	}
	if next != "" {
		p.Pager.Older = link.With(p.Address(), "after", next)
	}
	if page.Before != "" {
		p.Pager.First = p.Address()
	}
	return web.Render(c, http.StatusOK, contactpages.Contacts(p))
}

func (h *contacts) settings(c echo.Context) error {
	l, err := h.store.ContactList(c.Request().Context(), web.Actor(c), c.Param("listID"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, contactpages.ContactListSettings(contactpages.ContactListFormProps{List: *l, Name: l.Name, Shared: l.Shared}))
}

func (h *contacts) saveSettings(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in listForm
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	p := contactpages.ContactListFormProps{List: *l, Name: in.Name, Shared: in.Shared}
	l.Name, l.Shared = in.Name, in.Shared
	if err = contact.CheckList(l); err == nil {
		err = h.store.SaveContactList(ctx, actor, l)
	}
	if errs, status, refused := web.Refused(c, err); refused {
		p.Errors = errs
		return web.Render(c, status, contactpages.ContactListSettings(p))
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.saved"))
	return web.Redirect(c, link.ListSettings(l.ID))
}

func (h *contacts) deleteList(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in struct {
		Confirm string `form:"confirm"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	if in.Confirm != l.Name {
		web.Flash(c, components.Flash{Tone: components.ToneBad, Text: i18n.T(ctx, "contact.list.not_confirmed")})
		return web.Redirect(c, link.ListSettings(l.ID))
	}
	if err := h.store.DeleteContactList(ctx, actor, l.ID); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "contact.list.deleted", "Name", l.Name))
	return web.Redirect(c, link.Contacts())
}

// bulk does something with the contacts that were chosen.
func (h *contacts) bulk(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in struct {
		Do  string   `form:"do"`
		IDs []string `form:"contact"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	listID := c.Param("listID")
	if _, err := h.store.ContactList(ctx, actor, listID); err != nil {
		return err
	}
	if len(in.IDs) > store.MaxPage {
		return models.Invalid(models.Field("contact", "error.invalid"))
	}
	switch in.Do {
	case "delete":
		n, err := h.store.DeleteContacts(ctx, actor, listID, in.IDs...)
		if err != nil {
			return err
		}
		web.FlashOK(c, i18n.T(ctx, "contact.deleted.many", "Count", n))
	case "out", "in":
		for _, id := range in.IDs {
			if err := h.store.SetOptOut(ctx, actor, id, in.Do == "out"); err != nil {
				return err
			}
		}
		web.FlashOK(c, i18n.T(ctx, "contact.bulk."+in.Do+".done", "Count", len(in.IDs)))
	}
	return web.Redirect(c, link.ContactList(listID))
}

// export gives a list as a file: at once, or as a job when it is long.
func (h *contacts) export(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	format := contact.ExportCSV
	if web.Query(c, "format") == string(contact.ExportXLSX) {
		format = contact.ExportXLSX
	}
	if err := h.store.Audit(ctx, actor, models.AuditEntry{Action: models.AuditExport, Object: l.ID, Name: l.Name}); err != nil {
		return err
	}
	if l.Contacts > exportAtOnce {
		j, err := h.contacts.Export(ctx, actor, l, format)
		if e, ok := domainError(err); ok && e.Code == models.CodeInvalid {
			web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: i18n.TMap(ctx, e.Fields[0].Key, e.Fields[0].Args)})
			return web.Redirect(c, link.ContactList(l.ID))
		}
		if err != nil {
			return err
		}
		return web.Redirect(c, link.Job(j.ID))
	}
	attach(c, format.ContentType(), format.ExportName(l, h.store.Now()))
	return h.contacts.WriteExport(ctx, actor, l.ID, format, c.Response())
}
