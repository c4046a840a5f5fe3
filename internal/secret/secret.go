// Package secret seals what the database must not tell: credentials, webhook secrets and the like.
//
// A root key comes from SECRET_KEY (or the file secret.key) and never seals a value itself: it wraps data keys, which the
// database keeps, and gives the cookie keys. Rotation makes a new data key, wraps all of them under the newest root key
// and seals every value of [store.Columns] anew.
package secret

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
)

const (
	version   = "v1"
	keyLength = 32 // bytes: AES-256
	// reloadEvery is how soon a process seals with a data key that another one made current.
	reloadEvery = time.Minute
)

// Sealer seals and opens secrets. It is safe for concurrent use.
type Sealer struct {
	store *store.Store
	roots []root // newest first
	clock clock.Clock

	mu       sync.RWMutex
	keys     map[string]cipher.AEAD // data keys by id
	current  string
	loadedAt time.Time
}

// Open reads the data keys, and makes the first one when there is none. keks are the root keys, 32 bytes each, newest
// first. It fails with a sentence for the operator when they do not open all data keys.
func Open(ctx context.Context, s *store.Store, keks [][]byte, c clock.Clock) (*Sealer, error) {
	roots, err := newRoots(keks)
	if err != nil {
		return nil, err
	}
	sealer := &Sealer{store: s, roots: roots, clock: c}
	there, err := s.DataKeys(ctx)
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		if err := s.CreateFirstDataKey(ctx, roots[0].newDataKey()); err != nil {
			return nil, err
		}
	}
	if err := sealer.reload(ctx); err != nil {
		return nil, err
	}
	return sealer, nil
}

// Assoc names the place of a sealed value. A value moved to another row, column or table does not open there.
func Assoc(table, row, column string) string { return table + "|" + row + "|" + column }

// Seal encrypts and authenticates a secret for the place that assoc names (see [Assoc]): "v1:", the data key's id, ":" and
// base64. The same secret gives another text each time. It fails only when the data keys cannot be read.
func (s *Sealer) Seal(ctx context.Context, assoc string, plaintext []byte) (string, error) {
	if s.clock.Now().Sub(s.lastLoad()) >= reloadEvery {
		if err := s.reload(ctx); err != nil {
			return "", fmt.Errorf("seal: %w", err)
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return seal(s.keys[s.current], s.current, assoc, plaintext), nil
}

// Open gives a sealed secret back. It fails when the value was changed, or sealed for another place. A data key that
// another process made meanwhile is looked up.
func (s *Sealer) Open(ctx context.Context, assoc, sealed string) ([]byte, error) {
	id, err := keyOf(sealed)
	if err != nil {
		return nil, err
	}
	key := s.key(id)
	if key == nil {
		if err := s.reload(ctx); err != nil {
			return nil, fmt.Errorf("open secret: %w", err)
		}
		if key = s.key(id); key == nil {
			return nil, fmt.Errorf("open secret: there is no data key %q", id)
		}
	}
	return open(key, assoc, sealed)
}

func (s *Sealer) key(id string) cipher.AEAD {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[id]
}

func (s *Sealer) lastLoad() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.loadedAt
}

// reload reads the data keys.
func (s *Sealer) reload(ctx context.Context) error {
	now := s.clock.Now()
	stored, err := s.store.DataKeys(ctx)
	if err != nil {
		return err
	}
	keys := make(map[string]cipher.AEAD, len(stored))
	current := ""
	for _, k := range stored {
		plain, err := s.unwrap(k)
		if err != nil {
			return err
		}
		keys[k.ID] = newAEAD(plain)
		if k.Current {
			current = k.ID
		}
	}
	if current == "" {
		return errors.New("none of the data keys in the database is marked as current")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.current, s.loadedAt = keys, current, now
	return nil
}

// unwrap gives the bytes of a stored data key.
func (s *Sealer) unwrap(k store.DataKey) ([]byte, error) {
	i := slices.IndexFunc(s.roots, func(r root) bool { return r.id == k.KEK })
	if i < 0 {
		given := make([]string, len(s.roots))
		for i, r := range s.roots {
			given[i] = r.id
		}
		return nil, fmt.Errorf("SECRET_KEY does not fit this database: data key %s is sealed with root key %s, and only %s is given; "+
			"add that key to SECRET_KEY, or put back the secret.key that belongs to this database", k.ID, k.KEK, strings.Join(given, ", "))
	}
	plain, err := open(s.roots[i].wrap, wrapAssoc(k.ID), k.Sealed)
	if err != nil || len(plain) != keyLength {
		return nil, fmt.Errorf("SECRET_KEY does not fit this database: data key %s is damaged and cannot be opened with root key %s", k.ID, k.KEK)
	}
	return plain, nil
}

func wrapAssoc(id string) string { return Assoc("data_keys", id, "sealed") }

func seal(key cipher.AEAD, id, assoc string, plaintext []byte) string {
	return version + ":" + id + ":" + base64.RawStdEncoding.EncodeToString(key.Seal(nil, nil, plaintext, []byte(assoc)))
}

func open(key cipher.AEAD, assoc, sealed string) ([]byte, error) {
	text := sealed[strings.LastIndexByte(sealed, ':')+1:]
	ciphertext, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("open secret: it is not in base64")
	}
	plain, err := key.Open(nil, nil, ciphertext, []byte(assoc))
	if err != nil {
		return nil, fmt.Errorf("open secret: it was changed, or sealed for another place than %s", assoc)
	}
	return plain, nil
}

// keyOf gives the id of the data key that a value is sealed with.
func keyOf(sealed string) (string, error) {
	v, rest, _ := strings.Cut(sealed, ":")
	id, _, ok := strings.Cut(rest, ":")
	if v != version || !ok || id == "" {
		return "", errors.New("open secret: it is not a sealed value")
	}
	return id, nil
}

// newKeyID makes the id of a data key: 12 characters of [a-z2-7].
func newKeyID() string { return strings.ToLower(rand.Text()[:12]) }
