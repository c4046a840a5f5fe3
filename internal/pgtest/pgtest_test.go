package pgtest_test

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"surveyflow/internal/pgtest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func exec1(t *testing.T, dsn, statement string) {
	t.Helper()
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func query1[T any](t *testing.T, dsn, query string) (value T) {
	t.Helper()
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestNew_gives_every_call_a_database_of_its_own(t *testing.T) {
	t.Parallel()
	one, two := pgtest.New(t), pgtest.New(t)
	exec1(t, one, "CREATE TABLE x (id INT)")
	exec1(t, two, "CREATE TABLE x (id INT)")
}

func TestNew_drops_the_database_when_the_test_ends_even_with_a_connection_open(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("user", func(t *testing.T) {
		dsn = pgtest.New(t)
		connect(t, dsn)
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	left := query1[int](t, pgtest.New(t), "SELECT count(*) FROM pg_database WHERE datname = '"+u.Path[1:]+"'")
	if left != 0 {
		t.Error("the database is still there")
	}
}

func TestCopy_gives_every_call_what_was_filled_once(t *testing.T) {
	t.Parallel()
	fill := func(dsn string) error {
		exec1(t, dsn, "CREATE TABLE x (id INT)")
		return nil
	}
	for range 2 {
		exec1(t, pgtest.Copy(t, fill), "INSERT INTO x VALUES (7)")
	}
	if n := query1[int](t, pgtest.Copy(t, fill), "SELECT count(*) FROM x"); n != 0 {
		t.Errorf("%d rows of other tests; want an empty table", n)
	}
}

func TestCluster_keeps_what_was_committed_when_it_is_stopped_at_once(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t, pgtest.Options{Durable: true})
	dsn := c.Database(t)
	exec1(t, dsn, "CREATE TABLE x (id INT)")
	exec1(t, dsn, "INSERT INTO x VALUES (7)")

	c.Stop(t)
	if _, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Fatal("a stopped server takes connections")
	}
	c.Restart(t)
	if got := query1[int](t, dsn, "SELECT id FROM x"); got != 7 {
		t.Errorf("id = %d, want 7", got)
	}
	if got := query1[string](t, dsn, "SHOW fsync"); got != "on" {
		t.Errorf("fsync = %s, want on", got)
	}
}

// The test runs itself as a second process, has that start a cluster, and kills it.
func TestCluster_ends_with_a_test_process_that_is_killed(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_VICTIM") != "" {
		u, err := url.Parse(pgtest.Start(t, pgtest.Options{}).Database(t))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(os.Stdout, u.Query().Get("host")+"\n")
		<-t.Context().Done() // never: the parent kills
	}
	pgtest.New(t) // skips where there is no PostgreSQL

	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	victim.Env = append(os.Environ(), "PGTEST_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the victim did not start its cluster: %v", err)
	}
	dir := line[:len(line)-1]
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	awaitGone(t, dir)
}

// awaitGone waits until a folder is removed.
func awaitGone(t *testing.T, dir string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%s is still there", dir)
		case <-look.C:
		}
	}
}
