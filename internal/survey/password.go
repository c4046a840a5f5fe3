package survey

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"surveyflow/models"
)

const (
	passwordSlots = 2 // hashes at a time: each takes memory and a core
	maxPassword   = 200

	guessesFree  = 10          // wrong passwords of one respondent at one collector …
	guessesPause = time.Minute // … until they have to wait
	guessesKept  = 10_000      // of whom something is remembered
)

// passwords hashes and compares the passwords of collectors.
type passwords struct{ slots chan struct{} }

func newPasswords() passwords { return passwords{make(chan struct{}, passwordSlots)} }

// passwordParams are less than those of accounts: such a password is told to many, and opens nothing but a form.
var passwordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func (p passwords) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: ctx.Err()}
	}
}

func plainPassword(text string) string {
	text = norm.NFC.String(strings.TrimSpace(text))
	return text[:min(len(text), 4*maxPassword)]
}

func (p passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-p.slots }()
	return argon2id.CreateHash(plainPassword(password), passwordParams)
}

func (p passwords) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-p.slots }()
	right, err := argon2id.ComparePasswordAndHash(plainPassword(password), hash)
	if errors.Is(err, argon2id.ErrInvalidHash) || errors.Is(err, argon2id.ErrIncompatibleVersion) {
		return false, nil
	}
	return right, err
}

// guesses counts wrong passwords, on this node.
type guesses struct {
	mu  sync.Mutex
	all map[string]guess
}

type guess struct {
	n     int
	until time.Time
}

// enter counts a try of somebody; models.CodeThrottled when they have to wait.
func (g *guesses) enter(who string, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all == nil || len(g.all) >= guessesKept {
		g.all = map[string]guess{}
	}
	one := g.all[who]
	if one.n >= guessesFree {
		if wait := one.until.Sub(now); wait > 0 {
			return &models.Error{Code: models.CodeThrottled, Key: "respond.password.wait", Args: map[string]any{"Seconds": int(wait/time.Second) + 1}}
		}
		one.n = 0
	}
	one.n++
	one.until = now.Add(guessesPause)
	g.all[who] = one
	return nil
}

func (g *guesses) forget(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.all, who)
}
