package handlers_test

import (
	"maps"
	"strings"

	"surveyflow/internal/contact"
	"surveyflow/models"
)

// imported brings a file of contacts into a list, not started, and contacts of a program, whose import was; it gives the ids of both.
func (w *walk) imported(owner models.Actor, list string) (file, people string) {
	w.Helper()
	text := strings.NewReader("email\nx@example.com\n")
	i, err := w.contacts.Upload(w.Context(), owner, list, "people.csv", text, text.Size())
	w.Check(err)
	started, _, err := w.contacts.BringPeople(w.Context(), owner, list, contact.People{Merge: models.MergeEmail, Each: func(add func(models.Contact) error) error {
		return add(models.Contact{Email: "y@example.com"})
	}})
	w.Check(err)
	return i.ID, started.ID
}

// Who may come to the routes about contacts.
func init() { //nolint:gochecknoinits // the table is one, in parts
	maps.Copy(classes, map[string]string{
		"GET /API/v3/directories":                                                                        "api user",
		"GET /API/v3/directories/:directoryId/contacts":                                                  "api user",
		"POST /API/v3/directories/:directoryId/contacts":                                                 "api user",
		"GET /API/v3/directories/:directoryId/contacts/:contactId":                                       "secret",
		"PUT /API/v3/directories/:directoryId/contacts/:contactId":                                       "secret",
		"DELETE /API/v3/directories/:directoryId/contacts/:contactId":                                    "secret",
		"GET /API/v3/directories/:directoryId/mailinglists":                                              "api user",
		"POST /API/v3/directories/:directoryId/mailinglists":                                             "api user",
		"GET /API/v3/directories/:directoryId/mailinglists/:mailingListId":                               "secret",
		"PUT /API/v3/directories/:directoryId/mailinglists/:mailingListId":                               "secret",
		"DELETE /API/v3/directories/:directoryId/mailinglists/:mailingListId":                            "secret",
		"GET /API/v3/directories/:directoryId/mailinglists/:mailingListId/contacts":                      "secret",
		"POST /API/v3/directories/:directoryId/mailinglists/:mailingListId/contacts":                     "secret",
		"GET /API/v3/directories/:directoryId/mailinglists/:mailingListId/contacts/:contactId":           "secret",
		"PUT /API/v3/directories/:directoryId/mailinglists/:mailingListId/contacts/:contactId":           "secret",
		"DELETE /API/v3/directories/:directoryId/mailinglists/:mailingListId/contacts/:contactId":        "secret",
		"GET /API/v3/mailinglists":                                                                       "api user",
		"POST /API/v3/mailinglists":                                                                      "api user",
		"GET /API/v3/mailinglists/:mailingListId":                                                        "secret",
		"PUT /API/v3/mailinglists/:mailingListId":                                                        "secret",
		"DELETE /API/v3/mailinglists/:mailingListId":                                                     "secret",
		"GET /API/v3/mailinglists/:mailingListId/contacts":                                               "secret",
		"POST /API/v3/mailinglists/:mailingListId/contacts":                                              "secret",
		"GET /API/v3/mailinglists/:mailingListId/contacts/:contactId":                                    "secret",
		"PUT /API/v3/mailinglists/:mailingListId/contacts/:contactId":                                    "secret",
		"DELETE /API/v3/mailinglists/:mailingListId/contacts/:contactId":                                 "secret",
		"POST /API/v3/mailinglists/:mailingListId/contactimports":                                        "secret",
		"GET /API/v3/mailinglists/:mailingListId/contactimports/:importId":                               "secret",
		"POST /API/v3/directories/:directoryId/mailinglists/:mailingListId/transactioncontacts":          "secret",
		"GET /API/v3/directories/:directoryId/mailinglists/:mailingListId/transactioncontacts/:importId": "secret",
		"POST /API/v3/bounces":                               "api user",
		"GET /contacts":                                      "user",
		"POST /contacts":                                     "user",
		"GET /contacts/new":                                  "user",
		"GET /contacts/person":                               "admin",
		"POST /contacts/person/file":                         "admin",
		"POST /contacts/person/erase":                        "admin",
		"GET /contacts/:listID":                              "private",
		"POST /contacts/:listID":                             "private",
		"GET /contacts/:listID/settings":                     "private",
		"POST /contacts/:listID/settings":                    "private",
		"POST /contacts/:listID/delete":                      "private",
		"POST /contacts/:listID/export":                      "private",
		"GET /contacts/:listID/import":                       "private",
		"POST /contacts/:listID/import":                      "private",
		"GET /contacts/:listID/import/:importID":             "private",
		"POST /contacts/:listID/import/:importID":            "private",
		"POST /contacts/:listID/workflow":                    "private",
		"POST /contacts/:listID/bulk":                        "private",
		"GET /contacts/:listID/contacts/new":                 "private",
		"GET /contacts/:listID/contacts/:contactID":          "private",
		"POST /contacts/:listID/contacts/:contactID":         "private",
		"POST /contacts/:listID/contacts/:contactID/opt-out": "private",
		"POST /contacts/:listID/contacts/:contactID/delete":  "private",
	})
}
