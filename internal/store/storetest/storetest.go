// Package storetest opens real databases for tests, fills them with what most tests need, and checks what must hold
// in every database at every moment.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"surveyflow/internal/clock"
	"surveyflow/internal/pgtest"
	"surveyflow/internal/store"
)

// Options change how a test's database is opened.
type Options struct {
	Clock clock.Clock  // nil means the machine's
	Log   *slog.Logger // nil means none
}

// Database is a database of one test's own. Opening it more than once makes several nodes, which PostgreSQL allows.
type Database struct {
	SQLite   string // path of the file; empty for PostgreSQL
	Postgres string // connection string; empty for SQLite
}

// NewSQLite names a SQLite database in a folder that goes with the test.
func NewSQLite(t testing.TB) Database {
	t.Helper()
	return Database{SQLite: filepath.Join(t.TempDir(), "surveyflow.db")}
}

// NewPostgres makes a PostgreSQL database with the whole schema and nothing in it, which goes with the test; without PostgreSQL
// it does what pgtest does.
func NewPostgres(t testing.TB) Database {
	t.Helper()
	return Database{Postgres: pgtest.Copy(t, func(url string) error { return migrate(store.Options{Postgres: url}) })}
}

// migrate makes the whole schema. Tests copy what it made: that takes a fraction of the time.
func migrate(o store.Options) error {
	ctx := context.Background()
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx)
	return errors.Join(err, s.Close())
}

// schema is a SQLite database with the whole schema and nothing in it.
var schema = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "surveyflow-schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "surveyflow.db")
	if err := migrate(store.Options{SQLite: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// prepare puts the schema where there is no SQLite database yet.
func (d Database) prepare() error {
	if d.SQLite == "" {
		return nil
	}
	if _, err := os.Stat(d.SQLite); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := schema()
	if err != nil {
		return err
	}
	return os.WriteFile(d.SQLite, content, 0o600)
}

// SQLite opens a fresh SQLite database with the whole schema, ready for use; it goes with the test.
func SQLite(t testing.TB, o Options) *store.Store {
	t.Helper()
	return NewSQLite(t).Open(t, o)
}

// Each runs a test on SQLite and on PostgreSQL, with a fresh store ready for use.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, d Database) { test(t, d.Open(t, Options{})) })
}

// EachDatabase runs a test on SQLite and on PostgreSQL, with a fresh database that is not open yet.
func EachDatabase(t *testing.T, test func(t *testing.T, d Database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, NewSQLite(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, NewPostgres(t))
	})
}

// Shared reports whether the database may be opened more than once.
func (d Database) Shared() bool { return d.Postgres != "" }

// URL gives the setting DATABASE_URL for the database.
func (d Database) URL() string {
	if d.Postgres != "" {
		return d.Postgres
	}
	return "sqlite:" + d.SQLite
}

// Open opens, migrates and starts the database; it is closed with the test.
func (d Database) Open(t testing.TB, o Options) *store.Store {
	t.Helper()
	if err := d.prepare(); err != nil {
		t.Fatalf("prepare the test's database: %v", err)
	}
	s, err := store.Open(t.Context(), store.Options{SQLite: d.SQLite, Postgres: d.Postgres, Clock: o.Clock, Log: o.Log})
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

// SQL opens a connection past the store, for checks that its methods cannot make and for arranging what takes too long
// to come about; it is closed with the test.
func (d Database) SQL(t testing.TB) *sql.DB {
	t.Helper()
	driver, source := "pgx", d.Postgres
	if d.SQLite != "" {
		driver, source = "sqlite", "file:"+(&url.URL{Path: d.SQLite}).EscapedPath()+"?_pragma=busy_timeout(60000)&_time_format=sqlite&_timezone=UTC"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
