package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"surveyflow/internal/config"
	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// environment is what the commands that run beside a server (user, token, keys) work with. They take no lock.
type environment struct {
	in   io.Reader                                   // a terminal is asked for passwords
	out  io.Writer                                   // results alone
	err  io.Writer                                   // prompts
	open func(context.Context) (*store.Store, error) // the database of the settings, with all migrations applied
	keys func() (config.Keys, error)                 // the root keys of the settings
	log  *slog.Logger
}

// usageError is a command that was called wrongly: exit status 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// parse reads the flags of a command, whose name is how it is called: "surveyflow user add". For --help it prints what
// there is and reports true.
func (e environment) parse(flags *flag.FlagSet, args []string) (bool, error) {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(e.out)
		fmt.Fprintf(e.out, "Usage: %s [flags]\n", flags.Name())
		flags.PrintDefaults()
		return true, nil
	case err != nil:
		return false, usagef("%s: %v", flags.Name(), err)
	case flags.NArg() > 0:
		return false, usagef("%s: unexpected argument %q", flags.Name(), flags.Arg(0))
	}
	return false, nil
}

// subcommand splits the arguments of a command into what to do, one of the verbs, and the rest.
func subcommand(name string, args []string, verbs ...string) (string, []string, error) {
	for _, verb := range verbs {
		if len(args) > 0 && args[0] == verb {
			return verb, args[1:], nil
		}
	}
	return "", nil, usagef("usage: surveyflow %s %s", name, strings.Join(verbs, "|"))
}

// withStore opens the database for one command.
func (e environment) withStore(ctx context.Context, do func(*store.Store) error) error {
	s, err := e.open(ctx)
	if err != nil {
		return inWords(ctx, err)
	}
	err, closed := do(s), s.Close()
	return inWords(ctx, cmp.Or(err, closed))
}

// inWords turns a domain error into the sentence for its message key, on one line, and leaves others as they are.
func inWords(ctx context.Context, err error) error {
	e, ok := errors.AsType[*models.Error](err)
	if !ok {
		return err
	}
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+i18n.TMap(ctx, f.Key, f.Args))
	}
	if len(parts) == 0 {
		parts = append(parts, i18n.TMap(ctx, e.Key, e.Args))
	}
	if e.Code == models.CodeUnavailable && e.Cause != nil {
		parts = append(parts, e.Cause.Error())
	}
	return errors.New(strings.ReplaceAll(strings.Join(parts, " "), "\n", " "))
}
