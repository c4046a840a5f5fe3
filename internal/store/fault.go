package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"surveyflow/models"
)

// ErrStale says that a survey or its workflows changed since they were matched: load them again, match, and submit again.
var ErrStale = errors.New("store: matched against an older state of the survey")

// ErrSeen says that the event is there already: it was sent twice, or another node made it.
var ErrSeen = errors.New("store: the event is there already")

// fault says what was tried and turns what the database says into the domain's words: not there, used already,
// not reachable. Everything else stays as it is and is nobody's input's fault.
func fault(tried string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return &models.Error{Code: models.CodeNotFound, Key: "error.not_found", Cause: fmt.Errorf("%s: %w", tried, err)}
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return &models.Error{Code: models.CodeConflict, Key: "error.exists", Cause: fmt.Errorf("%s: %w", tried, err)}
	case impossibleText(err):
		return &models.Error{Code: models.CodeNotFound, Key: "error.not_found", Cause: fmt.Errorf("%s: %w", tried, err)}
	case unreachable(err):
		return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: fmt.Errorf("%s: %w", tried, err)}
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// impossibleText reports whether PostgreSQL was asked for a text that it cannot hold, such as an id with a NUL out of an
// address. What is written has been cleaned (models.CleanText); so nothing can be there under that text.
func impossibleText(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "22021" // character_not_in_repertoire
}

// unreachable reports whether the database itself is the trouble, so that trying again later may help.
func unreachable(err error) bool {
	for _, broken := range []error{driver.ErrBadConn, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, broken) {
			return true
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator intervention, system
			return true
		}
	}
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return true
		}
	}
	return pgconn.SafeToRetry(err)
}

// collided reports whether PostgreSQL ended the transaction because of another one, so that the same again may succeed.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "40001") // deadlock, serialization failure
}
