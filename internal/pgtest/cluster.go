package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// role is the superuser of a private cluster; connections over its socket are trusted.
const role = "surveyflow"

// startTimeout bounds the wait for a cluster to take connections, recovery after a crash included, and for one statement: machines
// may be busy with other tests.
const startTimeout = 3 * time.Minute

// Options say how a private cluster runs.
type Options struct {
	// Durable turns fsync on, as in production. Without it a commit survives the end of PostgreSQL, but
	// not of the machine, and is some ten times quicker.
	Durable bool
}

// Cluster is a private PostgreSQL server. Its methods are not safe for concurrent use.
type Cluster struct {
	dir     string // data, socket and log; owned by the user that PostgreSQL runs as
	bin     string
	owner   *syscall.Credential // nil: the user of the test
	options Options

	supervisor *exec.Cmd // nil while stopped
	leash      io.WriteCloser
}

// Start starts a cluster of its own for one test, which may stop and start it; it is removed when the test
// ends. Without PostgreSQL on the machine it does what New does.
func Start(tb testing.TB, options Options) *Cluster {
	tb.Helper()
	c, err := startCluster(options)
	if err != nil {
		unavailable(tb, err)
	}
	tb.Cleanup(func() {
		if err := c.remove(); err != nil {
			tb.Log(err)
		}
	})
	return c
}

// Database creates an empty database and returns its URL, which stays the same when the cluster stops and
// starts again.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	return createDatabase(tb, c.url("postgres"), "template1")
}

// Stop ends the server at once, as a crash would: connections break, nothing is flushed. It returns when
// the server is gone.
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	if err := c.release("keep\n"); err != nil {
		tb.Fatal(err)
	}
}

// Restart starts a stopped server on the same data and returns when it takes connections.
func (c *Cluster) Restart(tb testing.TB) {
	tb.Helper()
	if err := c.launch(); err != nil {
		tb.Fatal(err)
	}
}

// startCluster makes the folder and the data of a cluster and starts it.
func startCluster(options Options) (*Cluster, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// Not below TMPDIR: a socket's path is limited to 107 bytes, and the owner must be able to enter.
	dir, err := os.MkdirTemp("/tmp", "sfpg-")
	if err != nil {
		return nil, err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	c := &Cluster{dir: dir, bin: bin, owner: owner, options: options}
	if err := c.initialize(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	if err := c.launch(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// initialize makes the data folder. The default collation is a human language's, as on most servers: what
// relies on the order of bytes must say so in its column, and fails here when it does not.
func (c *Cluster) initialize() error {
	cmd := c.command(filepath.Join(c.bin, "initdb"), "--pgdata=data", "--username="+role, "--auth=trust", "--no-sync",
		"--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// supervise starts the server ($@), waits for a line or the end of its input, and stops the server at
// once. It removes the folder unless the line says keep. The traps keep a Ctrl-C for the test from ending
// it before its work is done.
const supervise = `trap '' INT HUP TERM
"$@" & server=$!
read -r line
kill -QUIT $server
wait $server
[ "$line" = keep ] || rm -rf "$PWD"`

// launch starts the server under its supervisor and waits until it takes connections.
func (c *Cluster) launch() error {
	fsync := "off"
	if c.options.Durable {
		fsync = "on"
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := c.command("/bin/sh", "-c", supervise, "supervise", filepath.Join(c.bin, "postgres"), "-D", "data",
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+c.dir, "-c", "max_connections=1000",
		"-c", "fsync="+fsync, "-c", "full_page_writes="+fsync, "-c", "log_min_messages=fatal")
	cmd.Stdout, cmd.Stderr = log, log
	leash, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.supervisor, c.leash = cmd, leash
	if err := c.awaitReady(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, said)
	}
	return nil
}

// awaitReady returns when the server takes connections.
func (c *Cluster) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

// release tells the supervisor to stop the server, and waits for both.
func (c *Cluster) release(line string) error {
	if c.supervisor == nil {
		return nil
	}
	_, err := io.WriteString(c.leash, line)
	err = errors.Join(err, c.leash.Close(), c.supervisor.Wait())
	c.supervisor = nil
	if err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	return nil
}

// remove stops the server and removes its folder.
func (c *Cluster) remove() error {
	return errors.Join(c.release("remove\n"), os.RemoveAll(c.dir))
}

// url returns the URL of a database of the cluster. A busy machine may take its time to start the process of a connection.
func (c *Cluster) url(database string) string {
	query := url.Values{"host": {c.dir}, "user": {role}, "sslmode": {"disable"}, "connect_timeout": {"60"}}
	return "postgres:///" + database + "?" + query.Encode()
}

// command prepares a program to run as the cluster's owner, in its folder, in a session of its own, so
// that a Ctrl-C for the test does not reach it.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "PWD=" + c.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.owner}
	return cmd
}

// credential is the process identity of a user as os/user tells it.
func credential(uid, gid string) (*syscall.Credential, error) {
	u, err := strconv.ParseUint(uid, 10, 32)
	if err != nil {
		return nil, err
	}
	g, err := strconv.ParseUint(gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(u), Gid: uint32(g)}, nil
}
