package store

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestEverySealedColumnIsRegistered keeps the rotation of keys from leaving a column behind.
func TestEverySealedColumnIsRegistered(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{SQLite: filepath.Join(t.TempDir(), "surveyflow.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	type column struct{ Table, Name string }
	var sealed []column
	err = s.read(t.Context()).Raw(`SELECT m.name AS "table", c.name AS name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE '%sealed'`).Scan(&sealed).Error
	if err != nil {
		t.Fatal(err)
	}
	registered := []column{{"data_keys", "sealed"}}
	for _, c := range Columns {
		registered = append(registered, column{c.Table, c.Name})
		if !slices.Contains(sealed, column{c.Table, c.Name}) {
			t.Errorf("%s.%s is registered and not in the schema", c.Table, c.Name)
		}
	}
	for _, c := range sealed {
		if !slices.Contains(registered, c) {
			t.Errorf("%s.%s holds sealed values and is missing in store.Columns", c.Table, c.Name)
		}
	}
	if len(sealed) == 0 {
		t.Error("the schema has no sealed column at all: the query is wrong")
	}
}
