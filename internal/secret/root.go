package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"surveyflow/internal/store"
)

// root is a key from the environment, by what is derived from it. The purposes have keys of their own (RFC 5869 §3.2),
// so that what one of them gives away is of no use for another.
type root struct {
	id   string // 8 hexadecimal digits that tell root keys apart and nothing about them
	wrap cipher.AEAD
}

func newRoots(keks [][]byte) ([]root, error) {
	if len(keks) == 0 {
		return nil, errors.New("SECRET_KEY is missing")
	}
	roots := make([]root, len(keks))
	for i, kek := range keks {
		if len(kek) != keyLength {
			return nil, fmt.Errorf("SECRET_KEY must be %d bytes, not %d", keyLength, len(kek))
		}
		roots[i] = root{id: hex.EncodeToString(derive(kek, "id", 4)), wrap: newAEAD(derive(kek, "data keys", keyLength))}
	}
	return roots, nil
}

// CookieKeys derives the keys that sign and encrypt cookies from the root keys, in the order that gorilla's sessions and
// securecookie take: for each root key one for HMAC-SHA-256 and one for AES-256. The first pair writes, all of them read.
func CookieKeys(keks [][]byte) [][]byte {
	var pairs [][]byte
	for _, kek := range keks {
		pairs = append(pairs, derive(kek, "cookie signature", keyLength), derive(kek, "cookie encryption", keyLength))
	}
	return pairs
}

// newDataKey makes a data key, wrapped under the root key.
func (r root) newDataKey() *store.DataKey {
	plain := make([]byte, keyLength)
	rand.Read(plain) // never fails (crypto/rand)
	k := &store.DataKey{ID: newKeyID()}
	r.rewrap(k, plain)
	return k
}

// rewrap seals a data key under the root key.
func (r root) rewrap(k *store.DataKey, plain []byte) {
	k.KEK, k.Sealed = r.id, seal(r.wrap, r.id, wrapAssoc(k.ID), plain)
}

func derive(kek []byte, purpose string, length int) []byte {
	key, err := hkdf.Key(sha256.New, kek, nil, "surveyflow "+purpose, length)
	if err != nil {
		panic(fmt.Sprintf("secret: %v", err)) // only for lengths over 255 hashes
	}
	return key
}

// newAEAD makes AES-256-GCM with a random nonce before each ciphertext (NIST SP 800-38D §8.2.2: good for 2^32 values per key).
func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("secret: %v", err)) // only for keys of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Sprintf("secret: %v", err)) // only for blocks other than AES
	}
	return aead
}
