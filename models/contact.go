package models

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ContactList is a list of people to write to.
type ContactList struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	OwnerID   string
	Name      string
	Shared    bool      // everybody of the organisation may use it
	MadeFor   string    // "api" for the list that contacts go to which the API adds to the directory; empty for others
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
	DeletedAt *time.Time

	Contacts int64  `gorm:"-"` // how many it has
	Access   Access `gorm:"-"` // what who asked may do with it: AccessEdit changes contacts, AccessOwn the list itself
}

// MadeForAPI marks the list of a person that takes contacts which the API adds to the directory and to no list.
const MadeForAPI = "api"

// Contact is a person whom one can write to, as one list knows them.
type Contact struct {
	ID           string `gorm:"primaryKey"`
	OrgID        string
	ListID       string
	Email        string
	EmailKey     string // see EmailKey
	EmailHash    string // see HashEmail
	FirstName    string
	LastName     string
	NameKey      string // both names in lower case
	LastKey      string
	Phone        string
	Language     string                  // BCP 47
	ExternalRef  string                  // what another system calls them
	Fields       JSON[map[string]string] // custom1 … custom8 and any embedded data
	Tags         JSON[[]string]
	OptedOutAt   *time.Time // of this list
	BouncedAt    *time.Time // the last mail could not be delivered
	BounceReason string     // a RunError as JSON
	Dedupe       *string    // the fact that made them, such as a task of a run
	CreatedAt    time.Time  `gorm:"autoCreateTime:false"`
	UpdatedAt    time.Time  `gorm:"autoUpdateTime:false"`

	OptedOutOrg *time.Time `gorm:"-"` // nobody of the organisation may write to them
}

// Limits of a contact.
const (
	ContactMaxName      = 200  // characters of a name, a phone number or an external reference
	ContactMaxFields    = 100  // custom1 … custom8 and embedded data together
	ContactMaxFieldName = 100  // characters
	ContactMaxField     = 2000 // characters of a value
	ContactMaxTags      = 30
	ContactMaxTag       = 50 // characters
	ContactListMaxName  = 100
)

// CustomFields are the names of the fields that every contact has room for (contract §3).
var CustomFields = []string{"custom1", "custom2", "custom3", "custom4", "custom5", "custom6", "custom7", "custom8"}

// IsCustomField reports whether a name is one of CustomFields.
func IsCustomField(name string) bool { return slices.Contains(CustomFields, name) }

// Name gives the contact's name, or else what is known of them.
func (c *Contact) Name() string {
	if name := strings.TrimSpace(c.FirstName + " " + c.LastName); name != "" {
		return name
	}
	for _, text := range []string{c.Email, c.ExternalRef, c.Phone} {
		if text != "" {
			return text
		}
	}
	return c.ID
}

// LookupID is the contact's id within their list (contract §2).
func (c *Contact) LookupID() string {
	return string(PrefixLookup) + strings.TrimPrefix(c.ID, string(PrefixContact))
}

// Person gives what piped text can name of the contact.
func (c *Contact) Person() *Person {
	return &Person{
		FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone, Language: c.Language, ExternalID: c.ExternalRef, Fields: c.Fields.V,
	}
}

// Set sets the field of a contact that other programs and files name so, as exports do: email, firstName, lastName, phone, language,
// externalReference (also extRef and externalDataReference), tags (parted by commas, semicolons or bars, added to those there are), or any
// other name as embedded data. It checks nothing; see CheckContact.
func (c *Contact) Set(name, text string) {
	switch name {
	case "email":
		c.Email = text
	case "firstName":
		c.FirstName = text
	case "lastName":
		c.LastName = text
	case "phone":
		c.Phone = text
	case "language":
		c.Language = text
	case "externalReference", "extRef", "externalDataReference":
		c.ExternalRef = text
	case "tags":
		c.Tags.V = append(c.Tags.V, strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '|' })...)
	default:
		if c.Fields.V == nil {
			c.Fields.V = map[string]string{}
		}
		c.Fields.V[name] = text
	}
}

// SetKeys sets what follows from the other fields.
func (c *Contact) SetKeys() {
	c.EmailKey, c.EmailHash = EmailKey(c.Email), HashEmail(c.Email)
	c.LastKey = strings.ToLower(c.LastName)
	c.NameKey = strings.ToLower(strings.TrimSpace(c.FirstName + " " + c.LastName))
}

