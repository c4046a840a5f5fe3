package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"surveyflow/internal/pgtest"
)

// dialect is a kind of database.
type dialect string

const (
	sqliteDialect   dialect = "sqlite"
	postgresDialect dialect = "postgres"
)

// label names the database in what is printed.
func (d dialect) label() string {
	if d == postgresDialect {
		return "PostgreSQL"
	}
	return "SQLite"
}

// machine is where databases are made: a folder, and a PostgreSQL cluster once one is needed.
type machine struct {
	dir     string
	server  string // URL of a PostgreSQL server to use; empty for one of our own
	cluster *pgtest.Cluster
}

// database is a fresh, empty database.
type database struct {
	dialect dialect
	url     string // for DATABASE_URL
	path    string // of the SQLite file
	server  int    // process id of the PostgreSQL server, 0 for SQLite
}

// create makes a database of a new name.
func (m *machine) create(ctx context.Context, d dialect) (*database, error) {
	name := "bench_" + strings.ToLower(rand.Text()[:12])
	if d == sqliteDialect {
		path := filepath.Join(m.dir, name, "surveyflow.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		return &database{dialect: d, url: "sqlite:" + path, path: path}, nil
	}
	if m.server == "" {
		c, err := pgtest.Launch(pgtest.Options{Durable: true})
		if err != nil {
			return nil, err
		}
		m.cluster, m.server = c, c.URL("postgres")
	}
	if err := execute(ctx, m.server, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	u, err := url.Parse(m.server)
	if err != nil {
		return nil, err
	}
	u.Path = "/" + name
	made := &database{dialect: d, url: u.String()}
	if m.cluster != nil {
		made.server, err = m.cluster.Process()
	}
	return made, err
}

// drop removes a database, so that later measurements do not share the machine with its upkeep.
func (m *machine) drop(ctx context.Context, d *database) error {
	if d.dialect == sqliteDialect {
		return os.RemoveAll(filepath.Dir(d.path))
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return err
	}
	return execute(ctx, m.server, "DROP DATABASE "+strings.TrimPrefix(u.Path, "/")+" WITH (FORCE)")
}

func (m *machine) close() error {
	if m.cluster == nil {
		return nil
	}
	return m.cluster.Remove()
}

func execute(ctx context.Context, server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// open opens the database to look at what the program under load wrote into it.
func (d *database) open() (*sql.DB, error) {
	driver, source := "pgx", d.url
	if d.dialect == sqliteDialect {
		driver, source = "sqlite", "file:"+d.path+"?_pragma=busy_timeout(10000)&_time_format=sqlite&_timezone=UTC"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// number runs a query for one number.
func number(ctx context.Context, db *sql.DB, query string) (int64, error) {
	var n int64
	if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	return n, nil
}
