package link

// Patterns of the pages about contacts.
const (
	PatternContacts       = "/contacts"
	PatternPerson         = "/contacts/person"
	PatternPersonFile     = "/contacts/person/file"
	PatternPersonErase    = "/contacts/person/erase"
	PatternContactListNew = "/contacts/new"
	PatternContactList    = "/contacts/:listID"
	PatternListSettings   = "/contacts/:listID/settings"
	PatternListDelete     = "/contacts/:listID/delete"
	PatternListImport     = "/contacts/:listID/import"
	PatternContactImport  = "/contacts/:listID/import/:importID"
	PatternListExport     = "/contacts/:listID/export"
	PatternListBulk       = "/contacts/:listID/bulk"
	PatternListWorkflow   = "/contacts/:listID/workflow"
	PatternContactNew     = "/contacts/:listID/contacts/new"
	PatternContact        = "/contacts/:listID/contacts/:contactID"
	PatternContactOptOut  = "/contacts/:listID/contacts/:contactID/opt-out"
	PatternContactDelete  = "/contacts/:listID/contacts/:contactID/delete"
)

// Contacts returns the path of the contact lists (POST adds one).
func Contacts() string { return PatternContacts }

// Person returns the path of what is kept of one person, whom the parameter "email" names.
func Person() string { return PatternPerson }

// PersonFile returns the path of all that is kept of a person, as a file (POST).
func PersonFile() string { return PatternPersonFile }

// PersonErase returns the path that erases a person (POST).
func PersonErase() string { return PatternPersonErase }

// ContactListNew returns the path of the form for a new list.
func ContactListNew() string { return PatternContactListNew }

// ContactList returns the path of a list's contacts (POST adds one).
func ContactList(listID string) string { return fill(PatternContactList, listID) }

// ListSettings returns the path of a list's settings (POST saves them).
func ListSettings(listID string) string { return fill(PatternListSettings, listID) }

// ListDelete returns the path that deletes a list (POST).
func ListDelete(listID string) string { return fill(PatternListDelete, listID) }

// ListImport returns the path of the form that brings a file of contacts (POST takes it).
func ListImport(listID string) string { return fill(PatternListImport, listID) }

// ContactImport returns the path of a file of contacts that was brought (POST reads it again, or starts its job).
func ContactImport(listID, importID string) string {
	return fill(PatternContactImport, listID, importID)
}

// ListExport returns the path that makes a file of a list (POST).
func ListExport(listID string) string { return fill(PatternListExport, listID) }

// ListBulk returns the path that does something with chosen contacts of a list (POST).
func ListBulk(listID string) string { return fill(PatternListBulk, listID) }

// ContactNew returns the path of the form for a new contact.
func ContactNew(listID string) string { return fill(PatternContactNew, listID) }

// Contact returns the path of a contact (POST saves them).
func Contact(listID, contactID string) string { return fill(PatternContact, listID, contactID) }

// ContactOptOut returns the path that takes a contact out or back in (POST).
func ContactOptOut(listID, contactID string) string {
	return fill(PatternContactOptOut, listID, contactID)
}

// ContactDelete returns the path that deletes a contact (POST).
func ContactDelete(listID, contactID string) string {
	return fill(PatternContactDelete, listID, contactID)
}

// ListWorkflow returns the path that makes a workflow for new contacts of a list (POST).
func ListWorkflow(listID string) string { return fill(PatternListWorkflow, listID) }
