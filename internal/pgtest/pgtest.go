// Package pgtest gives tests real PostgreSQL databases: on the server that TEST_DATABASE_URL names, or on
// a private cluster that it starts in a temporary folder from the machine's own binaries.
//
// A cluster ends with the test process, however that ends, and takes its folder with it: a small shell
// process beside it waits for the end of a pipe that only the test process holds.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// New creates an empty database and returns its URL, for DATABASE_URL. The database is dropped, with its
// connections, when the test ends. All databases of a test process are on one server, started at the first
// call with fsync off; a test that stops the server uses Start instead.
//
// Without PostgreSQL on the machine New skips the test, loudly; it fails the test instead when CI=true or
// REQUIRE_ALL=1, because nobody would read the skip there.
func New(tb testing.TB) string {
	tb.Helper()
	if server := os.Getenv("TEST_DATABASE_URL"); server != "" {
		return createDatabase(tb, server, "template1")
	}
	c, err := shared()
	if err != nil {
		unavailable(tb, err)
	}
	return createDatabase(tb, c.url("postgres"), "template1")
}

// Copy is New with a database that begins as a copy of one that fill has filled, once in a process: all that call it want the
// same. fill must leave no connection open. On the server that TEST_DATABASE_URL names the database is empty: nothing would
// remove the one that is copied.
func Copy(tb testing.TB, fill func(url string) error) string {
	tb.Helper()
	if os.Getenv("TEST_DATABASE_URL") != "" {
		return New(tb)
	}
	c, err := shared()
	if err != nil {
		unavailable(tb, err)
	}
	filling.Do(func() {
		if errFilled = execute(c.url("postgres"), "CREATE DATABASE "+filled); errFilled != nil {
			return
		}
		if errFilled = fill(c.url(filled)); errFilled == nil { // and wait for the server to notice that the connections are closed
			errFilled = execute(c.url("postgres"), "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '"+filled+"'")
		}
	})
	if errFilled != nil {
		tb.Fatalf("fill the database that is copied: %v", errFilled)
	}
	return createDatabase(tb, c.url("postgres"), filled)
}

// filled is the database that is copied; it goes with the cluster.
const filled = "surveyflow_filled"

var (
	filling   sync.Once
	errFilled error
)

// shared starts the one cluster of this process.
var shared = sync.OnceValues(func() (*Cluster, error) {
	return startCluster(Options{})
})

// unavailable ends a test that cannot have its server.
func unavailable(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" || os.Getenv("REQUIRE_ALL") == "1" {
		tb.Fatalf("PostgreSQL is needed here: %v", err)
	}
	tb.Skipf("NOT TESTED ON POSTGRESQL: %v", err)
}

// createDatabase makes a database of a new name beside the one that server names, as a copy of a third one.
func createDatabase(tb testing.TB, server, of string) string {
	tb.Helper()
	name := "surveyflow_" + strings.ToLower(rand.Text()[:12])
	if err := execute(server, "CREATE DATABASE "+name+" TEMPLATE "+of); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// FORCE ends the connections of a pool that the test left open.
		if err := execute(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Log(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatal("TEST_DATABASE_URL is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

// execute runs one statement on a connection of its own. It takes no context of a test, because it also
// runs when that is over.
func execute(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
