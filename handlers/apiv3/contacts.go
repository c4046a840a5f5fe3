package apiv3

import (
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// contactEndpoints are the rows of directory, contact lists and contacts: the same under both of their paths.
func (a *API) contactEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPIDirectories, handler: a.serve(a.listDirectories), name: "listDirectories", tag: tagContacts,
			summary: "The one directory of the organisation", result: list[directoryBody]{},
		},
		{
			method: get, pattern: link.PatternAPIDirectoryLists, handler: a.serve(listLists(a, listOfDirectory)), name: "listDirectoryLists", tag: tagContacts,
			summary: "List contact lists", params: paging, result: list[listBody]{},
		},
		{
			method: post, pattern: link.PatternAPIDirectoryLists, handler: a.serve(a.createList), name: "createDirectoryList", tag: tagContacts,
			summary: "Make a contact list", body: listWriteSchema, result: createdID,
		},
		{
			method: get, pattern: link.PatternAPIDirectoryList, handler: a.serve(a.showList), name: "getDirectoryList", tag: tagContacts,
			summary: "A contact list", result: listBody{},
		},
		{
			method: put, pattern: link.PatternAPIDirectoryList, handler: a.serve(a.updateList), name: "updateDirectoryList", tag: tagContacts,
			summary: "Rename a contact list", body: listWriteSchema,
		},
		{
			method: del, pattern: link.PatternAPIDirectoryList, handler: a.serve(a.deleteList), name: "deleteDirectoryList", tag: tagContacts,
			summary: "Delete a contact list with its contacts",
		},
		{
			method: get, pattern: link.PatternAPIListContacts, handler: a.serve(a.listContacts(func(c *models.Contact) any { return contactOf(c) })), name: "listListContacts", tag: tagContacts,
			summary: "List the contacts of a list", params: contactListParams, result: list[contactBody]{},
		},
		{
			method: post, pattern: link.PatternAPIListContacts, handler: a.serve(a.createContact), name: "createListContact", tag: tagContacts,
			summary: "Add a contact to a list", more: mergeText, body: contactWriteSchema, result: createdContact,
		},
		{
			method: get, pattern: link.PatternAPIListContact, handler: a.serve(a.showContact), name: "getListContact", tag: tagContacts,
			summary: "A contact of a list", result: contactDetail{},
		},
		{
			method: put, pattern: link.PatternAPIListContact, handler: a.serve(a.updateContact), name: "updateListContact", tag: tagContacts,
			summary: "Change a contact of a list; what is not named stays", body: contactWriteSchema,
		},
		{
			method: del, pattern: link.PatternAPIListContact, handler: a.serve(a.deleteContact), name: "deleteListContact", tag: tagContacts,
			summary: "Remove a contact from a list",
		},
		{
			method: get, pattern: link.PatternAPIDirectoryContacts, handler: a.serve(a.directoryContacts), name: "listDirectoryContacts", tag: tagContacts,
			summary: "List the contacts of all lists that you see", params: paging, result: list[contactBody]{},
		},
		{
			method: post, pattern: link.PatternAPIDirectoryContacts, handler: a.serve(a.createDirectoryContact), name: "createDirectoryContact", tag: tagContacts,
			summary: "Add a contact to the directory; a list of your own that is made for it takes them", more: mergeText, body: contactWriteSchema, result: createdContact,
		},
		{
			method: get, pattern: link.PatternAPIDirectoryContact, handler: a.serve(a.showContact), name: "getDirectoryContact", tag: tagContacts,
			summary: "A contact", result: contactDetail{},
		},
		{
			method: put, pattern: link.PatternAPIDirectoryContact, handler: a.serve(a.updateContact), name: "updateDirectoryContact", tag: tagContacts,
			summary: "Change a contact; what is not named stays", body: contactWriteSchema,
		},
		{
			method: del, pattern: link.PatternAPIDirectoryContact, handler: a.serve(a.deleteContact), name: "deleteDirectoryContact", tag: tagContacts,
			summary: "Delete a contact",
		},
		{
			method: get, pattern: link.PatternAPIMailingLists, handler: a.serve(listLists(a, legacyList)), name: "listMailingLists", tag: tagContacts,
			summary: "List contact lists, in the older shape", params: paging, result: list[legacyListBody]{},
		},
		{
			method: post, pattern: link.PatternAPIMailingLists, handler: a.serve(a.createList), name: "createMailingList", tag: tagContacts,
			summary: "Make a contact list", body: listWriteSchema, result: createdID,
		},
		{
			method: get, pattern: link.PatternAPIMailingList, handler: a.serve(a.showList), name: "getMailingList", tag: tagContacts,
			summary: "A contact list, in the older shape", result: legacyListBody{},
		},
		{
			method: put, pattern: link.PatternAPIMailingList, handler: a.serve(a.updateList), name: "updateMailingList", tag: tagContacts,
			summary: "Rename a contact list", body: listWriteSchema,
		},
		{
			method: del, pattern: link.PatternAPIMailingList, handler: a.serve(a.deleteList), name: "deleteMailingList", tag: tagContacts,
			summary: "Delete a contact list with its contacts",
		},
		{
			method: get, pattern: link.PatternAPIMailingContacts, handler: a.serve(a.listContacts(func(c *models.Contact) any { return legacyContact(c) })), name: "listMailingListContacts", tag: tagContacts,
			summary: "List the contacts of a list, in the older shape", params: contactListParams, result: list[legacyContactBody]{},
		},
		{
			method: post, pattern: link.PatternAPIMailingContacts, handler: a.serve(a.createContact), name: "createMailingListContact", tag: tagContacts,
			summary: "Add a contact to a list", more: mergeText, body: contactWriteSchema, result: createdContact,
		},
		{
			method: get, pattern: link.PatternAPIMailingContact, handler: a.serve(a.showContact), name: "getMailingListContact", tag: tagContacts,
			summary: "A contact of a list, in the older shape", result: legacyContactBody{},
		},
		{
			method: put, pattern: link.PatternAPIMailingContact, handler: a.serve(a.updateContact), name: "updateMailingListContact", tag: tagContacts,
			summary: "Change a contact of a list; what is not named stays", body: contactWriteSchema,
		},
		{
			method: del, pattern: link.PatternAPIMailingContact, handler: a.serve(a.deleteContact), name: "deleteMailingListContact", tag: tagContacts,
			summary: "Remove a contact from a list",
		},
		{
			method: post, pattern: link.PatternAPIContactImports, handler: a.serve(a.importContacts), name: "createContactImport", tag: tagContacts,
			summary: "Import contacts into a list", more: importText, body: contactImportSchema, result: peopleBody{}, form: true, limit: models.ImportMaxBytes, timeout: peopleTimeout,
		},
		{
			method: get, pattern: link.PatternAPIContactImport, handler: a.serve(a.showImport), name: "getContactImport", tag: tagContacts,
			summary: "How far an import is", result: peopleBody{},
		},
		{
			method: post, pattern: link.PatternAPIListImports, handler: a.serve(a.importContacts), name: "createTransactionContacts", tag: tagContacts,
			summary: "Import contacts into a list", more: importText, body: contactImportSchema, result: peopleBody{}, form: true, limit: models.ImportMaxBytes, timeout: peopleTimeout,
		},
		{
			method: get, pattern: link.PatternAPIListImport, handler: a.serve(a.showImport), name: "getTransactionContacts", tag: tagContacts,
			summary: "How far an import is", result: peopleBody{},
		},
		{
			method: post, pattern: link.PatternAPIBounces, handler: a.serve(a.reportBounce), name: "reportBounce", tag: tagContacts,
			summary: "Report that mail to an address comes back, or that somebody complained about one", more: bounceText, body: bounceSchema, result: bounceBody{},
		},
	}
}

