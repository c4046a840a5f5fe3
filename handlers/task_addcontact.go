package handlers

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// firstAddContact is what a new task that adds a contact begins with.
var firstAddContact = json.RawMessage(`{"mailingListId":"","collectorId":null,"fields":{},"merge":"email"}`)

// readAddContact gives the form of a task that adds a contact as it was typed, without rows that were left empty.
func readAddContact(form url.Values, do string) workflowpages.AddContactForm {
	f := workflowpages.AddContactForm{ListID: strings.TrimSpace(form.Get("config.mailingListId")), Invite: strings.TrimSpace(form.Get("config.collectorId")), Merge: models.MergeRule(form.Get("config.merge")), Fields: map[string]string{}}
	for _, name := range workflowpages.AddContactFields {
		f.Fields[name] = form.Get("config.fields." + name)
	}
	for _, name := range rowNames(form, "config.more", do) {
		row := frame.ContactField{Name: strings.TrimSpace(form.Get(name + ".name")), Value: form.Get(name + ".value")}
		if row != (frame.ContactField{}) {
			f.More = append(f.More, row)
		}
	}
	if do == "add:config.more" {
		f.More = append(f.More, frame.ContactField{Name: nextCustom(f.More)})
	}
	return f
}

// nextCustom gives the first of custom1 … custom8 that no row has.
func nextCustom(rows []frame.ContactField) string {
	for _, name := range models.CustomFields {
		if !slices.ContainsFunc(rows, func(r frame.ContactField) bool { return r.Name == name }) {
			return name
		}
	}
	return ""
}

// addContactConfig lays what was typed over the config that was there.
func addContactConfig(old json.RawMessage, f workflowpages.AddContactForm) json.RawMessage {
	config := map[string]any{"collectorId": nil}
	var members map[string]json.RawMessage
	if json.Unmarshal(old, &members) == nil {
		for name, value := range members {
			config[name] = value
		}
	}
	fields := map[string]string{}
	for name, value := range f.Fields {
		if strings.TrimSpace(value) != "" {
			fields[name] = value
		}
	}
	for _, row := range f.More {
		if row.Name != "" {
			fields[row.Name] = row.Value
		}
	}
	config["collectorId"] = nil
	if f.Invite != "" {
		config["collectorId"] = f.Invite
	}
	config["mailingListId"], config["fields"], config["merge"] = f.ListID, fields, f.Merge
	text, err := models.MarshalJSON(config)
	if err != nil { // every member was read from a form or from JSON
		return old
	}
	return text
}

func addContactForm(config json.RawMessage) workflowpages.AddContactForm {
	var c models.AddContactConfig
	_ = json.Unmarshal(config, &c) // what cannot be read is shown empty, and the check names it
	f := workflowpages.AddContactForm{ListID: c.MailingListID, Merge: c.Merge, Fields: map[string]string{}}
	if c.CollectorID != nil {
		f.Invite = *c.CollectorID
	}
	if f.Merge == "" {
		f.Merge = models.MergeEmail
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		switch {
		case slices.Contains(workflowpages.AddContactFields, name):
			f.Fields[name] = c.Fields[name]
		case name == "extRef" || name == "externalDataReference":
			f.Fields["externalReference"] = c.Fields[name]
		default:
			f.More = append(f.More, frame.ContactField{Name: name, Value: c.Fields[name]})
		}
	}
	return f
}

// listOptions offers the contact lists that the actor may use, by name.
func listOptions(ctx context.Context, s *store.Store, actor models.Actor) ([]components.Option, error) {
	lists, _, err := s.ContactLists(ctx, actor, store.Page{Limit: store.MaxPage})
	if err != nil {
		return nil, err
	}
	options := make([]components.Option, len(lists))
	for i, l := range lists {
		options[i] = components.Option{Value: l.ID, Label: l.Name}
	}
	slices.SortFunc(options, func(a, b components.Option) int {
		return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label))
	})
	return options, nil
}

// contactTokens offers what is known of a contact that comes into a list.
func contactTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	if !s.contact {
		return nil, nil
	}
	group := i18n.T(ctx, "event.list.tokens")
	var out []components.PipedToken
	for _, t := range []struct{ name, key string }{
		{"Email", "contact.email"},
		{"FirstName", "contact.first_name"},
		{"LastName", "contact.last_name"},
		{"Phone", "contact.phone"},
		{"Language", "contact.language"},
		{"ExternalDataReference", "contact.external"},
	} {
		out = append(out, components.PipedToken{Group: group, Label: i18n.T(ctx, t.key), Text: "${m://" + t.name + "}"})
	}
	for _, name := range models.CustomFields {
		out = append(out, components.PipedToken{Group: group, Label: name, Text: "${m://" + name + "}"})
	}
	return out, nil
}

// createForList makes a workflow that waits for new contacts of a list, and opens it.
func (h *workflows) createForList(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.store.ContactList(ctx, actor, c.Param("listID"))
	if err != nil {
		return err
	}
	def := models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventContactList, MailingListID: l.ID}}
	workflow.Normalize(&def)
	w := models.Workflow{
		ID: models.NewID(models.PrefixWorkflow), OwnerID: actor.UserID, Name: i18n.T(ctx, "event.list.name", "List", l.Name), EventType: def.Event.Type,
		Draft: models.JSON[models.WorkflowDefinition]{V: def},
	}
	if err := h.store.CreateWorkflow(ctx, actor, &w); err != nil {
		return err
	}
	return web.Redirect(c, link.Workflow(w.ID))
}
