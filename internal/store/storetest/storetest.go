// Package storetest opens real databases for tests.
package storetest

import (
	"path/filepath"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
)

// Options change how a test's database is opened.
type Options struct {
	Clock clock.Clock // nil means the machine's
}

// SQLite opens a fresh SQLite database with the whole schema, ready for use; it goes with the test.
func SQLite(t testing.TB, o Options) *store.Store {
	t.Helper()
	return start(t, store.Options{SQLite: filepath.Join(t.TempDir(), "surveyflow.db"), Clock: o.Clock})
}

// start opens, migrates and starts a store that is closed with the test.
func start(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate the test's database: %v", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatalf("start the test's store: %v", err)
	}
	return s
}
