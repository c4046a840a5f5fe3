// Package account is about the people who use Surveyflow: how they sign in and stay so, their profile and passwords, their
// API tokens, and how an empty instance gets its first person.
//
// Secrets (session, token, set-up code) are random words of at least 128 bits; the database keeps their SHA-256, which is
// enough for what cannot be guessed. Passwords can be, and are kept as argon2id.
package account

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"surveyflow/internal/clock"
	"surveyflow/internal/mail"
	"surveyflow/internal/openid"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// People signs people in and changes what belongs to them. It is safe for concurrent use.
// Every process has one, because it bounds how many passwords are hashed at a time.
type People struct {
	store  *store.Store
	clock  clock.Clock
	log    *slog.Logger
	hashes hasher
	outbox *mail.Outbox // may be nil
	sealer *secret.Sealer
	openid *openid.Client // nil: no sign-in service can be reached
	ready  atomic.Bool    // somebody can sign in; never taken back
}

// New makes a People on a database.
func New(s *store.Store, c clock.Clock, log *slog.Logger) *People {
	return &People{store: s, clock: c, log: log, hashes: newHasher()}
}

// digest gives what the database keeps of a random secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// maxName is how many characters names may have: of people, organisations and tokens.
const maxName = 100

// clean makes a line of input fit to store.
func clean(s string) string { return strings.TrimSpace(models.CleanText(s)) }

// checkName adds to fields what is wrong with a name.
func checkName(fields *[]models.FieldError, field, name string, required bool) {
	switch {
	case required && name == "":
		*fields = append(*fields, models.Field(field, "people.error.name_missing"))
	case utf8.RuneCountInString(name) > maxName:
		*fields = append(*fields, models.Field(field, "people.error.name_long", "Max", maxName))
	}
}

// checkEmail adds to fields what is wrong with an e-mail address.
func checkEmail(fields *[]models.FieldError, email string) {
	switch {
	case email == "":
		*fields = append(*fields, models.Field("email", "people.error.email_missing"))
	case !models.ValidEmail(email):
		*fields = append(*fields, models.Field("email", "people.error.email"))
	}
}
