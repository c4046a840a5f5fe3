// Command surveyflow runs surveys and the workflows that they start.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/script"
	"surveyflow/internal/store"
)

// gcPercent lets the heap grow to five times what is in use before it is collected: a few tens of megabytes more, for a
// tenth of the processor time under load. GOGC, when set, says otherwise.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { <-ctx.Done(); stop() }() // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "surveyflow:", err) //nolint:forbidigo // the one line that says why
	}
	os.Exit(exitStatus(err))
}

// exitStatus is 0, 2 for a command that was called wrongly, and 1 for everything else that failed (contract §1).
func exitStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(usageError)):
		return 2
	}
	return 1
}

const usage = `Usage: surveyflow [command]

  serve                 web server and workers in one process (the default)
  serve --no-workers    the web server alone
  work                  the workers alone
  demo                  a throw-away instance full of sample data
  migrate [status]      apply, or list, the migrations of the database
  user add              add a person
  token create          make a person's API token
  keys status|rotate    encryption keys
  version               version, commit and Go version

Settings come from the environment; README.md lists them. A command and --help lists its flags.
`

// run is the whole program: it ends when the command is done or ctx ends. Results go to out, logs and prompts to errOut.
func run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out, errOut io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case script.Argument: // a child of this program that runs code tasks
		return script.Serve(in, out)
	case "version":
		return versionCommand(out)
	case "help", "-h", "--help":
		_, err := io.WriteString(out, usage)
		return err
	case "demo":
		return demoCommand(ctx, args, getenv, out, errOut)
	case "serve", "work", "migrate", "user", "token", "keys":
	default:
		return usagef("there is no command %q; surveyflow help lists them", command)
	}
	c, err := config.Load(getenv)
	if err != nil {
		return err
	}
	log := newLog(c, errOut)
	e := environment{
		in: in, out: out, err: errOut, log: log,
		open: func(ctx context.Context) (*store.Store, error) { return openMigrated(ctx, c, log) },
		keys: func() (config.Keys, error) { return rootKeys(c) },
	}
	switch command {
	case "serve":
		return serveCommand(ctx, e, c, args)
	case "work":
		return workCommand(ctx, e, c, args)
	case "migrate":
		return migrateCommand(ctx, e, c, args)
	case "user":
		return userCommand(ctx, e, args)
	case "token":
		return tokenCommand(ctx, e, args)
	}
	return keysCommand(ctx, e, args)
}

func newLog(c config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// openStore opens the database of the settings as it is.
func openStore(ctx context.Context, c config.Config, clk clock.Clock, log *slog.Logger) (*store.Store, error) {
	o := store.Options{Clock: clk, Log: log}
	if c.Database.Dialect == config.SQLite {
		o.SQLite = c.Database.Path
	} else {
		o.Postgres = c.Database.URL
	}
	return store.Open(ctx, o)
}

// openMigrated opens the database of the settings and applies pending migrations.
func openMigrated(ctx context.Context, c config.Config, log *slog.Logger) (*store.Store, error) {
	s, err := openStore(ctx, c, clock.System{}, log)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, s, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func migrate(ctx context.Context, s *store.Store, log *slog.Logger) error {
	applied, err := s.Migrate(ctx)
	for _, m := range applied {
		log.Info("applied a migration", "version", m.Version, "name", m.Name)
	}
	return err
}