const (
	importText = "A job brings them into the list: ask how far it is by the id. The body is JSON, or a form with it as the file contacts. " +
		"Contacts are merged by e-mail, or by what merge names. Those that are refused are counted and listed by their place. They start workflows that wait for new contacts only with startWorkflows. Who is unsubscribed gets no more invitations from the list."
	bounceText = "For mail servers and services: contacts with this address, in all lists of the organisation, are not written to any more, " +
		"and invitations that were sent to it and not answered are bounced. After a complaint nobody of the organisation writes to the address. " +
		"A report of a complaint as providers mail it (ARF) is taken as it is, as message/rfc822 or multipart/report. Whether anybody has the address is not told."
)

const mergeText = "A contact that the list has by the same e-mail address (or what merge names) is not added again: what is named is laid over it, and its id is answered."

// contactListParams are those of a list's contacts.
var contactListParams = append([]param{
	{"q", "query", "How e-mail address, name, last name or external reference begins.", text},
	{"tag", "query", "Only contacts with this tag.", text},
}, paging...)

// directory checks that the path names the caller's directory, where it names one.
func (a *API) directory(c *call) error {
	if id := c.Param("directoryId"); id != "" && id != DirectoryID(c.actor.OrgID) {
		return models.NotFound("api.error.no_directory")
	}
	return nil
}

// legacy reports whether the path is one of the older ones.
func legacy(c *call) bool { return c.Param("directoryId") == "" }

// list gives the list that the path names.
func (a *API) list(c *call) (*models.ContactList, error) {
	if err := a.directory(c); err != nil {
		return nil, err
	}
	l, err := a.store.ContactList(c.Request().Context(), c.actor, c.Param("mailingListId"))
	return l, missing(err, "api.error.no_list")
}

func (a *API) listDirectories(c *call) (any, error) {
	n, err := a.store.CountDirectory(c.Request().Context(), c.actor)
	if err != nil {
		return nil, err
	}
	return listOf([]directoryBody{{
		DirectoryID: DirectoryID(c.actor.OrgID), Name: i18n.T(c.Request().Context(), "api.directory"), ContactCount: n, IsDefault: true,
		Deduplication: map[string]bool{"email": true, "firstName": false, "lastName": false, "externalDataReference": false, "phone": false},
	}}, nil), nil
}

// listLists lists contact lists in the shape that a path has.
func listLists[B any](a *API, shape func(*models.ContactList) B) handler {
	return func(c *call) (any, error) {
		if err := a.directory(c); err != nil {
			return nil, err
		}
		page, err := c.page()
		if err != nil {
			return nil, err
		}
		lists, next, err := a.store.ContactLists(c.Request().Context(), c.actor, page)
		if err != nil {
			return nil, err
		}
		elements := make([]B, len(lists))
		for i := range lists {
			elements[i] = shape(&lists[i])
		}
		return listOf(elements, a.nextPage(c, next)), nil
	}
}
