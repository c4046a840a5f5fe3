package account

import (
	"context"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// setUpCodeFresh is how long the code that one node printed stays when others start.
const setUpCodeFresh = time.Hour

// Ready reports whether somebody can sign in. Until then the only page is the set-up.
func (p *People) Ready(ctx context.Context) (bool, error) {
	if p.ready.Load() {
		return true, nil
	}
	ready, err := p.store.HasUsers(ctx)
	if ready {
		p.ready.Store(true)
	}
	return ready, err
}

// SetUpCode makes the one-time code that guards the set-up page, for the caller to print. It is "" when the instance is
// set up already, or when another node printed one less than an hour ago. Where only one process can serve, each start
// makes a new code, because nobody may have kept the old log.
func (p *People) SetUpCode(ctx context.Context) (string, error) {
	newerThan := p.clock.Now()
	if p.store.Shared() {
		newerThan = newerThan.Add(-setUpCodeFresh)
	}
	code := models.NewCapability()
	made, err := p.store.OfferSetUpCode(ctx, digest(code), newerThan)
	if err != nil || !made {
		return "", err
	}
	return code, nil
}

// SetUp is what the set-up page asks for.
type SetUp struct {
	Code         string // as it was printed
	Organisation string
	TimeZone     string // of the organisation: an IANA name; UTC when it is empty or unknown
	Person
}

// Person is a new person.
type Person struct {
	Email     string
	FirstName string
	LastName  string
	Password  string
	Language  string      // one of i18n.Languages; "" means the organisation's
	Role      models.Role // "" means member; the first person is a brand admin whatever it says
}

// SetUp makes the organisation and its first brand admin and takes the code away; all or nothing, and only once.
// models.CodeInvalid names the fields code, organisation, email, firstName, lastName, password; models.CodeConflict says
// that the instance is set up already.
func (p *People) SetUp(ctx context.Context, in SetUp) (*models.User, error) {
	code := digest(strings.TrimSpace(in.Code))
	// Before anything else, and above all before hashing a password: this page is open to everybody.
	if err := p.store.CheckSetUpCode(ctx, code); err != nil {
		return nil, err
	}
	var fields []models.FieldError
	name := clean(in.Organisation)
	checkName(&fields, "organisation", name, true)
	u, err := p.newUser(ctx, in.Person, fields)
	if err != nil {
		return nil, err
	}
	if err := p.store.SetUp(ctx, code, newOrganisation(name, in.TimeZone, u.Language), u); err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "the instance was set up", "user_id", u.ID)
	return u, nil
}

// AddUser adds a person without a session, for commands. The first one makes the organisation, with a name of its own, and
// is its brand admin (contract §1). models.CodeInvalid names the fields, models.CodeConflict a used address.
func (p *People) AddUser(ctx context.Context, in Person) (*models.User, error) {
	u, err := p.newUser(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	if err := p.store.AddUser(ctx, newOrganisation(i18n.T(ctx, "people.organisation"), "", u.Language), u); err != nil {
		return nil, err
	}
	return u, nil
}

// newUser checks a new person's input, beside what was found wrong already, and makes the row with a hashed password.
func (p *People) newUser(ctx context.Context, in Person, fields []models.FieldError) (*models.User, error) {
	language, err := p.newLanguage(ctx, in.Language)
	if err != nil {
		return nil, err
	}
	u := &models.User{
		ID: models.NewID(models.PrefixUser), Email: clean(in.Email), FirstName: clean(in.FirstName), LastName: clean(in.LastName),
		Role: in.Role, Language: language,
	}
	if u.Role == "" {
		u.Role = models.RoleMember
	}
	checkEmail(&fields, u.Email)
	checkName(&fields, "firstName", u.FirstName, false)
	checkName(&fields, "lastName", u.LastName, false)
	checkPassword(&fields, "password", in.Password, u.Email)
	checkLanguage(&fields, u.Language)
	checkRole(&fields, u.Role)
	if len(fields) > 0 {
		return nil, models.Invalid(fields...)
	}
	u.PasswordHash, err = p.hashes.hash(ctx, in.Password)
	return u, err
}

// newLanguage gives the language of a new account: what was asked for, or the organisation's.
func (p *People) newLanguage(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	org, err := p.store.TheOrganisation(ctx)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && org.Language == "" {
		return i18n.Base, nil
	}
	if err != nil {
		return "", err
	}
	return org.Language, nil
}

func newOrganisation(name, zone, language string) *models.Organisation {
	if zone == "" || !validZone(zone) {
		zone = "UTC"
	}
	return &models.Organisation{ID: slug(name), Name: name, TimeZone: zone, Language: language}
}

// slug makes the brand id of an organisation from its name: at most 30 of [a-z0-9-].
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r): // accents fall away, everything else parts words
			gap = true
		}
		if b.Len() >= 29 { // room for one more with its hyphen
			break
		}
	}
	if b.Len() == 0 {
		return "organisation"
	}
	return b.String()
}
