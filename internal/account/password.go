package account

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"surveyflow/models"
)

// Bounds of a password, in characters.
const (
	MinPassword = 8
	MaxPassword = 200
)

// hashesAtOnce bounds the memory that sign-ins take: each hash needs 19 MiB.
const hashesAtOnce = 2

// hasher makes and checks password hashes, a few at a time.
type hasher struct {
	params *argon2id.Params
	slots  chan struct{}
	dummy  string // a hash that no password has, checked for unknown people so that they take as long
}

func newHasher() hasher {
	// The OWASP password storage cheat sheet's least for argon2id.
	return hasherWith(&argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32})
}

func hasherWith(p *argon2id.Params) hasher {
	zeros := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return hasher{
		params: p,
		slots:  make(chan struct{}, hashesAtOnce),
		dummy:  fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, zeros(p.SaltLength), zeros(p.KeyLength)),
	}
}

// hash gives the argon2id hash of a password in PHC format.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	text, err := argon2id.CreateHash(norm.NFC.String(password), h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return text, nil
}

// matches reports whether the password has that hash.
func (h hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	ok, err := argon2id.ComparePasswordAndHash(norm.NFC.String(password), hash)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return ok, nil
}

func (h hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: fmt.Errorf("wait to hash a password: %w", ctx.Err())}
	}
}

func (h hasher) leave() { <-h.slots }

// checkPassword adds to fields what is wrong with a new password. There are no rules about kinds of characters: they make
// passwords worse (NIST SP 800-63B §3.1.1.2).
func checkPassword(fields *[]models.FieldError, field, password, email string) {
	add := func(key string, args ...any) { *fields = append(*fields, models.Field(field, key, args...)) }
	key := models.EmailKey(email)
	local, _, _ := strings.Cut(key, "@")
	folded := strings.ToLower(strings.TrimSpace(password))
	switch length := utf8.RuneCountInString(password); {
	case length < MinPassword:
		add("people.error.password_short", "Min", MinPassword)
	case length > MaxPassword:
		add("people.error.password_long", "Max", MaxPassword)
	case folded == key || folded == local:
		add("people.error.password_email")
	case common(folded):
		add("people.error.password_common")
	}
}

// common reports whether a password is among the first that anybody tries.
func common(folded string) bool {
	if slices.Contains(commonPasswords, folded) {
		return true
	}
	first, _ := utf8.DecodeRuneInString(folded)
	return strings.Trim(folded, string(first)) == "" // one character again and again
}

// commonPasswords are those of MinPassword characters and more that lead every list of leaked ones, in lower case, and the
// product's name.
var commonPasswords = []string{
	"12345678", "123456789", "1234567890", "0123456789", "0987654321", "87654321", "987654321", "11223344", "12341234",
	"123123123", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "abcd1234", "abcdefgh", "admin123", "administrator", "baseball",
	"changeme", "changeme123", "computer", "football", "iloveyou", "letmein1", "letmein123", "p@ssw0rd", "passw0rd",
	"password", "password!", "password1", "password12", "password123", "password1234", "princess", "qwerty12", "qwerty123",
	"qwertyui", "qwertyuiop", "sunshine", "superman", "surveyflow", "surveyflow1", "test1234", "trustno1", "welcome1",
	"welcome123",
}
