package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const goodPassword = "correct horse battery"

// commands is an environment on a database of its own.
type commands struct {
	environment
	out, err bytes.Buffer
	path     string
}

func newCommands(t *testing.T) *commands {
	t.Helper()
	c := &commands{path: filepath.Join(t.TempDir(), "surveyflow.db")}
	c.environment = environment{
		in: strings.NewReader(""), out: &c.out, err: &c.err, log: slog.New(slog.DiscardHandler), open: c.openStore,
		keys: func() (config.Keys, error) {
			return rootKeys(config.Config{Database: config.Database{Dialect: config.SQLite, Path: c.path}})
		},
	}
	return c
}

func (c *commands) openStore(ctx context.Context) (*store.Store, error) {
	s, err := store.Open(ctx, store.Options{SQLite: c.path})
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(ctx)
	return s, err
}

// run runs a command with that standard input and gives what it printed.
func (c *commands) run(t *testing.T, stdin string, command func(context.Context, environment, []string) error, args ...string) (string, error) {
	t.Helper()
	c.out.Reset()
	if stdin != "" {
		c.in = strings.NewReader(stdin)
	}
	err := command(t.Context(), c.environment, args)
	return c.out.String(), err
}

func wantUsage(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[usageError](err); !ok || strings.Contains(err.Error(), "\n") {
		t.Errorf("error = %v, want a usage error on one line", err)
	}
}

func TestUserAddPrintsTheIDAlone(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(goodPassword+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := c.run(t, "", userCommand, "add", "--email", "ada@example.com", "--name", "Ada King Lovelace", "--password-file", file)
	if err != nil || !models.ValidID(models.PrefixUser, strings.TrimSuffix(first, "\n")) {
		t.Fatalf("printed %q, %v", first, err)
	}
	if _, err := c.run(t, goodPassword+"\n", userCommand, "add", "--email=bob@example.com", "--password-file=-"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t, goodPassword, userCommand, "add", "--email=eve@example.com", "--role=brand_admin", "--password-file=-"); err != nil {
		t.Fatal(err)
	}
	s, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ada, err := findUser(t.Context(), s, "ADA@example.com")
	if err != nil || ada.Role != models.RoleBrandAdmin || ada.FirstName != "Ada" || ada.LastName != "King Lovelace" || ada.ID+"\n" != first {
		t.Errorf("ada = %+v, %v", ada, err)
	}
	for email, role := range map[string]models.Role{"bob@example.com": models.RoleMember, "eve@example.com": models.RoleBrandAdmin} {
		if u, err := findUser(t.Context(), s, email); err != nil || u.Role != role {
			t.Errorf("%s = %+v, %v; want %s", email, u, err, role)
		}
	}
	people := account.New(s, clock.System{}, c.log)
	for _, email := range []string{"ada@example.com", "bob@example.com"} { // the line break is no part of the password
		if _, _, err := people.SignIn(t.Context(), email, goodPassword, account.Client{}); err != nil {
			t.Errorf("sign %s in: %v", email, err)
		}
	}
}

func TestUserAddSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	if _, err := c.run(t, goodPassword, userCommand, "add", "--email=ada@example.com", "--password-file=-"); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"nothing":           {},
		"unknown verb":      {"remove"},
		"no e-mail":         {"add", "--password-file=-"},
		"wrong role":        {"add", "--email=b@example.com", "--role=owner", "--password-file=-"},
		"unknown flag":      {"add", "--mail=b@example.com"},
		"too many":          {"add", "--email=b@example.com", "--password-file=-", "extra"},
		"nowhere to ask":    {"add", "--email=b@example.com"},
		"flag without text": {"add", "--email"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.run(t, goodPassword, userCommand, args...)
			wantUsage(t, err)
		})
	}
	for name, tc := range map[string]struct{ email, password, want string }{
		"used address":   {"ADA@example.com", goodPassword, "belongs to somebody already"},
		"wrong address":  {"b", goodPassword, "email: Enter an e-mail address"},
		"short password": {"b@example.com", "short", "password: Use at least 8 characters"},
		"empty password": {"b@example.com", "\n", "password: Use at least 8 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := c.run(t, tc.password, userCommand, "add", "--email="+tc.email, "--password-file=-")
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") || out != "" {
				t.Errorf("printed %q, %v; want %q on one line", out, err, tc.want)
			}
			if _, usage := errors.AsType[usageError](err); usage {
				t.Error("it counts as wrong usage")
			}
		})
	}
	if _, err := c.run(t, "", userCommand, "add", "--email=b@example.com", "--password-file=/no/such/file"); err == nil || !strings.Contains(err.Error(), "/no/such/file") {
		t.Errorf("error = %v, want one that names the file", err)
	}
	if out, err := c.run(t, "", userCommand, "add", "--help"); err != nil || !strings.Contains(out, "-password-file") {
		t.Errorf("--help printed %q, %v", out, err)
	}
}

