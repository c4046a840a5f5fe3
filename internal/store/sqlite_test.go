package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"surveyflow/internal/store"
)

func TestOnlyTheOwnerReadsTheFilesOfADatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "surveyflow.db")
	s, err := store.Open(t.Context(), store.Options{SQLite: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files are %v, %v; want the database and its log", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v; want 0600", filepath.Base(file), info.Mode(), err)
		}
	}
}
