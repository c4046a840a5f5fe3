// Package survey is what asking questions needs: the question types, the rules of a definition and how it is edited, the
// live state that answers are taken by, and how a response is begun, saved page by page, completed, and made by a program.
package survey

import (
	"golang.org/x/sync/singleflight"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
)

// Service takes answers. It is safe for concurrent use; make it with [New].
type Service struct {
	store    *store.Store
	clock    clock.Clock
	live     *cache[string, *Live]
	versions *cache[version, published]
	slugs    *cache[string, string]
	loading  singleflight.Group

	passwords passwords
	guesses   guesses
}

// New makes the service over a store.
func New(s *store.Store, c clock.Clock) *Service {
	return &Service{
		store: s, clock: c, passwords: newPasswords(),
		live:     newCache[string, *Live](maxCachedSurveys),
		versions: newCache[version, published](maxCachedVersions),
		slugs:    newCache[string, string](maxCachedSlugs),
	}
}
