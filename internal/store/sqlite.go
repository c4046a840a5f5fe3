package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 8

// openSQLite opens the file twice: one connection writes (several would wait for one another without fairness and fail
// with SQLITE_BUSY), a few others read.
func openSQLite(_ context.Context, c *core) (*Store, error) {
	c.dialect = sqlite
	if err := os.MkdirAll(filepath.Dir(c.options.SQLite), 0o700); err != nil {
		return nil, err
	}
	// Nobody else on the machine may read it; the files that SQLite puts beside it get the same mode.
	f, err := os.OpenFile(c.options.SQLite, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if c.writer, err = sql.Open("sqlite", sqliteDSN(c.options.SQLite, "_txlock", "immediate")); err != nil {
		return nil, err
	}
	c.writer.SetMaxOpenConns(1)
	c.hot = c.writer
	if c.reader, err = sql.Open("sqlite", sqliteDSN(c.options.SQLite, "_pragma", "query_only(1)")); err != nil {
		return nil, err
	}
	c.reader.SetMaxOpenConns(sqliteReaders)
	c.reader.SetMaxIdleConns(sqliteReaders)
	c.reads.db = c.reader
	// The writer comes first: it makes the file and sets what is written into it (WAL, auto_vacuum).
	if err := c.writer.Ping(); err != nil { //nolint:noctx // nothing to wait for: the file is local
		return nil, err
	}
	w, err := gorm.Open(sqliteDialector(c.writer), gormConfig())
	if err != nil {
		return nil, err
	}
	c.keyed = w
	r, err := gorm.Open(sqliteDialector(c.reader), gormConfig())
	if err != nil {
		return nil, err
	}
	return &Store{core: c, w: w, r: r}, guardTransactions(w)
}

// sqliteDSN builds the connection string. Accepted means on disk, hence synchronous FULL; times are UTC in SQLite's own
// format, so that comparing their text compares the times; auto_vacuum only takes effect before WAL; a checkpoint every 32 MB instead of
// every 4 writes pages once that change often.
func sqliteDSN(path, key, value string) string {
	v := url.Values{"_pragma": {
		"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "busy_timeout(5000)", "synchronous(FULL)", "foreign_keys(1)",
		"temp_store(MEMORY)", "cache_size(-8000)", "wal_autocheckpoint(8192)", "journal_size_limit(67108864)",
	}}
	v.Set("_time_format", "sqlite")
	v.Set("_timezone", "UTC")
	v.Add(key, value)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
}

type sqliteTranslator struct{ *gormsqlite.Dialector }

func sqliteDialector(db *sql.DB) gorm.Dialector {
	return sqliteTranslator{&gormsqlite.Dialector{DriverName: "sqlite", Conn: db}}
}

// Translate names the constraint errors of the pure-Go driver, whose type GORM's dialector does not know.
func (sqliteTranslator) Translate(err error) error {
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return gorm.ErrDuplicatedKey
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return gorm.ErrForeignKeyViolated
		case sqlite3.SQLITE_CONSTRAINT_CHECK:
			return gorm.ErrCheckConstraintViolated
		}
	}
	return err
}

// Lock makes this process the only one that serves or works on the database, where only one can: with SQLite.
// The kernel frees the lock when the process ends, however it ends. It fails when another process holds it.
func (s *Store) Lock() error {
	if s.dialect != sqlite {
		return nil
	}
	path := s.options.SQLite + ".lock"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("another surveyflow process already works on %s: stop it first, or use PostgreSQL for several", s.options.SQLite)
	}
	s.unlock = f.Close
	return nil
}
