package store_test

import (
	"testing"

	"surveyflow/internal/store/storetest"
)

func TestMigrateLeavesNothingPending(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	done, err := s.Migrated(t.Context())
	if err != nil || !done {
		t.Fatalf("migrated = %v, %v; want true", done, err)
	}
	again, err := s.Migrate(t.Context())
	if err != nil || len(again) != 0 {
		t.Fatalf("a second migration applied %v, %v; want nothing", again, err)
	}
}
