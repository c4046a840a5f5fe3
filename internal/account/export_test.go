package account

import (
	"context"

	"github.com/alexedwards/argon2id"
)

// HashCheaply makes password hashes quick for tests that are about something else.
func (p *People) HashCheaply() {
	p.hashes = hasherWith(&argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
}

// WriteUses does what Run does once a minute.
func (t *Tokens) WriteUses(ctx context.Context) { t.writeUses(ctx) }

// Slug is what makes brand ids.
var Slug = slug
