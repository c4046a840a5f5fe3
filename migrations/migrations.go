// Package migrations embeds the database schema's changes: plain SQL, append-only, one file per change,
// the same files for PostgreSQL and SQLite (docs/architecture.md says what the store changes for SQLite).
package migrations

import "embed"

// FS holds the migrations in the order of their names.
//
//go:embed *.sql
var FS embed.FS
