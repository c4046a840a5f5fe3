package apiv3

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// listWrite is a contact list as it is written.
type listWrite struct {
	Name string `json:"name"`
}

func (a *API) createList(c *call) (any, error) {
	if err := a.directory(c); err != nil {
		return nil, err
	}
	var in listWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: in.Name}
	if err := contact.CheckList(l); err != nil {
		return nil, err
	}
	if err := a.store.CreateContactList(c.Request().Context(), c.actor, l); err != nil {
		return nil, err
	}
	return map[string]string{"id": l.ID}, nil
}

func (a *API) showList(c *call) (any, error) {
	l, err := a.list(c)
	if err != nil {
		return nil, err
	}
	if legacy(c) {
		return legacyList(l), nil
	}
	return listOfDirectory(l), nil
}

func (a *API) updateList(c *call) (any, error) {
	l, err := a.list(c)
	if err != nil {
		return nil, err
	}
	in := listWrite{Name: l.Name}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	l.Name = in.Name
	if err := contact.CheckList(l); err != nil {
		return nil, err
	}
	return nil, a.store.SaveContactList(c.Request().Context(), c.actor, l)
}

func (a *API) deleteList(c *call) (any, error) {
	l, err := a.list(c)
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteContactList(c.Request().Context(), c.actor, l.ID)
}

// listContacts lists the contacts of a list in the shape that the path has.
func (a *API) listContacts(shape func(*models.Contact) any) handler {
	return func(c *call) (any, error) {
		l, err := a.list(c)
		if err != nil {
			return nil, err
		}
		page, err := c.page()
		if err != nil {
			return nil, err
		}
		all, next, err := a.store.Contacts(c.Request().Context(), c.actor, l.ID, store.ContactFilter{
			Search: c.QueryParam("q"), Tag: c.QueryParam("tag"), ByID: true, Page: page,
		})
		if err != nil {
			return nil, err
		}
		elements := make([]any, len(all))
		for i := range all {
			elements[i] = shape(&all[i])
		}
		return listOf(elements, a.nextPage(c, next)), nil
	}
}

func (a *API) directoryContacts(c *call) (any, error) {
	if err := a.directory(c); err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	all, next, err := a.store.DirectoryContacts(c.Request().Context(), c.actor, page)
	if err != nil {
		return nil, err
	}
	elements := make([]contactBody, len(all))
	for i := range all {
		elements[i] = contactOf(&all[i])
	}
	return listOf(elements, a.nextPage(c, next)), nil
}

// contactWrite is a contact as it is written: what is not named stays.
type contactWrite struct {
	FirstName    *string                    `json:"firstName"`
	LastName     *string                    `json:"lastName"`
	Email        *string                    `json:"email"`
	Phone        *string                    `json:"phone"`
	Language     *string                    `json:"language"`
	ExtRef       *string                    `json:"extRef"`
	ExternalRef  *string                    `json:"externalDataReference"`
	Unsubscribed *bool                      `json:"unsubscribed"`
	ListOut      *bool                      `json:"mailingListUnsubscribed"`
	EmbeddedData map[string]json.RawMessage `json:"embeddedData"`
	Tags         *[]string                  `json:"tags"`
	Merge        models.MergeRule           `json:"merge"`
}

