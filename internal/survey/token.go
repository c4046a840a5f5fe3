package survey

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"surveyflow/models"
)

// Token lets a browser go on with a response: the response's id and a secret of 130 bits, of which the database has the
// hash alone. A browser gets one with the first page, before there is a response; the id follows from the secret then, so
// that nobody can choose the id of another's response, and a first page that is sent twice makes one response.
type Token struct {
	ResponseID string
	secret     string
}

// NewToken makes the token of a response that is still to begin.
func NewToken() Token {
	secret := models.NewCapability()
	return Token{derivedID("respond", secret), secret}
}

// ParseToken reads what String wrote.
func ParseToken(text string) (Token, bool) {
	id, secret, ok := strings.Cut(text, ".")
	if !ok || !models.ValidID(models.PrefixResponse, id) || len(secret) != secretLength || strings.Trim(secret, base62) != "" {
		return Token{}, false
	}
	return Token{id, secret}, true
}

// String gives the token as cookies and forms carry it.
func (t Token) String() string {
	if t == (Token{}) {
		return ""
	}
	return t.ResponseID + "." + t.secret
}

// LogValue keeps the secret out of logs.
func (t Token) LogValue() string { return t.ResponseID }

// mayBegin reports whether the token may begin a response of its id.
func (t Token) mayBegin() bool { return t.ResponseID == derivedID("respond", t.secret) }

// opens reports whether the token is the response's.
func (t Token) opens(r *models.Response) bool {
	return r.TokenHash != "" && subtle.ConstantTimeCompare([]byte(r.TokenHash), []byte(t.hash())) == 1
}

func (t Token) hash() string {
	sum := sha256.Sum256([]byte(t.secret))
	return hex.EncodeToString(sum[:])
}

const (
	secretLength = 22 // as models.NewCapability makes it
	base62       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// derivedID gives the response id that follows from a text. Finding a text for a given id takes 62^15 tries.
func derivedID(purpose, text string) string {
	id := make([]byte, 0, 18)
	id = append(id, models.PrefixResponse...)
	sum := sha256.Sum256([]byte(purpose + "\x00" + text))
	for {
		for _, b := range sum {
			if b >= 248 { // would favour the first characters
				continue
			}
			if id = append(id, base62[b%62]); len(id) == len(models.PrefixResponse)+15 {
				return string(id)
			}
		}
		sum = sha256.Sum256(sum[:])
	}
}
