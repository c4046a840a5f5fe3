// Package signing signs outbound webhooks by the rules of Standard Webhooks, and keeps their secrets.
package signing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed webhook, in Go's spelling.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Prefix begins every secret.
const Prefix = "whsec_"

// Bounds of a secret's key, in bytes (Standard Webhooks, "Signature scheme").
const (
	minKey, newKey, maxKey = 24, 32, 64
)

// NewSecret makes a secret: whsec_ and 32 random bytes in base64.
func NewSecret() string {
	key := make([]byte, newKey)
	rand.Read(key) // never fails (crypto/rand)
	return Prefix + base64.StdEncoding.EncodeToString(key)
}

// Valid reports whether a text is a secret that can sign: whsec_ and 24 to 64 bytes in base64.
func Valid(secret string) bool {
	key, ok := keyOf(secret)
	return ok && len(key) >= minKey && len(key) <= maxKey
}

func keyOf(secret string) ([]byte, bool) {
	text, ok := strings.CutPrefix(secret, Prefix)
	key, err := base64.StdEncoding.DecodeString(text)
	return key, ok && err == nil
}

// Header gives the headers of a message: its id, which has no dot and is the same on every retry, when it is sent, and a
// signature by each of the secrets, of the bytes that are sent. Secrets that are none sign nothing.
func Header(id string, at time.Time, body []byte, secrets ...string) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, s := range secrets {
		if key, ok := keyOf(s); ok {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(id + "." + stamp + "."))
			mac.Write(body)
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
	}
	return http.Header{HeaderID: {id}, HeaderTimestamp: {stamp}, HeaderSignature: {strings.Join(signatures, " ")}}
}
