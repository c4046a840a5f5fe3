package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238's own, which every authenticator app knows; HMAC does not need more of it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpBytes  = 20 // RFC 4226 §4, R6
	// totpSkew is how many steps a clock may be away.
	totpSkew = 1
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// newTOTPSecret makes the secret that program and authenticator app share.
func newTOTPSecret() []byte {
	secret := make([]byte, totpBytes)
	rand.Read(secret) // never fails (crypto/rand)
	return secret
}

// totpCode gives the code of a time step (RFC 6238 §4.2, RFC 4226 §5.3).
func totpCode(secret []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step)) //nolint:gosec // steps are counted from 1970 and not negative
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, number%1_000_000)
}

// totpMatch gives the time step whose code was typed, about now and after the last one that was used; 0 when there is none.
func totpMatch(secret []byte, code string, now time.Time, last int64) int64 {
	current := now.Unix() / int64(totpStep/time.Second)
	found := int64(0)
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 && step > last {
			found = step
		}
	}
	return found
}

// totpAddress is what the picture for authenticator apps says.
func totpAddress(secret []byte, issuer, email string) string {
	query := url.Values{"secret": {base32Text.EncodeToString(secret)}, "issuer": {issuer}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+email) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// recoveryCodes is how many codes somebody gets for the day when the app is lost.
const recoveryCodes = 10

// newRecoveryCode makes a code of 80 bits, in groups that are easy to copy.
func newRecoveryCode() string {
	raw := make([]byte, 10)
	rand.Read(raw) // never fails (crypto/rand)
	text := strings.ToLower(base32Text.EncodeToString(raw))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// cleanCode makes of what was typed what a code is: without spaces and hyphens, in lower case.
func cleanCode(text string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text))
}
