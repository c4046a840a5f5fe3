package apiv3

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/models"
)

// DirectoryID gives the id of the one directory of an organisation, which follows from the organisation's.
func DirectoryID(orgID string) string {
	sum := sha256.Sum256([]byte("directory of " + orgID))
	text := strings.NewReplacer("-", "x", "_", "y").Replace(base64.RawURLEncoding.EncodeToString(sum[:]))
	return string(models.PrefixDirectory) + text[:15]
}

// directoryBody is the directory: every contact that the caller sees.
type directoryBody struct {
	DirectoryID   string          `json:"directoryId"`
	Name          string          `json:"name"`
	ContactCount  int64           `json:"contactCount"`
	IsDefault     bool            `json:"isDefault"`
	Deduplication map[string]bool `json:"deduplicationCriteria"`
}

// listBody is a contact list of a directory.
type listBody struct {
	MailingListID string `json:"mailingListId"`
	Name          string `json:"name"`
	OwnerID       string `json:"ownerId"`
	CreationDate  int64  `json:"creationDate"` // milliseconds since 1970
	LastModified  int64  `json:"lastModifiedDate"`
	ContactCount  int64  `json:"contactCount"`
}

func listOfDirectory(l *models.ContactList) listBody {
	return listBody{
		MailingListID: l.ID, Name: l.Name, OwnerID: l.OwnerID, CreationDate: l.CreatedAt.UnixMilli(), LastModified: l.UpdatedAt.UnixMilli(), ContactCount: l.Contacts,
	}
}

// legacyListBody is a contact list under /mailinglists.
type legacyListBody struct {
	LibraryID string `json:"libraryId"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	Category  string `json:"category"`
	Folder    string `json:"folder"`
}

func legacyList(l *models.ContactList) legacyListBody {
	return legacyListBody{LibraryID: l.OwnerID, ID: l.ID, Name: l.Name, Category: "Unassigned", Folder: "/Uncategorized"}
}

// contactBody is a contact of a directory.
type contactBody struct {
	ContactID       string            `json:"contactId"`
	LookupID        string            `json:"contactLookupId"`
	FirstName       *string           `json:"firstName"`
	LastName        *string           `json:"lastName"`
	Email           *string           `json:"email"`
	Phone           *string           `json:"phone"`
	ExtRef          *string           `json:"extRef"`
	Language        *string           `json:"language"`
	Unsubscribed    bool              `json:"unsubscribed"`
	ListUnsubscribe bool              `json:"mailingListUnsubscribed"`
	EmbeddedData    map[string]string `json:"embeddedData"`
	Tags            []string          `json:"tags"`
	MailingListID   string            `json:"mailingListId"`
}

// contactDetail is a contact in full.
type contactDetail struct {
	contactBody
	CreationDate          int64                 `json:"creationDate"` // milliseconds since 1970
	LastModified          int64                 `json:"lastModified"`
	DirectoryUnsubscribed bool                  `json:"directoryUnsubscribed"`
	DirectoryDate         *int64                `json:"directoryUnsubscribeDate"`
	Memberships           map[string]membership `json:"mailingListMembership"`
}

// membership is a contact's place in a list.
type membership struct {
	Name             string `json:"name"`
	ContactLookupID  string `json:"contactLookupId"`
	Unsubscribed     bool   `json:"unsubscribed"`
	UnsubscribeDate  *int64 `json:"unsubscribeDate"`
	MailingListOwner string `json:"ownerId"`
}

func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func contactOf(c *models.Contact) contactBody {
	fields, tags := c.Fields.V, c.Tags.V
	if fields == nil {
		fields = map[string]string{}
	}
	if tags == nil {
		tags = []string{}
	}
	return contactBody{
		ContactID: c.ID, LookupID: c.LookupID(), FirstName: said(c.FirstName), LastName: said(c.LastName), Email: said(c.Email), Phone: said(c.Phone),
		ExtRef: said(c.ExternalRef), Language: said(qsf.LanguageCode(c.Language)), Unsubscribed: c.OptedOutOrg != nil, ListUnsubscribe: c.OptedOutAt != nil,
		EmbeddedData: fields, Tags: tags, MailingListID: c.ListID,
	}
}

func contactInFull(c *models.Contact, l *models.ContactList) contactDetail {
	d := contactDetail{
		contactBody: contactOf(c), CreationDate: c.CreatedAt.UnixMilli(), LastModified: c.UpdatedAt.UnixMilli(), DirectoryUnsubscribed: c.OptedOutOrg != nil,
	}
	m := membership{Name: l.Name, ContactLookupID: c.LookupID(), Unsubscribed: c.OptedOutAt != nil, MailingListOwner: l.OwnerID}
	if c.OptedOutOrg != nil {
		at := c.OptedOutOrg.UnixMilli()
		d.DirectoryDate = &at
	}
	if c.OptedOutAt != nil {
		at := c.OptedOutAt.UnixMilli()
		m.UnsubscribeDate = &at
	}
	d.Memberships = map[string]membership{l.ID: m}
	return d
}

// legacyContactBody is a contact under /mailinglists.
type legacyContactBody struct {
	ID              string             `json:"id"`
	FirstName       *string            `json:"firstName"`
	LastName        *string            `json:"lastName"`
	Email           *string            `json:"email"`
	ExternalRef     *string            `json:"externalDataReference"`
	EmbeddedData    *map[string]string `json:"embeddedData"`
	Language        *string            `json:"language"`
	Unsubscribed    bool               `json:"unsubscribed"`
	ResponseHistory []any              `json:"responseHistory"`
	EmailHistory    []any              `json:"emailHistory"`
}

func legacyContact(c *models.Contact) legacyContactBody {
	b := legacyContactBody{
		ID: c.ID, FirstName: said(c.FirstName), LastName: said(c.LastName), Email: said(c.Email), ExternalRef: said(c.ExternalRef), Language: said(qsf.LanguageCode(c.Language)),
		Unsubscribed: c.OptedOutAt != nil || c.OptedOutOrg != nil, ResponseHistory: []any{}, EmailHistory: []any{},
	}
	if len(c.Fields.V) > 0 {
		b.EmbeddedData = &c.Fields.V
	}
	return b
}

var contactWriteSchema = optionalAll(schema{
	"firstName": maybeText, "lastName": maybeText, "email": maybeText, "phone": maybeText, "language": maybeText,
	"extRef": maybeText, "externalDataReference": schema{"type": []string{"string", "null"}, "description": "Another name of extRef."},
	"unsubscribed": schema{"type": "boolean", "description": "Of everything that the organisation sends."}, "mailingListUnsubscribed": truth,
	"embeddedData": schema{"type": "object", "description": "custom1 to custom8 and any other names; a change sets the names it has, and removes those that are null.", "additionalProperties": schema{"type": []string{"string", "number", "boolean", "null"}}},
	"tags":         listOfText,
	"merge":        schema{"type": "string", "enum": models.MergeRules, "description": "Of a new contact: what makes it one that the list has. By e-mail when it is not named."},
})

var listWriteSchema = optionalAll(schema{"name": text, "ownerId": text, "libraryId": text, "category": text})

var createdID = required(schema{"id": text})

var createdContact = required(schema{"id": text, "contactLookupId": text})