// openTerminal makes a pseudo terminal and gives both its ends.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func TestUserAddAsksATerminalTwiceWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typed, want string // want is part of the error; "" for success
	}{
		"the same twice": {goodPassword + "\n" + goodPassword + "\n", ""},
		"another one":    {goodPassword + "\n" + "something else" + "\n", "the two passwords differ"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommands(t)
			master, slave := openTerminal(t)
			c.in = slave
			if _, err := master.WriteString(tc.typed); err != nil {
				t.Fatal(err)
			}
			_, err := c.run(t, "", userCommand, "add", "--email=ada@example.com")
			if (err == nil) != (tc.want == "") || err != nil && err.Error() != tc.want {
				t.Errorf("error = %v, want %q", err, tc.want)
			}
			if got := c.err.String(); got != "Password: \nThe same again: \n" {
				t.Errorf("prompts = %q", got)
			}
		})
	}
}

func TestInterruptingThePasswordGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	master, slave := openTerminal(t)
	c.in = slave
	fd := int(slave.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- userCommand(ctx, c.environment, []string{"add", "--email=ada@example.com"}) }()
	for { // until it asks
		if now, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			t.Fatal(err)
		} else if now.Lflag&unix.ECHO == 0 {
			break
		}
	}
	cancel()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "no password was given") {
		t.Errorf("error = %v", err)
	}
	if after, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil || after.Lflag != before.Lflag {
		t.Errorf("the terminal's flags are %x, want %x (%v)", after.Lflag, before.Lflag, err)
	}
	if _, err := master.WriteString("\n"); err != nil { // ends the read that goes on
		t.Fatal(err)
	}
}

func TestTokenCreateReplacesTheTokenOfCommands(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	wantUsage(t, tokenCommand(t.Context(), c.environment, nil))
	wantUsage(t, tokenCommand(t.Context(), c.environment, []string{"create"}))
	if _, err := c.run(t, "", tokenCommand, "create", "--email=ada@example.com"); err == nil || !strings.Contains(err.Error(), `nobody has the e-mail address "ada@example.com"`) {
		t.Errorf("before anybody is there: %v", err)
	}
	if _, err := c.run(t, goodPassword, userCommand, "add", "--email=ada@example.com", "--password-file=-"); err != nil {
		t.Fatal(err)
	}
	old, err := c.run(t, "", tokenCommand, "create", "--email=Ada@example.com")
	if err != nil || len(old) != 41 || old[40] != '\n' {
		t.Fatalf("printed %q, %v; want 40 characters alone", old, err)
	}
	fresh, err := c.run(t, "", tokenCommand, "create", "--email=ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	tokens := account.NewTokens(s, clock.System{}, c.log)
	if _, err := tokens.Authenticate(t.Context(), strings.TrimSpace(old)); !errors.Is(err, account.ErrTokenRevoked) {
		t.Errorf("the old token: %v, want revoked", err)
	}
	caller, err := tokens.Authenticate(t.Context(), strings.TrimSpace(fresh))
	if err != nil || caller.Token.Name != "cli" {
		t.Errorf("the new token = %+v, %v", caller, err)
	}
	if err := s.SetUserDisabled(t.Context(), models.SystemActor(caller.User.OrgID), caller.User.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t, "", tokenCommand, "create", "--email=ada@example.com"); err == nil || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("for a disabled person: %v", err)
	}
}

func TestKeysAreShownAndRotated(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	today := func() string { return time.Now().UTC().Format(time.DateOnly) }
	began := today()
	wantUsage(t, keysCommand(t.Context(), c.environment, []string{"drop"}))
	wantUsage(t, keysCommand(t.Context(), c.environment, []string{"status", "now"}))
	out, err := c.run(t, "", keysCommand, "status")
	if err != nil || strings.Count(out, "in use") != 1 || !strings.Contains(out, "newest") {
		t.Fatalf("status printed %q, %v", out, err)
	}
	out, err = c.run(t, "", keysCommand, "rotate")
	days := regexp.MustCompile(`\d{4}-\d{2}-\d{2}`).FindAllString(out, -1)
	if err != nil || !strings.HasPrefix(out, "There is a new data key; 0 sealed values were sealed anew.") || len(days) != 2 || slices.Min(days) < began || slices.Max(days) > today() {
		t.Errorf("rotate printed %q, %v", out, err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(c.path), "secret.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t, "", keysCommand, "status"); err == nil || !strings.HasPrefix(err.Error(), "SECRET_KEY does not fit this database: ") {
		t.Errorf("with another key: %v", err)
	}
}