// HashEmail gives the SHA-256 of an address's key in hex; empty for no address.
func HashEmail(email string) string {
	key := EmailKey(email)
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// MergeRule says when a new contact is one that the list has.
type MergeRule string

// The rules. Without one, every contact is another.
const (
	MergeEmail    MergeRule = "email"
	MergeExternal MergeRule = "externalReference"
	MergeNone     MergeRule = "none"
)

// MergeRules lists the rules in the order in which forms offer them.
var MergeRules = []MergeRule{MergeEmail, MergeExternal, MergeNone}

// ContactResult says what became of a contact on its way into a list.
type ContactResult string

// What becomes of them.
const (
	ContactAdded     ContactResult = "added"
	ContactUpdated   ContactResult = "updated"   // they were there, and know more now
	ContactUnchanged ContactResult = "unchanged" // they were there with the same values
)

// ContactTag says that a contact of a list has a tag.
type ContactTag struct {
	ListID    string `gorm:"primaryKey"`
	Tag       string `gorm:"primaryKey"`
	ContactID string `gorm:"primaryKey"`
}

// ContactCount is a part of the number of contacts of a list, which is the sum over the shards.
type ContactCount struct {
	ListID string `gorm:"primaryKey"`
	Shard  int    `gorm:"primaryKey"`
	N      int64
}

// OptOut is a person whom nobody of the organisation may write to.
type OptOut struct {
	OrgID     string `gorm:"primaryKey"`
	EmailHash string `gorm:"primaryKey"`
	Source    string // OptOutLink, OptOutStaff or OptOutComplaint
	CreatedAt time.Time
}

// Who took somebody out.
const (
	OptOutLink  = "link"  // they did, by the link of a mail
	OptOutStaff = "staff" // a person of the organisation did
	// OptOutComplaint says that they complained to their mail provider.
	OptOutComplaint = "complaint"
)

// CheckContact cleans a contact and tells what is wrong with them. The fields are named as in the API.
func CheckContact(c *Contact) []FieldError {
	var wrong []FieldError
	for _, f := range []struct {
		name string
		text *string
	}{{"firstName", &c.FirstName}, {"lastName", &c.LastName}, {"phone", &c.Phone}, {"extRef", &c.ExternalRef}, {"language", &c.Language}, {"email", &c.Email}} {
		*f.text = strings.TrimSpace(CleanText(*f.text))
		if f.name != "email" && len([]rune(*f.text)) > ContactMaxName {
			wrong = append(wrong, Field(f.name, "contact.error.too_long", "Max", ContactMaxName))
		}
	}
	switch {
	case hashedEmail(c.Email):
		wrong = append(wrong, Field("email", "contact.error.email_hashed"))
	case c.Email != "" && !ValidEmail(c.Email):
		wrong = append(wrong, Field("email", "contact.error.email"))
	case c.Email == "" && c.Phone == "" && c.ExternalRef == "" && c.FirstName == "" && c.LastName == "":
		wrong = append(wrong, Field("email", "contact.error.empty"))
	}
	wrong = append(wrong, checkContactFields(c)...)
	return append(wrong, checkTags(c)...)
}

// hashedEmail reports whether a text is an address that somebody hashed: nobody can be written to by one.
func hashedEmail(text string) bool {
	text = strings.TrimSpace(text)
	local, _, _ := strings.Cut(text, "@")
	switch len(local) {
	case 32, 40, 64, 128: // MD5, SHA-1, SHA-256, SHA-512
	default:
		return false
	}
	_, err := hex.DecodeString(local)
	return err == nil
}

func checkContactFields(c *Contact) (wrong []FieldError) {
	c.Fields.V, wrong = CheckFields(c.Fields.V)
	return wrong
}

// CheckFields gives fields as they are kept, with embedded data of contacts and of what is sent to them: cleaned, without those that are
// empty; and says which there cannot be.
func CheckFields(fields map[string]string) (clean map[string]string, wrong []FieldError) {
	clean = make(map[string]string, len(fields))
	for name, value := range fields {
		name, value = strings.TrimSpace(CleanText(name)), CleanText(value)
		switch {
		case value == "" || name == "":
			continue
		case len([]rune(name)) > ContactMaxFieldName || strings.ContainsAny(name, "\r\n\t"):
			wrong = append(wrong, Field("embeddedData", "contact.error.field_name", "Max", ContactMaxFieldName))
		case len([]rune(value)) > ContactMaxField:
			wrong = append(wrong, Field("embeddedData", "contact.error.field_value", "Name", name, "Max", ContactMaxField))
		}
		clean[name] = value
	}
	if len(clean) > ContactMaxFields {
		wrong = append(wrong, Field("embeddedData", "contact.error.fields", "Max", strconv.Itoa(ContactMaxFields)))
	}
	return clean, wrong
}

func checkTags(c *Contact) []FieldError {
	tags := make([]string, 0, len(c.Tags.V))
	for _, tag := range c.Tags.V {
		tag = strings.Join(strings.Fields(CleanText(tag)), " ")
		switch {
		case tag == "" || slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) }):
			continue
		case len([]rune(tag)) > ContactMaxTag:
			return []FieldError{Field("tags", "contact.error.tag", "Max", ContactMaxTag)}
		}
		tags = append(tags, tag)
	}
	if len(tags) > ContactMaxTags {
		return []FieldError{Field("tags", "contact.error.tags", "Max", ContactMaxTags)}
	}
	slices.Sort(tags)
	c.Tags.V = tags
	return nil
}