// over lays what is written over a contact.
func (w *contactWrite) over(c *models.Contact) error {
	for _, f := range []struct {
		to   *string
		from *string
	}{
		{&c.FirstName, w.FirstName},
		{&c.LastName, w.LastName},
		{&c.Email, w.Email},
		{&c.Phone, w.Phone},
		{&c.Language, w.Language},
		{&c.ExternalRef, w.ExternalRef},
		{&c.ExternalRef, w.ExtRef},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if w.Tags != nil {
		c.Tags.V = slices.Clone(*w.Tags)
	}
	fields := make(map[string]string, len(c.Fields.V)+len(w.EmbeddedData))
	for name, value := range c.Fields.V {
		fields[name] = value
	}
	for name, raw := range w.EmbeddedData {
		text, ok := scalar(raw)
		if !ok {
			return invalid("embeddedData."+name, "api.error.contact_field")
		}
		fields[name] = text
	}
	c.Fields.V = fields
	return nil
}

// scalar gives a JSON text, number or truth value as text, and null as none.
func scalar(raw json.RawMessage) (string, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return "", false
	}
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func (a *API) createContact(c *call) (any, error) {
	l, err := a.list(c)
	if err != nil {
		return nil, err
	}
	return a.putContact(c, l)
}

func (a *API) createDirectoryContact(c *call) (any, error) {
	if err := a.directory(c); err != nil {
		return nil, err
	}
	l, err := a.store.ListForAPI(c.Request().Context(), c.actor, i18n.T(c.Request().Context(), "api.directory"))
	if err != nil {
		return nil, err
	}
	return a.putContact(c, l)
}

func (a *API) putContact(c *call, l *models.ContactList) (any, error) {
	ctx := c.Request().Context()
	in := contactWrite{Merge: models.MergeEmail}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	var p models.Contact
	if err := in.over(&p); err != nil {
		return nil, err
	}
	out, err := a.contacts.Put(ctx, c.actor, l.ID, contact.Cause{}, store.ContactWrite{Contact: p, Merge: in.Merge})
	if err != nil {
		return nil, err
	}
	made := &out[0].Contact
	in.onlyOut() // clients say "unsubscribed": false by themselves: that takes back no opt-out of the person's own
	if err := a.optOut(c, made, &in); err != nil {
		return nil, err
	}
	return map[string]string{"id": made.ID, "contactLookupId": made.LookupID()}, nil
}

// onlyOut forgets what would let somebody be written to again.
func (w *contactWrite) onlyOut() {
	for _, out := range []**bool{&w.Unsubscribed, &w.ListOut} {
		if *out != nil && !**out {
			*out = nil
		}
	}
}

// optOut writes what a call says of opting out.
func (a *API) optOut(c *call, p *models.Contact, w *contactWrite) error {
	ctx := c.Request().Context()
	if w.ListOut != nil && *w.ListOut != (p.OptedOutAt != nil) {
		if err := a.store.SetOptOut(ctx, c.actor, p.ID, *w.ListOut); err != nil {
			return err
		}
	}
	if w.Unsubscribed == nil || p.Email == "" {
		return nil
	}
	if !*w.Unsubscribed && p.OptedOutOrg == nil {
		return nil
	}
	return a.store.SetOptOutOrg(ctx, c.actor, p.Email, models.OptOutStaff, *w.Unsubscribed)
}

// contact gives the contact that the path names, with their list.
func (a *API) contact(c *call) (*models.Contact, *models.ContactList, error) {
	ctx := c.Request().Context()
	if err := a.directory(c); err != nil {
		return nil, nil, err
	}
	if c.Param("mailingListId") != "" {
		if _, err := a.list(c); err != nil {
			return nil, nil, err
		}
	}
	p, err := a.store.Contact(ctx, c.actor, c.Param("contactId"))
	if err != nil {
		return nil, nil, missing(err, "api.error.no_contact")
	}
	if id := c.Param("mailingListId"); id != "" && p.ListID != id {
		return nil, nil, models.NotFound("api.error.no_contact")
	}
	l, err := a.store.ContactList(ctx, c.actor, p.ListID)
	return p, l, err
}

func (a *API) showContact(c *call) (any, error) {
	p, l, err := a.contact(c)
	if err != nil {
		return nil, err
	}
	if legacy(c) {
		return legacyContact(p), nil
	}
	return contactInFull(p, l), nil
}

func (a *API) updateContact(c *call) (any, error) {
	p, _, err := a.contact(c)
	if err != nil {
		return nil, err
	}
	var in contactWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if err := in.over(p); err != nil {
		return nil, err
	}
	if err := contact.Check(p); err != nil {
		return nil, err
	}
	if err := a.store.SaveContact(c.Request().Context(), c.actor, p); err != nil {
		return nil, err
	}
	return nil, a.optOut(c, p, &in)
}

func (a *API) deleteContact(c *call) (any, error) {
	p, l, err := a.contact(c)
	if err != nil {
		return nil, err
	}
	_, err = a.store.DeleteContacts(c.Request().Context(), c.actor, l.ID, p.ID)
	return nil, err
}
