package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"

	"surveyflow/migrations"
)

// Migration is one change of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero while it is pending
}

// Migrate applies the pending migrations and gives those that it applied. Two processes that start at once do not collide.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	db := s.writer
	if s.dialect == postgres {
		patient, err := openPatient(s.core)
		if err != nil {
			return nil, fault("migrate", err)
		}
		defer patient.Close() //nolint:errcheck // nothing was written that its end could lose
		db = patient
		// Held by this connection until the end, so that one node migrates and the others wait.
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, fault("migrate", err)
		}
		defer conn.Close() //nolint:errcheck // so is the lock
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(7355608)"); err != nil {
			return nil, fault("migrate", err)
		}
	}
	p, err := s.migrator(db)
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, fault("migrate", err)
	}
	var applied []Migration
	for _, r := range results {
		applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path, AppliedAt: s.clock.Now()})
	}
	return applied, nil
}

// Migrations lists all migrations of this program and when each was applied.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.migrator(s.writer)
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, fault("read the migrations", err)
	}
	var all []Migration
	for _, m := range status {
		all = append(all, Migration{Version: m.Source.Version, Name: m.Source.Path, AppliedAt: m.AppliedAt})
	}
	return all, nil
}

// Migrated reports whether no migration of this program is pending.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	p, err := s.migrator(s.writer)
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fault("read the migrations", err)
	}
	return !pending, nil
}

func (s *Store) migrator(db *sql.DB) (*goose.Provider, error) {
	dialect, files := goose.DialectPostgres, migrationFiles{migrations.FS, postgresWords}
	if s.dialect == sqlite {
		dialect, files = goose.DialectSQLite3, migrationFiles{migrations.FS, sqliteWords}
	}
	p, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}
